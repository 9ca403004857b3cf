/** Where to cut: which elements a non-linear function needs as finished sums, and the cheapest place to materialise them. */
import { fail } from '../../problem.ts';
import { isLinear, type Op, operands } from './ir.ts';
import { addCut, automaticGroups, inOneGroup, isBare, isIndex, isMove, openElements, type Work } from './work.ts';

/** A product or other function of two scalars that each depend on one element: a Map over a pair, wherever the two come from. */
function isPair(w: Work, op: Op, terms: readonly number[]): boolean {
  if (op.kind !== 'binary' || terms.length !== 2) return false;
  const sources = terms.map((t) => w.supports.sources(t));
  return sources.every((list) => list.length === 1 && !isIndex(w, list[0]));
}

/** Elements to materialise before element `i` of a non-linear operation can be a Map: [tensor, element] pairs. */
export function blockers(w: Work, id: number, i: number): [number, number][] {
  const read: { at: [number, number]; terms: number }[] = [];
  w.reads(id)(i, (tensor, element) => {
    const terms = w.terms[tensor][element];
    if (terms) read.push({ at: [tensor, element], terms });
  });
  const all = read.map((r) => r.terms);
  const sources = w.supports.sources(w.supports.union(all));
  if (inOneGroup(w, sources) || isPair(w, w.ir.ops[id], all)) return [];
  const sums = read.filter((r) => !inOneGroup(w, w.supports.sources(r.terms)));
  if (sums.length > 0) return sums.map((r) => r.at);
  const wide = read.filter(
    (r) => !isBare(w, r.at) && (w.supports.sources(r.terms).length > 1 || indexTerms(w, r.terms)),
  );
  if (wide.length > 0) return wide.map((r) => r.at);
  const { node, op } = w.ir.ops[id];
  return fail({
    code: 'COMPILE-JOINT',
    message: `the operator looks at ${sources.length} elements at once that no small table can hold`,
    where: `node ${node} (${op})`,
    need: 'at most 2 elements, or one group of the partition',
    have: `${sources.length} elements`,
    hint: 'put it last in the model (softmax and argmax are then dropped), use a smaller window, or give explicit groups',
  });
}

function indexTerms(w: Work, terms: number): boolean {
  return w.supports.sources(terms).some((s) => isIndex(w, s));
}

/** Where an element was computed before it was only moved: copies are materialised once. */
function originOf(w: Work, tensor: number, element: number): [number, number] {
  let at: [number, number] = [tensor, element];
  while (isMove(w.ir.ops[at[0]])) {
    let from = at;
    w.reads(at[0])(at[1], (t, e) => {
      from = [t, e];
    });
    at = from;
  }
  return at;
}

/** Elements that need their finished sum: are they additive in more than one group? */
function isSum(w: Work, tensor: number, element: number): boolean {
  const terms = w.terms[tensor][element];
  return terms !== 0 && !inOneGroup(w, w.supports.sources(terms));
}

/**
 * A narrower place to cut: a tensor from which `wanted` follows by linear operations alone, with fewer elements, whose structural groups
 * keep every wanted element inside one group, so that the network behind it becomes a table of that group (CNN-M's embedded packet in
 * front of 384 kernel products).
 */
function narrowerCut(
  w: Work,
  tensor: number,
  wanted: readonly number[],
): { tensor: number; elements: Int32Array } | undefined {
  let best: { tensor: number; elements: Int32Array } | undefined;
  let fewest = wanted.length;
  let at = tensor;
  for (;;) {
    const op = w.ir.ops[at];
    const from = operands(op);
    if (!isLinear(op) || from.length !== 1) return best;
    at = from[0];
    const elements = openElements(w, at);
    if (elements.length === 0 || elements.length >= fewest || !elements.every((e) => isSum(w, at, e))) continue;
    const closed = automaticGroups(w, at, elements);
    if (!wanted.every((e) => closed.joined(tensor, e))) continue;
    best = { tensor: at, elements };
    fewest = elements.length;
  }
}

/** The elements themselves, or where they were computed when some of them are copies of one element. */
function withoutCopies(
  w: Work,
  wanted: ReadonlyMap<number, ReadonlySet<number>>,
): ReadonlyMap<number, ReadonlySet<number>> {
  const origins = new Map<number, Set<number>>();
  let asked = 0;
  let distinct = 0;
  for (const [tensor, set] of wanted) {
    for (const element of set) {
      const [t, e] = originOf(w, tensor, element);
      const known = origins.get(t) ?? new Set<number>();
      asked++;
      if (!known.has(e)) distinct++;
      origins.set(t, known.add(e));
    }
  }
  return distinct < asked ? origins : wanted;
}

/** Materialise what is wanted, or narrower tensors in front of it; returns the first tensor that was cut. */
export function cutAll(w: Work, wanted: ReadonlyMap<number, ReadonlySet<number>>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const [tensor, set] of withoutCopies(w, wanted)) {
    const list = [...set].sort((p, q) => p - q);
    const narrow = w.options.unfused ? undefined : narrowerCut(w, tensor, list);
    const chosen = narrow ?? { tensor, elements: Int32Array.from(list) };
    addCut(w, chosen.tensor, chosen.elements);
    first = Math.min(first, chosen.tensor);
  }
  return first;
}
