/**
 * Fine-tuning: back-propagation through leaf values and thresholds of all Maps together (Pegasus §5, COMPILER.md): straight-through
 * decisions, Adam, cross-entropy plus distillation from the float logits, early stopping on the validation rows. Seeded.
 */
import { macroF1 } from '../../model/index.ts';
import type { Progress } from '../../problem.ts';
import { evaluateNetwork } from '../lower/evaluate.ts';
import type { TableNetwork } from '../lower/network.ts';
import { adamRows, forgetMoments } from './adam.ts';
import { distinctRows, generator, type LabelledRows, mixedRows, shuffled } from './rows.ts';
import { backward, forward, openSession, type Session } from './session.ts';
import { softmaxAt } from './softmax.ts';

export interface FineTuneOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Default 12; stops after `patience` (default 6) epochs without a better validation macro-F1. */
  readonly epochs?: number;
  readonly patience?: number;
  /** Default 5e-3, falling to 0; a fifth of it where that betters nothing. */
  readonly rate?: number;
  readonly batch?: number;
  /** Share of the loss that follows the float logits instead of the labels (default 0.5). */
  readonly distill?: number;
  /** Share of inputs exchanged in the mixed rows, on which the float model alone is followed (default 0.5); 0: no such rows. */
  readonly mix?: number;
  /** Weight of a mixed row next to a row of the data (default 0.5). */
  readonly mixWeight?: number;
  /** Thresholds that move: none, those on sums (default), or those on inputs too. */
  readonly thresholds?: 'none' | 'sums' | 'all';
  readonly progress?: Progress;
}

/** Logits of the float model: rows × classes. */
export type FloatModel = (values: Float64Array, rows: number) => Float64Array;

/** Threshold steps are relative to the widths of their decisions. */
function stepAll(s: Session, rate: number, weight: number, step: number): void {
  for (const one of s.parameters) {
    if (one.touched.size === 0) continue;
    const tau = s.widths.get(one);
    if (tau === undefined) {
      adamRows(one, rate, weight, step);
      continue;
    }
    const touched = [...one.touched];
    const before = touched.map((n) => one.value[n]);
    for (const n of touched) one.gradient[n] *= tau[n];
    adamRows(one, rate, weight, step);
    touched.forEach((n, i) => {
      one.value[n] = before[i] + (one.value[n] - before[i]) * tau[n];
    });
  }
}

/** What is walked: rows of inputs, their weight by class, and the teacher's logits. */
interface Walk {
  readonly values: Float64Array;
  readonly teacher: Float64Array;
  /** rows × classes: how often each class was seen with the row; none: the teacher alone is followed. */
  readonly counts: Float64Array;
  readonly rows: number;
}

/** Distinct rows of the data, then as many mixed ones. */
function walkOf(train: LabelledRows, float: FloatModel, width: number, classes: number, o: Settled): Walk {
  const distinct = distinctRows(train, width, classes);
  const kinds = distinct.row.length;
  const own = new Float64Array(kinds * width);
  distinct.row.forEach((r, i) => {
    own.set(train.values.subarray(r * width, (r + 1) * width), i * width);
  });
  if (o.mix === 0) return { values: own, teacher: float(own, kinds), counts: distinct.counts, rows: kinds };
  const values = new Float64Array(2 * own.length);
  values.set(own);
  values.set(mixedRows(own, kinds, width, o.mix, o.seed), own.length);
  const counts = new Float64Array(2 * kinds * classes);
  counts.set(distinct.counts);
  return { values, teacher: float(values, 2 * kinds), counts, rows: 2 * kinds };
}

/** Gradient of the cross-entropy (labels and teacher) summed over a kind's rows, into the session; returns their number. */
function lossGradient(s: Session, walk: Walk, row: number, p: Float64Array, q: Float64Array, o: Settled): number {
  const from = s.at[s.network.verdict.value];
  const n = p.length;
  softmaxAt(s.x, from, n, p);
  softmaxAt(walk.teacher, row * n, n, q);
  let seen = 0;
  for (let c = 0; c < n; c++) seen += walk.counts[row * n + c];
  const weight = seen > 0 ? seen : o.mixWeight;
  const distill = seen > 0 ? o.distill : 1;
  s.gradient.fill(0);
  for (let c = 0; c < n; c++)
    s.gradient[from + c] = weight * (p[c] - distill * q[c]) - (1 - distill) * walk.counts[row * n + c];
  return weight;
}

/** Running means of all parameters: what is validated and kept, smoother than the last step. */
function followMeans(s: Session, means: readonly Float64Array[], decay: number): void {
  s.parameters.forEach(({ value }, i) => {
    const mean = means[i];
    for (let j = 0; j < mean.length; j++) mean[j] += (1 - decay) * (value[j] - mean[j]);
  });
}

const snapshot = (s: Session): Float64Array[] => s.parameters.map((p) => Float64Array.from(p.value));

function restore(s: Session, values: readonly Float64Array[]): void {
  s.parameters.forEach(({ value }, i) => {
    value.set(values[i]);
  });
}

/** Steps that the running means look back over: about 1 / (1 − decay). */
const MEAN_DECAY = 0.98;

type Settled = Required<Omit<FineTuneOptions, 'progress'>>;

function settle(options: FineTuneOptions): Settled {
  return {
    seed: options.seed ?? 1,
    epochs: options.epochs ?? 12,
    patience: options.patience ?? 6,
    rate: options.rate ?? 5e-3,
    batch: options.batch ?? 64,
    distill: options.distill ?? 0.5,
    mix: options.mix ?? 0.5,
    mixWeight: options.mixWeight ?? 0.5,
    thresholds: options.thresholds ?? 'sums',
  };
}

export interface FineTuneResult {
  readonly network: TableNetwork;
  /** Validation macro-F1 before, and after each epoch, of both attempts where there were two. */
  readonly history: readonly number[];
  /** Epoch kept; 0: nothing better was found. */
  readonly best: number;
}

/** One pass over the rows in a new order; returns the number of steps taken. */
function runEpoch(s: Session, walk: Walk, o: Settled, rate: number, step: number, after: () => void): number {
  const classes = walk.teacher.length / walk.rows;
  const [p, q] = [new Float64Array(classes), new Float64Array(classes)];
  const width = s.network.values[0].size;
  const order = shuffled(walk.rows, generator(o.seed * 65_537 + step));
  let steps = 0;
  for (let from = 0; from < order.length; from += o.batch) {
    const to = Math.min(order.length, from + o.batch);
    let weight = 0;
    for (let i = from; i < to; i++) {
      forward(s, walk.values, order[i] * width);
      weight += lossGradient(s, walk, order[i], p, q, o);
      backward(s);
    }
    steps++;
    stepAll(s, rate, weight, step + steps);
    after();
  }
  return steps;
}

/** Where no epoch at the rate asked for is better than the start, this part of it is tried. */
const GENTLER = 1 / 5;

/** What an attempt starts from and is judged by. */
interface Attempt {
  readonly s: Session;
  readonly walk: Walk;
  readonly score: () => number;
  readonly progress?: Progress;
}

/** The best state so far. */
interface Kept {
  readonly epoch: number;
  readonly score: number;
  readonly values: readonly Float64Array[];
}

/** All epochs at one rate, from the start; the session is left at the best of them. `history`: the score after each. */
function attempt(
  { s, walk, score, progress }: Attempt,
  o: Settled,
  start: number,
): { best: number; history: number[] } {
  const means = snapshot(s);
  let kept: Kept = { epoch: 0, score: start, values: snapshot(s) };
  const history: number[] = [];
  let step = 0;
  for (let epoch = 1; epoch <= o.epochs && epoch - kept.epoch <= o.patience; epoch++) {
    progress?.('fine-tuning', epoch - 1, o.epochs);
    const rate = o.rate * (1 - (epoch - 1) / o.epochs);
    step += runEpoch(s, walk, o, rate, step, () => followMeans(s, means, MEAN_DECAY));
    const live = snapshot(s);
    restore(s, means);
    const reached = score();
    history.push(reached);
    if (reached > kept.score) kept = { epoch, score: reached, values: snapshot(s) };
    restore(s, live);
  }
  restore(s, kept.values);
  return { best: kept.epoch, history };
}

/**
 * Fine-tunes leaf values and thresholds of an argmax network towards labels and float model; when no epoch betters it on the validation
 * rows, again from the start with a fifth of the rate. Networks that answer a score are returned as they are, and so is one that no epoch
 * betters at either rate.
 */
export function fineTune(
  network: TableNetwork,
  train: LabelledRows,
  float: FloatModel,
  validation: LabelledRows,
  options: FineTuneOptions = {},
): FineTuneResult {
  if (network.verdict.kind !== 'argmax') return { network, history: [], best: 0 };
  const o = settle(options);
  const s = openSession(network, train, o.thresholds);
  const width = s.network.values[0].size;
  const classes = s.network.values[s.network.verdict.value].size;
  const walk = walkOf(train, float, width, classes, o);
  const score = (): number =>
    macroF1(validation.label, evaluateNetwork(s.network, validation.values, validation.rows).classes, classes);
  const start = score();
  const { progress } = options;
  const one: Attempt = { s, walk, score, ...(progress === undefined ? {} : { progress }) };
  const first = attempt(one, o, start);
  const history = [start, ...first.history];
  if (first.best > 0) return { network: s.network, history, best: first.best };
  s.parameters.forEach(forgetMoments);
  const second = attempt(one, { ...o, rate: o.rate * GENTLER }, start);
  const best = second.best === 0 ? 0 : first.history.length + second.best;
  return { network: s.network, history: [...history, ...second.history], best };
}
