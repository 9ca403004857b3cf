/** Partition (Pegasus §4.1): how the elements of a materialised value are cut into the groups that Maps look at. */
import { fail } from '../../problem.ts';

/** Consecutive groups of this many elements, or explicit groups of element numbers. */
export type GroupSpec = number | readonly (readonly number[])[];

export interface PartitionOptions {
  /**
   * Per value in order (input first; the last entry repeats), or one for all. `[1, 2, 1]` is MLP-B's. Default: automatic: additive
   * sub-networks become groups, else 1 for the input and for the last hidden value of a row model, 2 for the others.
   */
  readonly groups?: number | readonly GroupSpec[];
  /** Largest group formed automatically for a sub-network that sees only it; its trees take `tree` elements each. Default 6. */
  readonly maxGroup?: number;
  /** Elements per clustering tree inside a larger group. Default 2. */
  readonly tree?: number;
  /**
   * Window models: materialise the narrowest tensor that still belongs to single packets, so that it (or its fuzzy index) can be kept
   * per flow. Default true.
   */
  readonly perPacket?: boolean;
}

/** The spec for value number `i`, undefined: automatic. */
export function specOf(options: PartitionOptions, i: number): GroupSpec | undefined {
  const { groups } = options;
  if (groups === undefined || typeof groups === 'number') return groups;
  return groups[Math.min(i, groups.length - 1)];
}

/** Consecutive groups of `dim` elements of the list, the last one shorter if need be. */
export function chunk(elements: readonly number[], dim: number): number[][] {
  const out: number[][] = [];
  for (let i = 0; i < elements.length; i += dim) out.push(elements.slice(i, i + dim));
  return out;
}

/** Groups of `size` elements by a spec. Fails with COMPILE-PARTITION unless they are disjoint and cover every element. */
export function groupsBySpec(spec: GroupSpec, size: number, name: string): readonly (readonly number[])[] {
  if (typeof spec === 'number') {
    if (!Number.isInteger(spec) || spec < 1) {
      fail({
        code: 'COMPILE-PARTITION',
        message: `group size ${spec}`,
        where: `value ${name}`,
        need: 'a whole number ≥ 1',
      });
    }
    return chunk([...Array(size).keys()], spec);
  }
  const seen = new Uint8Array(size);
  for (const e of spec.flat()) {
    if (!(e >= 0 && e < size) || seen[e]) {
      fail({
        code: 'COMPILE-PARTITION',
        message: `element ${e} is ${seen[e] ? 'in two groups' : 'outside the value'}`,
        where: `value ${name}`,
        need: `each of 0..${size - 1} once`,
        have: JSON.stringify(spec).slice(0, 80),
      });
    }
    seen[e] = 1;
  }
  const rest = [...seen.keys()].filter((e) => !seen[e]);
  return [...spec, ...rest.map((e) => [e])];
}

/** Disjoint sets with sizes. */
export interface UnionFind {
  readonly parent: Int32Array;
  readonly size: Int32Array;
}

export function newUnionFind(n: number): UnionFind {
  return { parent: Int32Array.from({ length: n }, (_, i) => i), size: new Int32Array(n).fill(1) };
}

export function find(u: UnionFind, i: number): number {
  let root = i;
  while (u.parent[root] !== root) root = u.parent[root];
  for (let at = i; u.parent[at] !== root; ) {
    const next = u.parent[at];
    u.parent[at] = root;
    at = next;
  }
  return root;
}

export function unite(u: UnionFind, a: number, b: number): void {
  const [p, q] = [find(u, a), find(u, b)].sort((x, y) => x - y);
  if (p === q) return;
  u.parent[q] = p;
  u.size[p] += u.size[q];
}
