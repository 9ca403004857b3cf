/** The groups of one materialised value's Maps: the supports of its additive terms, brought to disjoint or ordered overlapping sets. */
import { fail } from '../../problem.ts';
import type { Dependence } from './dependence.ts';
import { isLinear } from './ir.ts';

/** A group of sources with the target elements that depend on it. */
export interface Group {
  readonly sources: readonly number[];
  readonly elements: readonly number[];
  /**
   * The Map's function is Σ coefficient · F(sources kept, others at base) + constant part. One entry (1, all sources) unless groups
   * overlap: then inclusion and exclusion keeps what earlier groups already hold (the anchored decomposition).
   */
  readonly parts: readonly { readonly coefficient: number; readonly sources: readonly number[] }[];
}

/** Term set of a target as its own operation computes it (the target may itself be a source for others). */
function ownTerms(d: Dependence, tensor: number, element: number): number {
  const list: number[] = [];
  d.reads(tensor)(element, (from, i) => {
    list.push(d.terms[from][i]);
  });
  const op = d.ir.ops[tensor];
  return isLinear(op) ? d.supports.union(list) : d.supports.joint(list);
}

function isSubset(a: readonly number[], b: ReadonlySet<number>): boolean {
  return a.every((x) => b.has(x));
}

/** Supports inside one structural group merge; others stay; subsets of others vanish into them. */
function maximalGroups(d: Dependence, supports: Iterable<readonly number[]>): number[][] {
  const byGroup = new Map<number, Set<number>>();
  const loose: number[][] = [];
  for (const support of supports) {
    const group = d.groupOf[support[0]];
    if (support.every((s) => d.groupOf[s] === group)) {
      const set = byGroup.get(group) ?? new Set<number>();
      for (const s of support) set.add(s);
      byGroup.set(group, set);
    } else loose.push([...support]);
  }
  const all = [...byGroup.values()].map((set) => [...set].sort((p, q) => p - q));
  const found = [...all, ...loose].map((list) => ({ list, set: new Set(list) }));
  // Only loose supports can contain another group.
  const maximal = found.filter(
    (g, i) =>
      loose.length === 0 || !found.some((h, j) => j !== i && h.list.length > g.list.length && isSubset(g.list, h.set)),
  );
  return maximal.map((g) => g.list).sort((p, q) => p[0] - q[0] || p.length - q.length || (p[1] ?? 0) - (q[1] ?? 0));
}

/** Largest number of overlapping earlier groups inclusion and exclusion is carried out for. */
const MAX_OVERLAPS = 6;

/** Inclusion and exclusion: the function of `sources` minus everything functions of the `earlier` groups already account for. */
function ownParts(sources: readonly number[], earlier: readonly (readonly number[])[], where: string): Group['parts'] {
  const own = new Set(sources);
  const cuts = earlier.map((g) => g.filter((s) => own.has(s))).filter((cut) => cut.length > 0);
  const distinct = [...new Map(cuts.map((cut) => [cut.join(), cut])).values()];
  const overlaps = distinct.filter(
    (cut, i) => !distinct.some((o, j) => j !== i && o.length > cut.length && isSubset(cut, new Set(o))),
  );
  if (overlaps.length > MAX_OVERLAPS) {
    fail({
      code: 'COMPILE-JOINT',
      message: `products over ${overlaps.length + 1} overlapping groups of elements`,
      where,
      need: `at most ${MAX_OVERLAPS} overlaps per group`,
      hint: 'give explicit groups that do not overlap, or split the layer',
    });
  }
  const parts = new Map<string, { coefficient: number; sources: readonly number[] }>();
  for (let subset = 0; subset < 1 << overlaps.length; subset++) {
    const chosen = overlaps.filter((_, i) => subset & (1 << i));
    const left = chosen.reduce<readonly number[]>((list, cut) => list.filter((s) => cut.includes(s)), sources);
    const key = left.join();
    const part = parts.get(key) ?? { coefficient: 0, sources: left };
    part.coefficient += chosen.length % 2 ? -1 : 1;
    parts.set(key, part);
  }
  return [...parts.values()].filter((part) => part.coefficient !== 0 && part.sources.length > 0);
}

/** Groups of the Maps that add into `elements` of `tensor`. Fails with COMPILE-JOINT when products overlap too much. */
export function groupsOf(d: Dependence, tensor: number, elements: readonly number[]): Group[] {
  const terms = elements.map((e) => ownTerms(d, tensor, e));
  const supports = new Map<string, readonly number[]>();
  for (const t of new Set(terms)) for (const part of d.supports.parts(t)) supports.set(part.join(), part);
  const lists = maximalGroups(d, supports.values());
  const disjoint = new Set(lists.flat()).size === lists.reduce((sum, list) => sum + list.length, 0);
  const { node } = d.ir.ops[tensor];
  return lists.map((sources, g) => {
    const inside = new Set(sources);
    const touched = (t: number): boolean => d.supports.sources(t).some((s) => inside.has(s));
    const hit = elements.filter((_, i) => touched(terms[i]));
    const parts = disjoint ? [{ coefficient: 1, sources }] : ownParts(sources, lists.slice(0, g), `node ${node}`);
    return { sources, elements: hit, parts };
  });
}
