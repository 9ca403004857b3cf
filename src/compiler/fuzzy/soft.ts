/**
 * Straight-through estimation for trees (ALGORITHM.md §4.2): forward, a row takes one leaf; backward, the gradient is that of soft
 * decisions σ((x − T)/τ) at every node, the loss seen as the mean of its per-leaf derivative under the soft leaf probabilities.
 */
import type { Tree } from '../lower/network.ts';

/** A tree whose inputs are positions in one flat array of a row's activations. */
export interface SoftTree {
  readonly tree: Tree;
  /** Position of the tested input, and width of the decision, by node. */
  readonly at: Int32Array;
  readonly tau: Float64Array;
}

/** Decision widths: half the distance between neighbouring thresholds of the same input; alone: from the spread of the input. */
function widths(tree: Tree, spread: (coord: number) => number): Float64Array {
  const tau = new Float64Array(tree.coord.length);
  for (let n = 0; n < tau.length; n++) {
    let gap = Number.POSITIVE_INFINITY;
    for (let m = 0; m < tau.length; m++) {
      const d = Math.abs(tree.threshold[m] - tree.threshold[n]);
      if (m !== n && tree.coord[m] === tree.coord[n] && d > 0) gap = Math.min(gap, d);
    }
    const wide = Math.max(spread(tree.coord[n]), 1e-9);
    tau[n] = Math.max(Math.min(gap / 2, wide / 2), wide / 1000);
  }
  return tau;
}

/** `spread`: standard deviation of an input of the tree; `position`: where it stands in the flat array. */
export function softTree(tree: Tree, spread: (coord: number) => number, position: (coord: number) => number): SoftTree {
  return { tree, at: Int32Array.from(tree.coord, position), tau: widths(tree, spread) };
}

/** Leaf that a row of activations takes. */
export function hardLeaf({ tree, at }: SoftTree, x: Float64Array): number {
  const { threshold, left, right } = tree;
  let node = at.length > 0 ? 0 : -1;
  while (node >= 0) node = x[at[node]] <= threshold[node] ? left[node] : right[node];
  return ~node;
}

/** Beyond so many widths a side is likelier than 99.8 %: the other is taken as impossible, its leaves need not be looked at. */
const CERTAIN = 6.2;

/** Derivatives of one row go here. */
export interface SoftGradients {
  /** d loss / d (leaf is taken); asked only for leaves that are likely enough. */
  readonly leaf: (leaf: number) => number;
  /** By position in the flat array. */
  readonly input: Float64Array;
  readonly threshold: Float64Array;
  readonly touched: Set<number>;
}

/** Adds the straight-through gradients of one row with activations `x`; returns the soft mean of the leaf derivatives below `node`. */
export function backSoft(soft: SoftTree, x: Float64Array, out: SoftGradients, node = 0, reach = 1): number {
  if (node < 0) return out.leaf(~node);
  const { tree, at, tau } = soft;
  const d = (x[at[node]] - tree.threshold[node]) / tau[node];
  if (d < -CERTAIN) return backSoft(soft, x, out, tree.left[node], reach);
  if (d > CERTAIN) return backSoft(soft, x, out, tree.right[node], reach);
  const s = 1 / (1 + Math.exp(-d));
  const left = backSoft(soft, x, out, tree.left[node], reach * (1 - s));
  const right = backSoft(soft, x, out, tree.right[node], reach * s);
  const g = (reach * (right - left) * s * (1 - s)) / tau[node];
  out.input[at[node]] += g;
  out.threshold[node] -= g;
  out.touched.add(node);
  return left * (1 - s) + right * s;
}
