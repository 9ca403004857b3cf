/** Losses: one number, averaged over the batch. */
import type { Numbers } from './kernels.ts';
import { gradient, record, result, type Tape, take, type Variable } from './tape.ts';

/** Row-wise softmax of scores with `width` columns into `out`. */
export function softmaxRows(out: Numbers, scores: Numbers, width: number): void {
  for (let i = 0; i < scores.length; i += width) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < width; j++) largest = Math.max(largest, scores[i + j]);
    let sum = 0;
    for (let j = 0; j < width; j++) {
      out[i + j] = Math.exp(scores[i + j] - largest);
      sum += out[i + j];
    }
    for (let j = 0; j < width; j++) out[i + j] /= sum;
  }
}

/** Cross-entropy of logits[rows, classes] against class indices. */
export function softmaxCrossEntropy(tape: Tape, logits: Variable, labels: ArrayLike<number>): Variable {
  const width = logits.shape.at(-1)!;
  const rows = logits.data.length / width;
  const p = take(tape, logits.data.length);
  softmaxRows(p, logits.data, width);
  const out = result(tape, [], [logits]);
  let loss = 0;
  for (let i = 0; i < rows; i++) loss -= Math.log(Math.max(p[i * width + labels[i]], 1e-30));
  out.data[0] = loss / rows;
  return record(tape, out, (grad) => {
    const dx = gradient(tape, logits);
    const factor = grad[0] / rows;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < width; j++) dx[i * width + j] += factor * (p[i * width + j] - (j === labels[i] ? 1 : 0));
    }
  });
}

/** Cross-entropy against probabilities (distillation from another model's softmax). */
export function softTargetCrossEntropy(tape: Tape, logits: Variable, targets: ArrayLike<number>): Variable {
  const width = logits.shape.at(-1)!;
  const rows = logits.data.length / width;
  const p = take(tape, logits.data.length);
  softmaxRows(p, logits.data, width);
  const out = result(tape, [], [logits]);
  let loss = 0;
  for (let i = 0; i < p.length; i++) if (targets[i] > 0) loss -= targets[i] * Math.log(Math.max(p[i], 1e-30));
  out.data[0] = loss / rows;
  return record(tape, out, (grad) => {
    const dx = gradient(tape, logits);
    for (let i = 0; i < p.length; i++) dx[i] += (grad[0] * (p[i] - targets[i])) / rows;
  });
}

/** Mean of f(x) over all elements, with its slope. */
function meanOf(tape: Tape, x: Variable, f: (v: number) => number, slope: (v: number) => number): Variable {
  const out = result(tape, [], [x]);
  let sum = 0;
  for (let i = 0; i < x.data.length; i++) sum += f(x.data[i]);
  out.data[0] = sum / x.data.length;
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < x.data.length; i++) dx[i] += (grad[0] * slope(x.data[i])) / x.data.length;
  });
}

/** Mean |x|; give it a difference for the L1 loss. */
export function meanAbsolute(tape: Tape, x: Variable): Variable {
  return meanOf(tape, x, Math.abs, Math.sign);
}

/** Mean x²; give it a difference for the squared error. */
export function meanSquare(tape: Tape, x: Variable): Variable {
  return meanOf(
    tape,
    x,
    (v) => v * v,
    (v) => 2 * v,
  );
}
