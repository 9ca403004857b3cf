/**
 * Fine-tuning: back-propagation through leaf values and thresholds of all Maps together (Pegasus §5, COMPILER.md): straight-through
 * decisions, Adam, cross-entropy plus distillation from the float logits, early stopping on the validation rows. Seeded.
 */
import { macroF1 } from '../../model/index.ts';
import type { Progress } from '../../problem.ts';
import { evaluateNetwork } from '../lower/evaluate.ts';
import { type ExactMap, leafOf, type TableNetwork, type Tree, type TreeMap } from '../lower/network.ts';
import { adamRows, createParameters, type Parameters } from './adam.ts';
import { backSoft, type SoftTree, softTree } from './soft.ts';

export interface LabelledRows {
  readonly rows: number;
  /** rows × input size, as the switch sees them. */
  readonly values: Float64Array;
  readonly label: Int16Array;
}

export interface FineTuneOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Default 8; stops after `patience` (default 8) epochs without a better validation macro-F1. */
  readonly epochs?: number;
  readonly patience?: number;
  /** Default 5e-3, falling to 0. */
  readonly rate?: number;
  readonly batch?: number;
  /** Share of the loss that follows the float logits instead of the labels (default 0.5). */
  readonly distill?: number;
  readonly progress?: Progress;
}

/** Maps with their parameters; arrays shared by several maps are one parameter. */
interface Layer {
  readonly map: TreeMap | ExactMap;
  readonly lut: Parameters;
  readonly trees: readonly {
    readonly soft: SoftTree;
    readonly threshold: Parameters;
    readonly x: Float64Array;
    readonly dx: Float64Array;
  }[];
  /** Row stride of each tree in the combined index. */
  readonly stride: readonly number[];
}

interface Session {
  readonly network: TableNetwork;
  readonly layers: readonly Layer[];
  readonly parameters: readonly Parameters[];
  /** One row's values and gradients, by value. */
  readonly values: readonly Float64Array[];
  readonly gradients: readonly Float64Array[];
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

/** Standard deviation of every element over some rows: the scales of steps. */
function spreads(network: TableNetwork, data: LabelledRows): Float64Array[] {
  const rows = Math.min(data.rows, 4000);
  const step = Math.max(1, Math.floor(data.rows / rows));
  const width = network.values[0].size;
  const sample = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < width; c++) sample[r * width + c] = data.values[r * step * width + c];
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

function openSession(network: TableNetwork, data: LabelledRows): Session {
  const spread = spreads(network, data);
  const known = new Map<Float64Array, Parameters>();
  const parameter = (value: Float64Array, width: number, scale: Float64Array): Parameters => {
    const made = known.get(value) ?? createParameters(value, width, scale);
    known.set(value, made);
    return made;
  };
  const layers = network.maps.map((map): Layer => {
    if (map.kind !== 'tree' && map.kind !== 'exact') throw new Error(`fine-tuning knows no ${map.kind} maps`);
    const scale = Float64Array.from(map.outIndex, (e) => spread[map.output][e]);
    const lut = parameter(map.lut as Float64Array, map.outIndex.length, scale);
    if (map.kind === 'exact') return { map, lut, trees: [], stride: [] };
    const trees = map.trees.map((tree) => {
      const soft = softTree(tree, (c) => spread[tree.inputs[c].value][tree.inputs[c].index]);
      const threshold = parameter(tree.threshold, 1, new Float64Array([1]));
      return { soft, threshold, x: new Float64Array(tree.inputs.length), dx: new Float64Array(tree.inputs.length) };
    });
    const stride = map.trees.map((_, t) => map.trees.slice(t + 1).reduce((product, tree) => product * tree.leaves, 1));
    return { map, lut, trees, stride };
  });
  return {
    network,
    layers,
    parameters: [...known.values()],
    values: network.values.map((v) => new Float64Array(v.size)),
    gradients: network.values.map((v) => new Float64Array(v.size)),
    index: new Int32Array(network.maps.length),
  };
}

/** Forward pass of one row, hard decisions; keeps the table rows read. */
function forward(s: Session, input: Float64Array, at: number): void {
  s.values.forEach((value, v) => {
    const { bias } = s.network.values[v];
    if (v === 0) value.set(input.subarray(at, at + value.length));
    else if (bias === undefined) value.fill(0);
    else value.set(bias);
  });
  s.layers.forEach(({ map, lut, trees }, l) => {
    let index = 0;
    if (map.kind === 'exact') index = Math.min(map.rows - 1, s.values[map.input.value][map.input.index]);
    for (const { soft, x } of trees) {
      const { tree } = soft;
      for (let c = 0; c < x.length; c++) x[c] = s.values[tree.inputs[c].value][tree.inputs[c].index];
      index = index * tree.leaves + leafOf(tree, (c) => x[c]);
    }
    s.index[l] = index;
    const out = s.values[map.output];
    const n = map.outIndex.length;
    for (let o = 0; o < n; o++) out[map.outIndex[o]] += lut.value[index * n + o];
  });
}

/** Backward pass of one row from the gradient of the verdict's value. */
function backward(s: Session): void {
  for (let l = s.layers.length - 1; l >= 0; l--) {
    const layer = s.layers[l];
    const { map, lut, trees, stride } = layer;
    const n = map.outIndex.length;
    const from = s.gradients[map.output];
    const index = s.index[l];
    for (let o = 0; o < n; o++) lut.gradient[index * n + o] += from[map.outIndex[o]];
    lut.touched.add(index);
    trees.forEach(({ soft, threshold, x, dx }, t) => {
      const { tree } = soft;
      if (tree.coord.length === 0 || onInputs(tree)) return;
      const hard = Math.floor(index / stride[t]) % tree.leaves;
      for (let c = 0; c < x.length; c++) x[c] = s.values[tree.inputs[c].value][tree.inputs[c].index];
      dx.fill(0);
      backSoft(soft, x, {
        leaf: (k) => {
          const row = (index + (k - hard) * stride[t]) * n;
          let g = 0;
          for (let o = 0; o < n; o++) g += from[map.outIndex[o]] * lut.value[row + o];
          return g;
        },
        input: dx,
        threshold: threshold.gradient,
        touched: threshold.touched,
      });
      for (let c = 0; c < x.length; c++) s.gradients[tree.inputs[c].value][tree.inputs[c].index] += dx[c];
    });
  }
}

function softmax(logits: ArrayLike<number>, from: number, n: number, out: Float64Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < n; c++) most = Math.max(most, logits[from + c]);
  let sum = 0;
  for (let c = 0; c < n; c++) {
    out[c] = Math.exp(logits[from + c] - most);
    sum += out[c];
  }
  for (let c = 0; c < n; c++) out[c] /= sum;
}

/** Small seeded generator (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(n: number, next: () => number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Thresholds of a tree over raw inputs stay: inputs are discrete, and a threshold that drifts within a gap of the rows drops unseen values. */
const onInputs = (tree: Tree): boolean => tree.inputs.some((ref) => ref.value === 0);

/** Threshold steps are relative to the widths of their decisions. */
function stepThresholds(s: Session, rate: number, batch: number, step: number): void {
  const done = new Set<Parameters>();
  for (const layer of s.layers)
    for (const { soft, threshold } of layer.trees) {
      if (done.has(threshold)) continue;
      done.add(threshold);
      for (const n of threshold.touched) threshold.gradient[n] *= soft.tau[n];
      const before = Float64Array.from(threshold.value);
      const touched = [...threshold.touched];
      adamRows(threshold, rate, batch, step);
      for (const n of touched) threshold.value[n] = before[n] + (threshold.value[n] - before[n]) * soft.tau[n];
    }
}

/** Equal rows are walked once: first row of each kind, and how often each class was seen with it. */
interface Distinct {
  readonly row: Int32Array;
  /** kinds × classes. */
  readonly counts: Float64Array;
}

function distinctRows(data: LabelledRows, width: number, classes: number): Distinct {
  const kinds = new Map<string, number>();
  const row: number[] = [];
  const of = new Int32Array(data.rows);
  for (let r = 0; r < data.rows; r++) {
    const key = data.values.subarray(r * width, (r + 1) * width).join();
    let kind = kinds.get(key);
    if (kind === undefined) {
      kind = row.push(r) - 1;
      kinds.set(key, kind);
    }
    of[r] = kind;
  }
  const counts = new Float64Array(row.length * classes);
  for (let r = 0; r < data.rows; r++) counts[of[r] * classes + data.label[r]]++;
  return { row: Int32Array.from(row), counts };
}

/** Gradient of the cross-entropy (labels and teacher) summed over a kind's rows; returns their number. */
function lossGradient(
  s: Session,
  counts: Float64Array,
  teacher: Float64Array,
  at: number,
  distill: number,
  p: Float64Array,
  q: Float64Array,
): number {
  const { value } = s.network.verdict;
  const n = p.length;
  softmax(s.values[value], 0, n, p);
  softmax(teacher, at, n, q);
  const gradient = s.gradients[value];
  let weight = 0;
  for (let c = 0; c < n; c++) weight += counts[c];
  for (let c = 0; c < n; c++) gradient[c] = weight * (p[c] - distill * q[c]) - (1 - distill) * counts[c];
  return weight;
}

/** Running means of all parameters: what is validated and kept, smoother than the last step. */
function followMeans(s: Session, means: readonly Float64Array[], decay: number): void {
  s.parameters.forEach(({ value }, i) => {
    const mean = means[i];
    for (let j = 0; j < mean.length; j++) mean[j] += (1 - decay) * (value[j] - mean[j]);
  });
}

/** Puts other values into the parameters, runs `work`, and puts the old ones back. */
function withValues<T>(s: Session, values: readonly Float64Array[], work: () => T): T {
  const own = snapshot(s);
  s.parameters.forEach(({ value }, i) => {
    value.set(values[i]);
  });
  const result = work();
  s.parameters.forEach(({ value }, i) => {
    value.set(own[i]);
  });
  return result;
}

function snapshot(s: Session): Float64Array[] {
  return s.parameters.map((p) => Float64Array.from(p.value));
}

/** Steps that the running means look back over: about 1 / (1 − decay). */
const MEAN_DECAY = 0.98;

export interface FineTuneResult {
  readonly network: TableNetwork;
  /** Validation macro-F1 before, and after each epoch. */
  readonly history: readonly number[];
  /** Epoch kept; 0: nothing better was found. */
  readonly best: number;
}

/**
 * Fine-tunes leaf values and thresholds of an argmax network. `teacher` holds the float logits of the training rows.
 * Networks that answer a score are returned as they are.
 */
export function fineTune(
  network: TableNetwork,
  train: LabelledRows,
  teacher: Float64Array,
  validation: LabelledRows,
  options: FineTuneOptions = {},
): FineTuneResult {
  if (network.verdict.kind !== 'argmax') return { network, history: [], best: 0 };
  const own = ownCopy(network);
  const s = openSession(own, train);
  const classes = own.values[own.verdict.value].size;
  const score = (): number =>
    macroF1(validation.label, evaluateNetwork(own, validation.values, validation.rows).classes, classes);
  const history = [score()];
  const [batch, epochs, rate] = [options.batch ?? 64, options.epochs ?? 8, options.rate ?? 5e-3];
  const next = random(options.seed ?? 1);
  const [p, q] = [new Float64Array(classes), new Float64Array(classes)];
  const width = own.values[0].size;
  const distinct = distinctRows(train, width, classes);
  const means = snapshot(s);
  let kept = { epoch: 0, score: history[0], values: snapshot(s) };
  let step = 0;
  for (let epoch = 1; epoch <= epochs && epoch - kept.epoch <= (options.patience ?? 8); epoch++) {
    options.progress?.('fine-tuning', epoch - 1, epochs);
    const order = shuffled(distinct.row.length, next);
    for (let from = 0; from < order.length; from += batch) {
      const to = Math.min(order.length, from + batch);
      let weight = 0;
      for (let i = from; i < to; i++) {
        const kind = order[i];
        const r = distinct.row[kind];
        forward(s, train.values, r * width);
        for (const g of s.gradients) g.fill(0);
        const counts = distinct.counts.subarray(kind * classes, (kind + 1) * classes);
        weight += lossGradient(s, counts, teacher, r * classes, options.distill ?? 0.5, p, q);
        backward(s);
      }
      step++;
      const now = rate * (1 - (epoch - 1) / epochs);
      stepThresholds(s, now, weight, step);
      for (const one of s.parameters) if (one.touched.size > 0) adamRows(one, now, weight, step);
      followMeans(s, means, MEAN_DECAY);
    }
    history.push(withValues(s, means, score));
    if (history[epoch] > kept.score)
      kept = { epoch, score: history[epoch], values: means.map((m) => Float64Array.from(m)) };
  }
  s.parameters.forEach((one, i) => {
    one.value.set(kept.values[i]);
  });
  return { network: own, history, best: kept.epoch };
}
