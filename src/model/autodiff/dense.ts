/** Linear algebra on the tape: products, bias, sums and differences. */
import { addProduct, addTransposedProduct, transpose } from './gemm.ts';
import { gradient, type Numbers, record, result, sizeOf, type Tape, take, type Variable } from './tape.ts';

/** A[…, k] · B[k, n]; every dimension of A before the last counts as rows. */
export function matmul(tape: Tape, a: Variable, b: Variable): Variable {
  const [k, n] = b.shape;
  const lead = a.shape.slice(0, -1);
  if (a.shape.at(-1) !== k) throw new Error(`matmul of ${a.shape.join('×')} and ${b.shape.join('×')}`);
  const m = sizeOf(lead);
  const out = result(tape, [...lead, n], [a, b]);
  addProduct(out.data, a.data, b.data, m, k, n);
  return record(tape, out, (grad) => {
    if (b.tracked) addTransposedProduct(gradient(tape, b), a.data, grad, m, k, n);
    if (!a.tracked) return;
    const flipped = take(tape, k * n);
    transpose(flipped, b.data, k, n);
    addProduct(gradient(tape, a), grad, flipped, m, n, k);
  });
}

function addColumnSums(into: Numbers, grad: Numbers, n: number): void {
  for (let i = 0; i < grad.length; i += n) for (let j = 0; j < n; j++) into[j] += grad[i + j];
}

function accumulate(into: Numbers, from: Numbers, factor: number): void {
  for (let i = 0; i < from.length; i++) into[i] += factor * from[i];
}

/** x[…, n] + bias[n]. */
export function addBias(tape: Tape, x: Variable, bias: Variable): Variable {
  const n = bias.data.length;
  const out = result(tape, x.shape, [x, bias]);
  for (let i = 0; i < x.data.length; i += n) for (let j = 0; j < n; j++) out.data[i + j] = x.data[i + j] + bias.data[j];
  return record(tape, out, (grad) => {
    if (bias.tracked) addColumnSums(gradient(tape, bias), grad, n);
    if (x.tracked) accumulate(gradient(tape, x), grad, 1);
  });
}

/** a + factor · b, same shapes. */
export function addScaled(tape: Tape, a: Variable, b: Variable, factor = 1): Variable {
  if (a.data.length !== b.data.length) throw new Error(`sum of ${a.shape.join('×')} and ${b.shape.join('×')}`);
  const out = result(tape, a.shape, [a, b]);
  for (let i = 0; i < a.data.length; i++) out.data[i] = a.data[i] + factor * b.data[i];
  return record(tape, out, (grad) => {
    if (a.tracked) accumulate(gradient(tape, a), grad, 1);
    if (b.tracked) accumulate(gradient(tape, b), grad, factor);
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
