/**
 * Straight-through estimation for trees (ALGORITHM.md §4.2): forward, a row takes one leaf; backward, the gradient is that of soft
 * decisions σ((x − T)/τ) at every node, the loss seen as the mean of its per-leaf derivative under the soft leaf probabilities.
 */
import type { Tree } from '../lower/network.ts';

/** A tree with the width of its decision at each node. */
export interface SoftTree {
  readonly tree: Tree;
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

export function softTree(tree: Tree, spread: (coord: number) => number): SoftTree {
  return { tree, tau: widths(tree, spread) };
}

/** Sides less likely than this are taken as impossible: their leaves need not be looked at. */
const NEGLIGIBLE = 2e-3;

/** Derivatives of one row go here. */
export interface SoftGradients {
  /** d loss / d (leaf is taken); asked only for leaves that are likely enough. */
  leaf(leaf: number): number;
  readonly input: Float64Array;
  readonly threshold: Float64Array;
  readonly touched: Set<number>;
}

/** Adds the straight-through gradients of one row with inputs `x`; returns the soft mean of the leaf derivatives below `node`. */
export function backSoft(soft: SoftTree, x: Float64Array, out: SoftGradients, node = 0, reach = 1): number {
  if (node < 0) return out.leaf(~node);
  const { tree, tau } = soft;
  const c = tree.coord[node];
  const s = 1 / (1 + Math.exp((tree.threshold[node] - x[c]) / tau[node]));
  if (s < NEGLIGIBLE) return backSoft(soft, x, out, tree.left[node], reach);
  if (s > 1 - NEGLIGIBLE) return backSoft(soft, x, out, tree.right[node], reach);
  const left = backSoft(soft, x, out, tree.left[node], reach * (1 - s));
  const right = backSoft(soft, x, out, tree.right[node], reach * s);
  const g = (reach * (right - left) * s * (1 - s)) / tau[node];
  out.input[c] += g;
  out.threshold[node] -= g;
  out.touched.add(node);
  return left * (1 - s) + right * s;
}
