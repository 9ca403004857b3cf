/** Leaf values before any refit, and the table rows that calibration rows read. */
import { type MapNode, partsOf } from '../primitives/index.ts';
import { type GrownTree, grownLeaves } from './grow.ts';
import { columnsOf, gather, type Work } from './work.ts';

/** Mean input of every leaf. */
export function prototypes(
  tree: GrownTree,
  x: Float64Array,
  dim: number,
  rows: number,
  leaves: Int32Array,
): Float64Array {
  const mean = new Float64Array(tree.leaves * dim);
  const count = new Float64Array(tree.leaves);
  for (let r = 0; r < rows; r++) {
    count[leaves[r]]++;
    for (let c = 0; c < dim; c++) mean[leaves[r] * dim + c] += x[r * dim + c];
  }
  for (let l = 0; l < tree.leaves; l++) for (let c = 0; c < dim; c++) mean[l * dim + c] /= Math.max(1, count[l]);
  return mean;
}

/** Combined index of each row and the function's inputs at every combination of leaf prototypes. */
export function combine(
  map: MapNode,
  trees: readonly GrownTree[],
  x: Float64Array,
  rows: number,
): { index: Int32Array; points: Float64Array; count: number } {
  const dim = map.inputs.length;
  const parts = partsOf(map);
  const index = new Int32Array(rows);
  const means = trees.map((tree, t) => {
    const sub = columnsOf(x, dim, parts[t], rows);
    const leaves = grownLeaves(tree, sub, parts[t].length, rows);
    for (let r = 0; r < rows; r++) index[r] = index[r] * tree.leaves + leaves[r];
    return tree.prototype ?? prototypes(tree, sub, parts[t].length, rows, leaves);
  });
  const count = trees.reduce((product, tree) => product * tree.leaves, 1);
  const points = new Float64Array(count * dim);
  for (let i = 0; i < count; i++) {
    let rest = i;
    for (let t = trees.length - 1; t >= 0; t--) {
      const leaf = rest % trees[t].leaves;
      rest = Math.floor(rest / trees[t].leaves);
      parts[t].forEach((c, k) => {
        points[i * dim + c] = means[t][leaf * parts[t].length + k];
      });
    }
  }
  return { index, points, count };
}

/**
 * First leaf values. Published: the function at the leaf's mean input. Otherwise the mean of the function over the leaf's rows,
 * with the function at the prototype standing in (weight of one row) where a combination of leaves is rare. `known`: what the function
 * computes on the rows, where that was computed before.
 */
export function initialTable(
  work: Work,
  map: MapNode,
  trees: readonly GrownTree[],
  x: Float64Array,
  rows: number,
  known?: Float64Array,
): Float64Array {
  const { index, points, count } = combine(map, trees, x, rows);
  const atPoints = map.apply(points, count);
  const n = map.outIndex.length;
  if (work.options.strategy === 'published') return atPoints;
  const y = known ?? map.apply(x, rows);
  const lut = Float64Array.from(atPoints);
  const weight = new Float64Array(count).fill(1);
  for (let r = 0; r < rows; r++) {
    weight[index[r]]++;
    for (let o = 0; o < n; o++) lut[index[r] * n + o] += y[r * n + o];
  }
  for (let i = 0; i < count; i++) for (let o = 0; o < n; o++) lut[i * n + o] /= weight[i];
  return lut;
}

/** Table rows that every calibration row reads from a map. */
export function indexOf(work: Work, map: MapNode): Int32Array {
  const x = gather(work, map);
  if (map.exact !== undefined) return Int32Array.from(x, (v) => Math.min(Math.max(0, v), map.exact![0] - 1));
  const dim = map.inputs.length;
  const parts = partsOf(map);
  const index = new Int32Array(work.rows);
  work.trees.get(map.id)!.forEach((tree, t) => {
    const leaves = grownLeaves(tree, columnsOf(x, dim, parts[t], work.rows), parts[t].length, work.rows);
    for (let r = 0; r < work.rows; r++) index[r] = index[r] * tree.leaves + leaves[r];
  });
  return index;
}

/** Rows of an exact map: the function at 0, 1, 2, … */
export function exactTable(map: MapNode): Float64Array {
  const rows = map.exact![0];
  return map.apply(
    Float64Array.from({ length: rows }, (_, i) => i),
    rows,
  );
}
