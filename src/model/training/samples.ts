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

/** Weights that make every class count alike, mean 1 over the classes present. */
export function balancedWeights(rows: FeatureRows, index: Int32Array): Float64Array {
  const counts = new Float64Array(rows.classes.length);
  for (const row of index) counts[rows.label[row]]++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? index.length / (present * count) : 0));
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
