/** Elementwise functions on the tape. */
import { gradient, record, result, type Tape, type Variable } from './tape.ts';

/** f(x) with the derivative given in terms of input and output. */
function map(
  tape: Tape,
  x: Variable,
  f: (value: number) => number,
  slope: (input: number, output: number) => number,
): Variable {
  const out = result(tape, x.shape, [x]);
  for (let i = 0; i < x.data.length; i++) out.data[i] = f(x.data[i]);
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < grad.length; i++) dx[i] += grad[i] * slope(x.data[i], out.data[i]);
  });
}

/** max(x, 0); the slope at 0 is 0. */
export function relu(tape: Tape, x: Variable): Variable {
  const { kernels } = tape.backend;
  const out = result(tape, x.shape, [x]);
  kernels.relu(out.data, x.data);
  return record(tape, out, (grad) => kernels.addReluSlope(gradient(tape, x), x.data, grad));
}

export function tanh(tape: Tape, x: Variable): Variable {
  return map(tape, x, Math.tanh, (_, y) => 1 - y * y);
}

export function sigmoid(tape: Tape, x: Variable): Variable {
  return map(
    tape,
    x,
    (value) => 1 / (1 + Math.exp(-value)),
    (_, y) => y * (1 - y),
  );
}

/** |x|; the slope at 0 is 0. */
export function absolute(tape: Tape, x: Variable): Variable {
  return map(tape, x, Math.abs, (value) => Math.sign(value));
}

/** Slope of `clip` beyond its bounds: what is stuck there can still be trained to come back. */
const STUCK_SLOPE = 0.1;

/** x between `low` and `high`. The slope beyond the bounds is not 0 but a tenth (a straight-through estimator). */
export function clip(tape: Tape, x: Variable, low: number, high: number): Variable {
  return map(
    tape,
    x,
    (value) => Math.min(high, Math.max(low, value)),
    (value) => (value < low || value > high ? STUCK_SLOPE : 1),
  );
}
