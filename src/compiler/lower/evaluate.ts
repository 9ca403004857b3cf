/** Evaluates a table network on rows of inputs, in integers or floats: what the switch's tables mean, without the switch. */
import type { ElementRef } from '../primitives/graph.ts';
import type { NetMap, TableNetwork, Tree } from './network.ts';

export interface NetworkResult {
  /** One array a value, rows × size. */
  readonly values: readonly Float64Array[];
  /** Leaf numbers by map and tree, for maps of kind tree: rows × trees. */
  readonly leaves: readonly (Int32Array | undefined)[];
  /** Class of the first maximum (argmax), or −1 (score). */
  readonly classes: Int16Array;
}

/** Leaf of every row for one tree over the value columns. */
export function treeLeaves(
  tree: Tree,
  values: readonly Float64Array[],
  sizes: readonly number[],
  rows: number,
): Int32Array {
  const leaves = new Int32Array(rows);
  if (tree.coord.length === 0) return leaves;
  const arrays = tree.inputs.map((ref) => values[ref.value]);
  const strides = tree.inputs.map((ref) => sizes[ref.value]);
  const offsets = tree.inputs.map((ref) => ref.index);
  const { coord, threshold, left, right } = tree;
  for (let r = 0; r < rows; r++) {
    let node = 0;
    while (node >= 0) {
      const c = coord[node];
      node = arrays[c][r * strides[c] + offsets[c]] <= threshold[node] ? left[node] : right[node];
    }
    leaves[r] = ~node;
  }
  return leaves;
}

function column(values: readonly Float64Array[], sizes: readonly number[], ref: ElementRef, row: number): number {
  return values[ref.value][row * sizes[ref.value] + ref.index];
}

/** Adds table rows into the output value. */
function addRows(
  out: Float64Array,
  size: number,
  outIndex: Int32Array,
  lut: ArrayLike<number>,
  index: Int32Array,
): void {
  const n = outIndex.length;
  for (let r = 0; r < index.length; r++) {
    const from = index[r] * n;
    for (let o = 0; o < n; o++) out[r * size + outIndex[o]] += lut[from + o];
  }
}

function applyMap(map: NetMap, values: Float64Array[], sizes: readonly number[], rows: number): Int32Array | undefined {
  const out = values[map.output];
  const size = sizes[map.output];
  if (map.kind === 'absdiff') {
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < map.a.length; i++) {
        const b = map.b.length > 0 ? column(values, sizes, map.b[i], r) : 0;
        out[r * size] += (map.weight ?? 1) * Math.abs(column(values, sizes, map.a[i], r) - b);
      }
    }
    return undefined;
  }
  if (map.kind === 'leaf') {
    const leaves = treeLeaves(map.tree, values, sizes, rows);
    for (let r = 0; r < rows; r++) out[r * size + map.element] = leaves[r];
    return leaves;
  }
  const index = new Int32Array(rows);
  if (map.kind === 'index') {
    map.inputs.forEach((ref, i) => {
      for (let r = 0; r < rows; r++) index[r] = index[r] * map.radix[i] + column(values, sizes, ref, r);
    });
    addRows(out, size, map.outIndex, map.lut, index);
    return undefined;
  }
  if (map.kind === 'exact') {
    for (let r = 0; r < rows; r++) index[r] = Math.min(column(values, sizes, map.input, r), map.rows - 1);
    addRows(out, size, map.outIndex, map.lut, index);
    return undefined;
  }
  const all = new Int32Array(rows * map.trees.length);
  map.trees.forEach((tree, t) => {
    const leaves = treeLeaves(tree, values, sizes, rows);
    for (let r = 0; r < rows; r++) {
      index[r] = index[r] * tree.leaves + leaves[r];
      all[r * map.trees.length + t] = leaves[r];
    }
  });
  addRows(out, size, map.outIndex, map.lut, index);
  return all;
}

/** First maximum of each row. */
export function argmaxRows(logits: ArrayLike<number>, rows: number, n: number): Int16Array {
  const classes = new Int16Array(rows);
  for (let r = 0; r < rows; r++) {
    let best = 0;
    for (let c = 1; c < n; c++) if (logits[r * n + c] > logits[r * n + best]) best = c;
    classes[r] = best;
  }
  return classes;
}

/** Runs all rows (row-major inputs of the network's input size) through all maps, in order. */
export function evaluateNetwork(network: TableNetwork, input: ArrayLike<number>, rows: number): NetworkResult {
  const sizes = network.values.map((v) => v.size);
  const values = network.values.map((v, i) => {
    const array = new Float64Array(rows * v.size);
    if (i === 0) for (let j = 0; j < array.length; j++) array[j] = clamped(network, input[j], j);
    else if (v.bias !== undefined) for (let r = 0; r < rows; r++) array.set(v.bias, r * v.size);
    return array;
  });
  const leaves = network.maps.map((map) => applyMap(map, values, sizes, rows));
  const verdict = network.verdict;
  const classes =
    verdict.kind === 'argmax'
      ? argmaxRows(values[verdict.value], rows, sizes[verdict.value])
      : new Int16Array(rows).fill(-1);
  return { values, leaves, classes };
}

function clamped(network: TableNetwork, x: number, at: number): number {
  const clamp = network.features[at % network.features.length].clamp;
  return clamp === undefined ? x : Math.min(x, clamp);
}
