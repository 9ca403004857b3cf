/**
 * A table network: Partition / Map / SumReduce with every Map already a table. Plain data between the fuzzy-matching half of the
 * compiler (or a table-model document) and the lowering; integers when it is to be lowered, floats for "fuzzy matching in float".
 */
import type { ElementRef } from '../primitives/graph.ts';

/** Binary decision tree over the inputs of one group; `x ≤ threshold` goes left. A child c ≥ 0 is a node, c < 0 the leaf ~c. */
export interface Tree {
  readonly inputs: readonly ElementRef[];
  /** Per node: which input is tested, the threshold, the children. Node 0 is the root; no nodes: one leaf. */
  readonly coord: Uint16Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly leaves: number;
}

export type LeafValues = Int32Array | Float64Array;

/** Σ: out[outIndex[o]] += lut[index][o]; index = leaf numbers of the trees in mixed radix, first tree most significant. */
export interface TreeMap {
  readonly kind: 'tree';
  readonly name: string;
  readonly trees: readonly Tree[];
  readonly output: number;
  readonly outIndex: Int32Array;
  readonly lut: LeafValues;
  /** Same function at other window positions. */
  readonly shared?: { readonly key: string; readonly position: number };
  readonly note?: string;
  readonly origins?: readonly LeafOrigin[];
}

/** Table models: the document's step, where a map's trees stand among the leaves of a row, and the packet they belong to. */
export interface LeafOrigin {
  readonly step: number;
  readonly leaves: readonly number[];
  /** Packet of the window at which the leaf is computed; absent: the last. */
  readonly packet?: number;
}

/** out[outIndex[o]] += lut[min(x, rows − 1)][o]: exact match on a small integer (embedding). */
export interface ExactMap {
  readonly kind: 'exact';
  readonly name: string;
  readonly input: ElementRef;
  readonly rows: number;
  readonly output: number;
  readonly outIndex: Int32Array;
  readonly lut: LeafValues;
  readonly shared?: { readonly key: string; readonly position: number };
  readonly note?: string;
}

/** out[0] += weight · Σ |a_i − b_i|; without b: Σ |a_i|. */
export interface AbsDiffMap {
  readonly kind: 'absdiff';
  readonly name: string;
  readonly a: readonly ElementRef[];
  /** As many as `a`, or none. */
  readonly b: readonly ElementRef[];
  /** Float networks only (default 1): integers take it into the scale of the output. */
  readonly weight?: number;
  readonly output: number;
}

/** out[element] = leaf that the tree's inputs reach: a fuzzy index on its own, so that it can be kept or joined. */
export interface LeafMap {
  readonly kind: 'leaf';
  readonly name: string;
  readonly tree: Tree;
  readonly output: number;
  readonly element: number;
  readonly origins?: readonly LeafOrigin[];
}

/** out[outIndex[o]] += lut[index][o]; index = the inputs (fuzzy indices below `radix`) in mixed radix, first most significant. */
export interface IndexMap {
  readonly kind: 'index';
  readonly name: string;
  readonly inputs: readonly ElementRef[];
  readonly radix: readonly number[];
  readonly output: number;
  readonly outIndex: Int32Array;
  readonly lut: LeafValues;
  readonly note?: string;
}

export type NetMap = TreeMap | ExactMap | AbsDiffMap | LeafMap | IndexMap;

/** Elements a map reads. */
export function mapInputs(map: NetMap): ElementRef[] {
  if (map.kind === 'tree') return map.trees.flatMap((tree) => tree.inputs);
  if (map.kind === 'leaf') return [...map.tree.inputs];
  if (map.kind === 'exact') return [map.input];
  if (map.kind === 'index') return [...map.inputs];
  return [...map.a, ...map.b];
}

export interface NetValue {
  readonly name: string;
  readonly size: number;
  readonly bias?: LeafValues;
  /** Elements of earlier packets: what `source` was, `age` packets ago (from the flow's rings). */
  readonly kept?: readonly { readonly source: ElementRef; readonly age: number }[];
}

export interface NetFeature {
  readonly name: string;
  readonly bits: number;
  /** Values above are taken as this one before anything looks at them. */
  readonly clamp?: number;
}

export interface TableNetwork {
  readonly name: string;
  readonly classes: readonly string[];
  /** 1 for row models; else packets per window, value 0 flattened oldest packet first. */
  readonly window: number;
  readonly features: readonly NetFeature[];
  /** Value 0 is the input, size window × features; the others are sums, in topological order. */
  readonly values: readonly NetValue[];
  readonly maps: readonly NetMap[];
  readonly verdict: NetVerdict;
}

export type NetVerdict =
  | { readonly kind: 'argmax'; readonly value: number }
  | { readonly kind: 'score'; readonly value: number; readonly divide: number; readonly threshold?: number };

/** The published tree: complete, depth 4, 15 nodes in heap order (ALGORITHM.md §1.1). */
export function heapTree(inputs: readonly ElementRef[], coord: ArrayLike<number>, threshold: ArrayLike<number>): Tree {
  const nodes = coord.length;
  const left = new Int32Array(nodes);
  const right = new Int32Array(nodes);
  for (let n = 0; n < nodes; n++) {
    left[n] = 2 * n + 1 < nodes ? 2 * n + 1 : ~(2 * n + 1 - nodes);
    right[n] = 2 * n + 2 < nodes ? 2 * n + 2 : ~(2 * n + 2 - nodes);
  }
  return {
    inputs,
    coord: Uint16Array.from(coord),
    threshold: Float64Array.from(threshold),
    left,
    right,
    leaves: nodes + 1,
  };
}

/** Leaf that a group's values reach. */
export function leafOf(tree: Tree, x: (coord: number) => number): number {
  if (tree.coord.length === 0) return 0;
  let node = 0;
  while (node >= 0) node = x(tree.coord[node]) <= tree.threshold[node] ? tree.left[node] : tree.right[node];
  return ~node;
}

/** Number of rows of a map's table. */
export function tableRows(map: TreeMap | IndexMap): number {
  if (map.kind === 'index') return map.radix.reduce((product, n) => product * n, 1);
  return map.trees.reduce((product, tree) => product * tree.leaves, 1);
}
