/** Structural groups (Pegasus §4.1): limits, and the disjoint sets they are found with. */
export interface PartitionOptions {
  /** Largest group formed for a sub-network that sees only it; its trees take `tree` elements each. Default 6. */
  readonly maxGroup?: number;
  /** Elements per clustering tree inside a larger group. Default 2. */
  readonly tree?: number;
  /**
   * Window models: materialise the narrowest tensor that still belongs to single packets, so that it (or its fuzzy index) can be kept
   * per flow. Default true.
   */
  readonly perPacket?: boolean;
}

/** Consecutive groups of `dim` elements of the list, the last one shorter if need be. */
export function chunk(elements: readonly number[], dim: number): number[][] {
  const out: number[][] = [];
  for (let i = 0; i < elements.length; i += dim) out.push(elements.slice(i, i + dim));
  return out;
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
