/** A table network opened for fine-tuning: parameters with their gradients, and the two passes of one row. */
import { evaluateNetwork } from '../lower/evaluate.ts';
import type { ExactMap, TableNetwork, Tree, TreeMap } from '../lower/network.ts';
import { createParameters, type Parameters } from './adam.ts';
import { backSoft, hardLeaf, type SoftGradients, type SoftTree, softTree } from './soft.ts';

interface TreePart {
  readonly soft: SoftTree;
  readonly threshold: Parameters;
  /** Row stride in the combined index. */
  readonly stride: number;
  /** Back-propagated through: reads sums, or thresholds on inputs move too. */
  readonly live: boolean;
  readonly sinks: SoftGradients;
  /** Table row of leaf 0 in the row at hand: what the sinks count from. */
  readonly from: Int32Array;
}

/** Maps with their parameters; arrays shared by several maps are one parameter. */
interface Layer {
  readonly map: TreeMap | ExactMap;
  readonly lut: Parameters;
  /** Positions of the outputs, and of an exact map's input, in the flat array. */
  readonly out: Int32Array;
  readonly input: number;
  readonly trees: readonly TreePart[];
}

export interface Session {
  readonly network: TableNetwork;
  readonly layers: readonly Layer[];
  /** All parameters that move, once, and of those the thresholds with the widths of their decisions. */
  readonly parameters: readonly Parameters[];
  readonly widths: ReadonlyMap<Parameters, Float64Array>;
  /** One row's activations and their gradients, value after value; `base` is what a row starts from. */
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  readonly base: Float64Array;
  /** Where each value begins. */
  readonly at: readonly number[];
  /** Table rows that the last row read, by layer. */
  readonly index: Int32Array;
}

/** Copies a network with its own leaf values and thresholds; arrays shared between maps stay shared. */
function ownCopy(network: TableNetwork): TableNetwork {
  const copies = new Map<ArrayLike<number>, Float64Array>();
  const copy = (from: ArrayLike<number>): Float64Array => {
    const made = copies.get(from) ?? Float64Array.from(from);
    copies.set(from, made);
    return made;
  };
  const maps = network.maps.map((map) => {
    if (map.kind === 'exact') return { ...map, lut: copy(map.lut) };
    if (map.kind !== 'tree') return map;
    const trees = map.trees.map((tree): Tree => ({ ...tree, threshold: copy(tree.threshold) }));
    return { ...map, lut: copy(map.lut), trees };
  });
  return { ...network, maps };
}

/** Rows that scales are taken from. */
const SAMPLE = 4000;

/** Standard deviation of every element over some rows: the scales of steps. */
function spreads(
  network: TableNetwork,
  data: { readonly rows: number; readonly values: Float64Array },
): Float64Array[] {
  const rows = Math.min(data.rows, SAMPLE);
  const step = Math.max(1, Math.floor(data.rows / rows));
  const width = network.values[0].size;
  const sample = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) sample.set(data.values.subarray(r * step * width, (r * step + 1) * width), r * width);
  const { values } = evaluateNetwork(network, sample, rows);
  return values.map((v, i) => {
    const size = network.values[i].size;
    return Float64Array.from({ length: size }, (_, e) => {
      let [sum, squares] = [0, 0];
      for (let r = 0; r < rows; r++) {
        sum += v[r * size + e];
        squares += v[r * size + e] ** 2;
      }
      return Math.sqrt(Math.max(1e-12, squares / rows - (sum / rows) ** 2));
    });
  });
}

/** Opens a copy of the network. `thresholds`: which of them move. */
export function openSession(
  network: TableNetwork,
  data: { readonly rows: number; readonly values: Float64Array },
  thresholds: 'none' | 'sums' | 'all',
): Session {
  const own = ownCopy(network);
  const spread = spreads(own, data);
  const at: number[] = [];
  let length = 0;
  for (const value of own.values) {
    at.push(length);
    length += value.size;
  }
  const base = new Float64Array(length);
  own.values.forEach(({ bias }, v) => {
    if (bias !== undefined) base.set(bias, at[v]);
  });
  const known = new Map<Float64Array, Parameters>();
  const widths = new Map<Parameters, Float64Array>();
  const held = new Set<Parameters>();
  const parameter = (value: Float64Array, width: number, scale: Float64Array): Parameters => {
    const made = known.get(value) ?? createParameters(value, width, scale);
    known.set(value, made);
    return made;
  };
  const gradient = new Float64Array(length);
  const treePart = (map: TreeMap, t: number, out: Int32Array): TreePart => {
    const lut = map.lut;
    const n = out.length;
    const tree = map.trees[t];
    const soft = softTree(
      tree,
      (c) => spread[tree.inputs[c].value][tree.inputs[c].index],
      (c) => at[tree.inputs[c].value] + tree.inputs[c].index,
    );
    const threshold = parameter(tree.threshold, 1, new Float64Array([1]));
    const moves = thresholds === 'all' || (thresholds === 'sums' && tree.inputs.every((ref) => ref.value !== 0));
    if (moves) widths.set(threshold, soft.tau);
    else held.add(threshold);
    const stride = map.trees.slice(t + 1).reduce((product, one) => product * one.leaves, 1);
    const live = tree.coord.length > 0 && (moves || tree.inputs.some((ref) => ref.value !== 0));
    const from = new Int32Array(1);
    const sinks: SoftGradients = {
      leaf: (k) => {
        const row = (from[0] + k * stride) * n;
        let g = 0;
        for (let o = 0; o < n; o++) g += gradient[out[o]] * lut[row + o];
        return g;
      },
      input: gradient,
      threshold: threshold.gradient,
      touched: threshold.touched,
    };
    return { soft, threshold, stride, live, sinks, from };
  };
  const layers = own.maps.map((map): Layer => {
    if (map.kind !== 'tree' && map.kind !== 'exact') throw new Error(`fine-tuning knows no ${map.kind} maps`);
    const scale = Float64Array.from(map.outIndex, (e) => spread[map.output][e]);
    const lut = parameter(map.lut as Float64Array, map.outIndex.length, scale);
    const out = Int32Array.from(map.outIndex, (e) => at[map.output] + e);
    if (map.kind === 'exact') return { map, lut, out, input: at[map.input.value] + map.input.index, trees: [] };
    return { map, lut, out, input: -1, trees: map.trees.map((_, t) => treePart(map, t, out)) };
  });
  return {
    network: own,
    layers,
    parameters: [...known.values()].filter((one) => !held.has(one)),
    widths,
    x: new Float64Array(length),
    gradient,
    base,
    at,
    index: new Int32Array(layers.length),
  };
}

/** Forward pass of the row of inputs at `from`, hard decisions; keeps the table rows read. */
export function forward(s: Session, inputs: Float64Array, from: number): void {
  const { x } = s;
  const width = s.network.values[0].size;
  x.set(s.base);
  for (let c = 0; c < width; c++) x[c] = inputs[from + c];
  for (let l = 0; l < s.layers.length; l++) {
    const { map, lut, out, input, trees } = s.layers[l];
    let index = map.kind === 'exact' ? Math.min(map.rows - 1, x[input]) : 0;
    for (const part of trees) index += hardLeaf(part.soft, x) * part.stride;
    s.index[l] = index;
    const n = out.length;
    for (let o = 0; o < n; o++) x[out[o]] += lut.value[index * n + o];
  }
}

/** Backward pass of the last row from the gradients that stand in `s.gradient`. */
export function backward(s: Session): void {
  const { gradient } = s;
  for (let l = s.layers.length - 1; l >= 0; l--) {
    const { lut, out, trees } = s.layers[l];
    const n = out.length;
    const index = s.index[l];
    for (let o = 0; o < n; o++) lut.gradient[index * n + o] += gradient[out[o]];
    lut.touched.add(index);
    for (const { soft, stride, live, sinks, from } of trees) {
      if (!live) continue;
      from[0] = index - (Math.floor(index / stride) % soft.tree.leaves) * stride;
      backSoft(soft, s.x, sinks);
    }
  }
}
