/** Batch normalisation over the rows, per column. */
import type { Numbers } from './kernels.ts';
import { gradient, record, result, type Tape, take, type Variable } from './tape.ts';

/** Running statistics move by this much per batch; the epsilon is ONNX's and PyTorch's default. */
const MOMENTUM = 0.1;
export const EPSILON = 1e-5;

export interface BatchNormState {
  readonly scale: Variable;
  readonly shift: Variable;
  /** Running mean and (unbiased) variance, updated in training. */
  readonly mean: Numbers;
  readonly variance: Numbers;
}

/** Mean per column, and x − mean; the batch's own or the running mean. */
function centre(tape: Tape, x: Numbers, mean: Numbers): Numbers {
  const centred = take(tape, x.length);
  const ones = take(tape, mean.length).fill(1);
  const minus = take(tape, mean.length);
  for (let j = 0; j < mean.length; j++) minus[j] = -mean[j];
  tape.backend.kernels.scaleColumns(centred, x, ones, minus);
  return centred;
}

function divide(x: Numbers, by: number): Numbers {
  for (let j = 0; j < x.length; j++) x[j] /= by;
  return x;
}

/** Batch moments, and the running ones moved towards them. */
function batchMoments(tape: Tape, x: Numbers, state: BatchNormState): { centred: Numbers; variance: Numbers } {
  const n = state.mean.length;
  const rows = x.length / n;
  const { kernels } = tape.backend;
  const mean = take(tape, n);
  kernels.addColumnSums(mean, x);
  const centred = centre(tape, x, divide(mean, rows));
  const variance = take(tape, n);
  kernels.addColumnDots(variance, centred, centred);
  divide(variance, rows);
  const unbias = rows > 1 ? rows / (rows - 1) : 1;
  for (let j = 0; j < n; j++) {
    state.mean[j] += MOMENTUM * (mean[j] - state.mean[j]);
    state.variance[j] += MOMENTUM * (variance[j] * unbias - state.variance[j]);
  }
  return { centred, variance };
}

/** The backward step: gradients of scale and shift, and of x through the moments when they are the batch's own. */
function normSlope(
  tape: Tape,
  x: Variable,
  state: BatchNormState,
  normal: Numbers,
  inverse: Numbers,
  coupling: number,
) {
  const n = inverse.length;
  const { kernels } = tape.backend;
  return (grad: Numbers): void => {
    const sums = take(tape, n);
    const dots = take(tape, n);
    kernels.addColumnSums(sums, grad);
    kernels.addColumnDots(dots, grad, normal);
    kernels.accumulate(gradient(tape, state.shift), sums, 1);
    kernels.accumulate(gradient(tape, state.scale), dots, 1);
    if (!x.tracked) return;
    const a = take(tape, n);
    for (let j = 0; j < n; j++) {
      a[j] = state.scale.data[j] * inverse[j];
      dots[j] *= -coupling * a[j];
      sums[j] *= -coupling * a[j];
    }
    kernels.addBatchNormSlope(gradient(tape, x), grad, normal, a, dots, sums);
  };
}

/** x normalised with the batch's own moments (training; the running ones follow) or with the running ones (evaluation). */
export function batchNorm(tape: Tape, x: Variable, state: BatchNormState, training: boolean): Variable {
  const n = state.mean.length;
  const { kernels } = tape.backend;
  const { centred, variance } = training
    ? batchMoments(tape, x.data, state)
    : { centred: centre(tape, x.data, state.mean), variance: state.variance };
  const inverse = take(tape, n);
  for (let j = 0; j < n; j++) inverse[j] = 1 / Math.sqrt(variance[j] + EPSILON);
  const normal = take(tape, x.data.length);
  kernels.scaleColumns(normal, centred, inverse, take(tape, n));
  const out = result(tape, x.shape, [x, state.scale, state.shift]);
  kernels.scaleColumns(out.data, normal, state.scale.data, state.shift.data);
  // With batch moments, mean and variance depend on x too; with running ones they are constants.
  return record(tape, out, normSlope(tape, x, state, normal, inverse, training ? n / x.data.length : 0));
}
