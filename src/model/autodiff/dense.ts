/** Linear algebra on the tape: products, bias, sums and differences. */
import { gradient, record, result, sizeOf, type Tape, take, type Variable, zeroResult } from './tape.ts';

/** A[…, k] · B[k, n]; every dimension of A before the last counts as rows. */
export function matmul(tape: Tape, a: Variable, b: Variable): Variable {
  const [k, n] = b.shape;
  const lead = a.shape.slice(0, -1);
  if (a.shape.at(-1) !== k) throw new Error(`matmul of ${a.shape.join('×')} and ${b.shape.join('×')}`);
  const m = sizeOf(lead);
  const out = zeroResult(tape, [...lead, n], [a, b]);
  const { kernels } = tape.backend;
  kernels.addProduct(out.data, a.data, b.data, m, k, n);
  return record(tape, out, (grad) => {
    if (b.tracked) kernels.addTransposedProduct(gradient(tape, b), a.data, grad, m, k, n);
    if (!a.tracked) return;
    const flipped = take(tape, k * n);
    kernels.transpose(flipped, b.data, k, n);
    kernels.addProduct(gradient(tape, a), grad, flipped, m, n, k);
  });
}

/** x[…, n] + bias[n]. */
export function addBias(tape: Tape, x: Variable, bias: Variable): Variable {
  const { kernels } = tape.backend;
  const out = result(tape, x.shape, [x, bias]);
  kernels.scaleColumns(out.data, x.data, take(tape, bias.data.length).fill(1), bias.data);
  return record(tape, out, (grad) => {
    if (bias.tracked) kernels.addColumnSums(gradient(tape, bias), grad);
    if (x.tracked) kernels.accumulate(gradient(tape, x), grad, 1);
  });
}

/** a + factor · b, same shapes. */
export function addScaled(tape: Tape, a: Variable, b: Variable, factor = 1): Variable {
  if (a.data.length !== b.data.length) throw new Error(`sum of ${a.shape.join('×')} and ${b.shape.join('×')}`);
  const { kernels } = tape.backend;
  const out = result(tape, a.shape, [a, b]);
  out.data.set(a.data);
  kernels.accumulate(out.data, b.data, factor);
  return record(tape, out, (grad) => {
    if (a.tracked) kernels.accumulate(gradient(tape, a), grad, 1);
    if (b.tracked) kernels.accumulate(gradient(tape, b), grad, factor);
  });
}

/** a · b element by element, same shapes. */
export function multiply(tape: Tape, a: Variable, b: Variable): Variable {
  if (a.data.length !== b.data.length) throw new Error(`product of ${a.shape.join('×')} and ${b.shape.join('×')}`);
  const out = result(tape, a.shape, [a, b]);
  for (let i = 0; i < a.data.length; i++) out.data[i] = a.data[i] * b.data[i];
  return record(tape, out, (grad) => {
    const da = a.tracked ? gradient(tape, a) : undefined;
    const db = b.tracked ? gradient(tape, b) : undefined;
    if (da) for (let i = 0; i < grad.length; i++) da[i] += grad[i] * b.data[i];
    if (db) for (let i = 0; i < grad.length; i++) db[i] += grad[i] * a.data[i];
  });
}
