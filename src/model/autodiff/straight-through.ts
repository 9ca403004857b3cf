/** Straight-through estimators for tables (Pegasus §4.4): exact decisions forward, smooth slopes backward. */
import { softmaxRows } from './loss.ts';
import { gradient, record, result, type Tape, take, type Variable, zeroResult } from './tape.ts';

/** +1 where x > 0, else −1 (equality goes left in a tree: −1); backward as tanh(x). */
export function signStraightThrough(tape: Tape, x: Variable): Variable {
  const out = result(tape, x.shape, [x]);
  for (let i = 0; i < x.data.length; i++) out.data[i] = x.data[i] > 0 ? 1 : -1;
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < grad.length; i++) {
      const t = Math.tanh(x.data[i]);
      dx[i] += grad[i] * (1 - t * t);
    }
  });
}

/** One-hot of the first maximum of each row; backward as softmax(x). */
export function argmaxStraightThrough(tape: Tape, x: Variable): Variable {
  const width = x.shape.at(-1)!;
  const out = zeroResult(tape, x.shape, [x]);
  for (let i = 0; i < x.data.length; i += width) {
    let best = 0;
    for (let j = 1; j < width; j++) if (x.data[i + j] > x.data[i + best]) best = j;
    out.data[i + best] = 1;
  }
  return record(tape, out, (grad) => {
    const p = take(tape, x.data.length);
    softmaxRows(p, x.data, width);
    const dx = gradient(tape, x);
    for (let i = 0; i < p.length; i += width) {
      let mean = 0;
      for (let j = 0; j < width; j++) mean += grad[i + j] * p[i + j];
      for (let j = 0; j < width; j++) dx[i + j] += p[i + j] * (grad[i + j] - mean);
    }
  });
}
