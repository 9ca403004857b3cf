/** Sets of sources, interned: which elements a scalar of the network depends on, and how its additive terms split them. */

/** Interns sorted lists of integers; 0 is the empty list. */
interface Pool {
  readonly lists: number[][];
  readonly ids: Map<string, number>;
}

function intern(pool: Pool, list: number[]): number {
  const key = list.join();
  let id = pool.ids.get(key);
  if (id === undefined) {
    id = pool.lists.push(list) - 1;
    pool.ids.set(key, id);
  }
  return id;
}

function newPool(): Pool {
  return { lists: [[]], ids: new Map([['', 0]]) };
}

function sortedUnique(values: Iterable<number>): number[] {
  return [...new Set(values)].sort((p, q) => p - q);
}

/**
 * A *support* is a set of sources; a *term set* is a set of supports: the scalar is a sum of functions, each of one support.
 * Term set 0 is a constant.
 */
export interface Supports {
  /** Term set of a bare source. */
  ofSource(source: number): number;
  /** Term set of a sum of scalars. */
  union(terms: readonly number[]): number;
  /** Term set of one joint function of scalars: a single support, the union of all. */
  joint(terms: readonly number[]): number;
  /** Sources of all supports in a term set. */
  sources(terms: number): readonly number[];
  /** The supports of a term set, each a sorted list of sources. */
  parts(terms: number): readonly (readonly number[])[];
}

export function newSupports(): Supports {
  const supports = newPool();
  const termSets = newPool();
  const memo = new Map<string, number>();
  const flat: number[][] = [];
  const sources = (terms: number): number[] => {
    flat[terms] ??= sortedUnique(termSets.lists[terms].flatMap((s) => supports.lists[s]));
    return flat[terms];
  };
  const union = (terms: readonly number[]): number => {
    const distinct = sortedUnique(terms).filter((t) => t !== 0);
    if (distinct.length < 2) return distinct[0] ?? 0;
    const key = distinct.join();
    let id = memo.get(key);
    if (id === undefined) {
      id = intern(termSets, sortedUnique(distinct.flatMap((t) => termSets.lists[t])));
      memo.set(key, id);
    }
    return id;
  };
  const joint = (terms: readonly number[]): number => {
    const all = sources(union(terms));
    return all.length === 0 ? 0 : intern(termSets, [intern(supports, all)]);
  };
  return {
    ofSource: (source) => intern(termSets, [intern(supports, [source])]),
    union,
    joint,
    sources,
    parts: (terms) => termSets.lists[terms].map((s) => supports.lists[s]),
  };
}
