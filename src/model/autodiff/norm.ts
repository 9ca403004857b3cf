/** Batch normalisation over the rows, per column. */
import { gradient, type Numbers, record, result, type Tape, take, type Variable } from './tape.ts';

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

function batchMoments(tape: Tape, x: Variable, n: number): { mean: Numbers; variance: Numbers } {
  const rows = x.data.length / n;
  const mean = take(tape, n);
  const variance = take(tape, n);
  for (let i = 0; i < x.data.length; i += n) for (let j = 0; j < n; j++) mean[j] += x.data[i + j] / rows;
  for (let i = 0; i < x.data.length; i += n) {
    for (let j = 0; j < n; j++) variance[j] += (x.data[i + j] - mean[j]) ** 2 / rows;
  }
  return { mean, variance };
}

/** x normalised with the batch's own moments (training; the running ones follow) or with the running ones (evaluation). */
export function batchNorm(tape: Tape, x: Variable, state: BatchNormState, training: boolean): Variable {
  const n = state.mean.length;
  const rows = x.data.length / n;
  const { mean, variance } = training ? batchMoments(tape, x, n) : state;
  if (training) {
    const unbias = rows > 1 ? rows / (rows - 1) : 1;
    for (let j = 0; j < n; j++) {
      state.mean[j] += MOMENTUM * (mean[j] - state.mean[j]);
      state.variance[j] += MOMENTUM * (variance[j] * unbias - state.variance[j]);
    }
  }
  const inverse = take(tape, n);
  for (let j = 0; j < n; j++) inverse[j] = 1 / Math.sqrt(variance[j] + EPSILON);
  const normal = take(tape, x.data.length);
  const out = result(tape, x.shape, [x, state.scale, state.shift]);
  const { scale, shift } = state;
  for (let i = 0; i < x.data.length; i += n) {
    for (let j = 0; j < n; j++) {
      normal[i + j] = (x.data[i + j] - mean[j]) * inverse[j];
      out.data[i + j] = normal[i + j] * scale.data[j] + shift.data[j];
    }
  }
  return record(tape, out, (grad) => {
    const sumGrad = take(tape, n);
    const sumGradNormal = take(tape, n);
    for (let i = 0; i < grad.length; i += n) {
      for (let j = 0; j < n; j++) {
        sumGrad[j] += grad[i + j];
        sumGradNormal[j] += grad[i + j] * normal[i + j];
      }
    }
    const dScale = gradient(tape, scale);
    const dShift = gradient(tape, shift);
    for (let j = 0; j < n; j++) {
      dScale[j] += sumGradNormal[j];
      dShift[j] += sumGrad[j];
    }
    if (!x.tracked) return;
    const dx = gradient(tape, x);
    // With batch moments, mean and variance depend on x too; with running ones they are constants.
    const coupling = training ? 1 / rows : 0;
    for (let i = 0; i < grad.length; i += n) {
      for (let j = 0; j < n; j++) {
        const centred = grad[i + j] - coupling * (sumGrad[j] + normal[i + j] * sumGradNormal[j]);
        dx[i + j] += scale.data[j] * inverse[j] * centred;
      }
    }
  });
}
