/** Which rows train and which validate, and in what order they are shown. */
import { fail } from '../../problem.ts';
import type { FeatureRows } from '../../traffic/index.ts';
import { type Numbers, type Random, shuffle } from '../autodiff/index.ts';
import type { ModelDefinition } from '../definitions/index.ts';

/** Split codes of FeatureRows (src/traffic/columns.ts). */
const TRAIN_ROWS = 0;
export const VALIDATION_ROWS = 1;

export interface Samples {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** Share of the training rows held back when the data name no validation rows (ALGORITHM §4.2: 10 %, stratified). */
const HELD_BACK = 0.1;

function rowsOf(rows: FeatureRows, split: number, wanted: (label: number) => boolean): Int32Array {
  const found: number[] = [];
  for (let i = 0; i < rows.count; i++) if (rows.split[i] === split && wanted(rows.label[i])) found.push(i);
  return Int32Array.from(found);
}

function holdBack(rows: FeatureRows, all: Int32Array, random: Random): Samples {
  const train: number[] = [];
  const validation: number[] = [];
  const order = all.slice();
  shuffle(order, random);
  for (let label = 0; label < rows.classes.length; label++) {
    const own = order.filter((row) => rows.label[row] === label);
    const held = Math.floor(own.length * HELD_BACK);
    validation.push(...own.subarray(0, held));
    train.push(...own.subarray(held));
  }
  return { train: Int32Array.from(train).sort(), validation: Int32Array.from(validation).sort() };
}

/**
 * Training and validation rows of a model: labelled ones, or for anomaly models those of the benign class.
 * Fails with MODEL-ROWS when the rows do not fit the model or none is left to train on.
 */
export function chooseSamples(definition: ModelDefinition, rows: FeatureRows, benign: number, random: Random): Samples {
  const wanted = definition.task === 'anomaly' ? (label: number) => label === benign : (label: number) => label >= 0;
  const train = rowsOf(rows, TRAIN_ROWS, wanted);
  if (train.length === 0) {
    fail({ code: 'MODEL-ROWS', message: 'no labelled rows to train on', hint: 'check the labels and the split' });
  }
  const validation = rowsOf(rows, VALIDATION_ROWS, wanted);
  return validation.length > 0 ? { train, validation } : holdBack(rows, train, random);
}

/** At most `limit` of the rows, drawn at random, in their order. */
export function drawn(index: Int32Array, limit: number, random: Random): Int32Array {
  if (index.length <= limit) return index;
  const order = index.slice();
  shuffle(order, random);
  return order.slice(0, limit).sort();
}

/** Copy rows `index[from..to)` into a dense batch. */
export function copyRows(
  into: Numbers,
  rows: FeatureRows,
  width: number,
  index: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const source = index[i] * width;
    const target = (i - from) * width;
    for (let j = 0; j < width; j++) into[target + j] = rows.values[source + j];
  }
}

/** Of fewer rows than FEW an epoch is so many passes: too few steps would lie between two looks at the validation rows. A rare class may be shown more often. */
const PASSES = 4;
const FEW = 20_000;

export interface Showing {
  /** Rows to show at most. */
  readonly limit: number;
  /** Classes are shown as their rows to the power of 1 − balance: 0 as often as they occur, 0.5 by their square roots, 1 all alike. */
  readonly balance: number;
}

/** Unless the definition says otherwise. Rare classes count in macro-F1 as much as common ones; showing all alike would make too much of their few rows. */
const BALANCE = 0.5;

/** What an epoch of that model shows. Fails with MODEL-OPTIONS for a balance that is none, or of a model that learns one class. */
export function showingOf(definition: ModelDefinition, limit: number, asked?: number): Showing {
  if (definition.task === 'anomaly') {
    if (asked === undefined) return { limit, balance: 0 };
    fail({
      code: 'MODEL-OPTIONS',
      message: `balance is between classes, and ${definition.id} learns one class`,
      hint: 'leave balance (--balance) out',
    });
  }
  const balance = asked ?? definition.training.balance ?? BALANCE;
  if (!(balance >= 0 && balance <= 1)) {
    fail({ code: 'MODEL-OPTIONS', message: 'balance must be between 0 and 1', have: String(balance) });
  }
  return { limit, balance };
}

/** Rows of `own`, shuffled pass after pass, into `shown[from..to)`. */
function fillShuffled(shown: Int32Array, from: number, to: number, own: Int32Array, random: Random): void {
  for (let at = from; at < to; at += own.length) {
    shuffle(own, random);
    shown.set(own.subarray(0, to - at), at);
  }
}

/** The rows of one epoch in the order they are shown: at most `limit`, each class by its share, no row again before its class was through. */
export function shownRows(
  rows: Pick<FeatureRows, 'classes' | 'label'>,
  train: Int32Array,
  { limit, balance }: Showing,
  random: Random,
): Int32Array {
  const shown = new Int32Array(Math.min(limit, train.length < FEW ? PASSES * train.length : train.length));
  if (balance === 0) {
    fillShuffled(shown, 0, shown.length, train.slice(), random);
    return shown;
  }
  const classes = rows.classes.map((_, label) => train.filter((row) => rows.label[row] === label));
  const weights = classes.map((own) => (own.length > 0 ? own.length ** (1 - balance) : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  let from = 0;
  classes.forEach((own, label) => {
    before += weights[label];
    const to = Math.round((shown.length * before) / total);
    if (own.length > 0) fillShuffled(shown, from, to, own, random);
    from = to;
  });
  shuffle(shown, random);
  return shown;
}

/** All values of one feature in the chosen rows, over all packets of their windows. */
export function columnValues(
  definition: ModelDefinition,
  rows: FeatureRows,
  index: Int32Array,
  feature: number,
): Float64Array {
  const { window, features } = definition;
  const values = new Float64Array(index.length * window);
  index.forEach((row, i) => {
    for (let packet = 0; packet < window; packet++) {
      values[i * window + packet] = rows.values[(row * window + packet) * features.length + feature];
    }
  });
  return values;
}
