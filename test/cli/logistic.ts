/** "Elsewhere" of the round trip: multinomial logistic regression from exported CSV files alone, written as ONNX. */

import { readFileSync } from 'node:fs';
import { buildGraph } from '../../src/model/index.ts';

export interface Rows {
  /** rows × features. */
  readonly values: readonly Float64Array[];
  readonly label: readonly number[];
  readonly split: readonly string[];
}

/** Read `switch.csv` or `ideal.csv`: features, then class and split. */
export function readExported(path: string, classes: readonly string[]): Rows {
  const [, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const cells = lines.map((line) => line.split(','));
  return {
    values: cells.map((row) => Float64Array.from(row.slice(0, -2), Number)),
    label: cells.map((row) => classes.indexOf(row.at(-2) ?? '')),
    split: cells.map((row) => row.at(-1) ?? ''),
  };
}

export interface Linear {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** classes × (features + 1), the bias last. */
  readonly weights: readonly Float64Array[];
}

/** Scores of one row. */
export function scores({ mean, scale, weights }: Linear, row: Float64Array): number[] {
  return weights.map((w) =>
    row.reduce((sum, value, f) => sum + (w[f] ?? 0) * (value - (mean[f] ?? 0)) * (scale[f] ?? 0), w[row.length] ?? 0),
  );
}

export function argmax(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? 0) ? i : best), 0);
}

/** Gradient steps over the rows of the train split. */
export function trainLogistic(rows: Rows, classes: number, epochs: number): Linear {
  const train = rows.values.flatMap((values, i) =>
    rows.split[i] === 'train' ? [{ values, label: rows.label[i] ?? 0 }] : [],
  );
  const width = train[0]?.values.length ?? 0;
  const mean = new Float64Array(width).map(
    (_, f) => train.reduce((sum, { values }) => sum + (values[f] ?? 0), 0) / train.length,
  );
  const variance = mean.map(
    (m, f) => train.reduce((sum, { values }) => sum + ((values[f] ?? 0) - m) ** 2, 0) / train.length,
  );
  const scale = variance.map((v) => (v === 0 ? 0 : 1 / Math.sqrt(v)));
  const model: Linear = { mean, scale, weights: Array.from({ length: classes }, () => new Float64Array(width + 1)) };
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const [i, { values, label }] of train.entries())
      step(model, values, label, 0.02 / (1 + (epoch + i / train.length)));
  return model;
}

/** One step of stochastic gradient descent on the cross entropy. */
function step(model: Linear, values: Float64Array, label: number, rate: number): void {
  const logits = scores(model, values);
  const most = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - most));
  const sum = odds.reduce((a, b) => a + b);
  model.weights.forEach((w, c) => {
    const error = rate * ((odds[c] ?? 0) / sum - (c === label ? 1 : 0));
    values.forEach((value, f) => {
      w[f] = (w[f] ?? 0) - error * (value - (model.mean[f] ?? 0)) * (model.scale[f] ?? 0);
    });
    w[values.length] = (w[values.length] ?? 0) - error;
  });
}

/** The model as ONNX: standardisation, one product, one sum. */
export function linearOnnx({ mean, scale, weights }: Linear, metadata: Record<string, string>): Uint8Array {
  const [width, classes] = [mean.length, weights.length];
  const graph = buildGraph({ metadata });
  const input = graph.input('features', ['rows', width]);
  const centred = graph.node('Sub', [input, graph.weights('mean', [width], mean)]);
  const scaled = graph.node('Mul', [centred, graph.weights('scale', [width], scale)]);
  const columns = Float64Array.from(
    { length: width * classes },
    (_, i) => weights[i % classes]?.[Math.floor(i / classes)] ?? 0,
  );
  const product = graph.node('MatMul', [scaled, graph.weights('weights', [width, classes], columns)]);
  const bias = Float64Array.from(weights, (w) => w[width] ?? 0);
  graph.output(graph.node('Add', [product, graph.weights('bias', [classes], bias)]), ['rows', classes]);
  return graph.bytes();
}
