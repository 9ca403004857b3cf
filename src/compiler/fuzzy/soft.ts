/**
 * Straight-through estimation for trees (ALGORITHM.md §4.2): forward, a row takes one leaf; backward, the gradient is that of soft
 * decisions σ((x − T)/τ) at every node, the loss seen as the mean of its per-leaf derivative under the soft leaf probabilities.
 */
import type { Tree } from '../lower/network.ts';

/** A tree ready for walking backwards: nodes in an order in which children come after parents. */
export interface SoftTree {
  readonly tree: Tree;
  /** Width of the decision at each node. */
  readonly tau: Float64Array;
  readonly order: Int32Array;
  /** Scratch: soft value and reach of each node, probability of going right. */
  readonly value: Float64Array;
  readonly reach: Float64Array;
  readonly right: Float64Array;
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
  const order: number[] = [];
  const visit = (node: number): void => {
    if (node < 0) return;
    order.push(node);
    visit(tree.left[node]);
    visit(tree.right[node]);
  };
  if (tree.coord.length > 0) visit(0);
  const n = tree.coord.length;
  return {
    tree,
    tau: widths(tree, spread),
    order: Int32Array.from(order),
    value: new Float64Array(n),
    reach: new Float64Array(n),
    right: new Float64Array(n),
  };
}

/**
 * Adds the straight-through gradients of one row. `x` are the tree's inputs, `leafGradient[l]` = d loss / d (leaf l is taken);
 * `input(c, g)` and `threshold(n, g)` receive the derivatives.
 */
export function backSoft(
  soft: SoftTree,
  x: Float64Array,
  leafGradient: Float64Array,
  inputGradient: Float64Array,
  thresholdGradient: Float64Array,
): void {
  const { tree, tau, order, value, reach, right } = soft;
  for (let i = order.length - 1; i >= 0; i--) {
    const n = order[i];
    const s = 1 / (1 + Math.exp(-(x[tree.coord[n]] - tree.threshold[n]) / tau[n]));
    right[n] = s;
    const [l, r] = [tree.left[n], tree.right[n]];
    value[n] = (1 - s) * (l < 0 ? leafGradient[~l] : value[l]) + s * (r < 0 ? leafGradient[~r] : value[r]);
  }
  if (order.length > 0) reach[order[0]] = 1;
  for (let i = 0; i < order.length; i++) {
    const n = order[i];
    const s = right[n];
    const [l, r] = [tree.left[n], tree.right[n]];
    if (l >= 0) reach[l] = reach[n] * (1 - s);
    if (r >= 0) reach[r] = reach[n] * s;
    const difference = (r < 0 ? leafGradient[~r] : value[r]) - (l < 0 ? leafGradient[~l] : value[l]);
    const g = (reach[n] * difference * s * (1 - s)) / tau[n];
    inputGradient[tree.coord[n]] += g;
    thresholdGradient[n] -= g;
  }
}
