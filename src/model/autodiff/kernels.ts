/** The numeric kernels of training as an interface, and their plain TypeScript form for either precision. */
import { addProduct, addTransposedProduct, transpose } from './gemm.ts';

/** float32 for training, float64 for gradient checks; plain kernels compute in double between loads and stores. */
export type Numbers = Float32Array | Float64Array;

export interface Kernels {
  /** C[m×n] += A[m×k] · B[k×n]. */
  addProduct(c: Numbers, a: Numbers, b: Numbers, m: number, k: number, n: number): void;
  /** C[k×n] += A[m×k]ᵀ · B[m×n]. */
  addTransposedProduct(c: Numbers, a: Numbers, b: Numbers, m: number, k: number, n: number): void;
  /** B[n×k] = A[k×n]ᵀ. */
  transpose(b: Numbers, a: Numbers, k: number, n: number): void;
  /** out = max(x, 0). */
  relu(out: Numbers, x: Numbers): void;
  /** dx += grad where x > 0. */
  addReluSlope(dx: Numbers, x: Numbers, grad: Numbers): void;
  /** into += factor · from. */
  accumulate(into: Numbers, from: Numbers, factor: number): void;
  /** out[rows×n] = x · scale[n] + shift[n]. */
  scaleColumns(out: Numbers, x: Numbers, scale: Numbers, shift: Numbers): void;
  /** into[n] += the sum of x's rows. */
  addColumnSums(into: Numbers, x: Numbers): void;
  /** into[n] += the sum of x · y over rows. */
  addColumnDots(into: Numbers, x: Numbers, y: Numbers): void;
  /**
   * Per plane of `area` cells and per place, the first largest of the `cells` cells that index[place × cells ..] names (−1: none):
   * its value to out, its cell to winner.
   */
  maxPool(out: Numbers, winner: Numbers, x: Numbers, index: Numbers, area: number, cells: number): void;
  /** dx[rows×n] += grad · a[n] + normal · b[n] + c[n]. */
  addBatchNormSlope(dx: Numbers, grad: Numbers, normal: Numbers, a: Numbers, b: Numbers, c: Numbers): void;
  /** Moments by 0.9 and 0.999; data −= rate · first / (√second · bias + 1e-8). */
  adam(data: Numbers, grad: Numbers, first: Numbers, second: Numbers, rate: number, bias: number): void;
}

/** Run f(flat index, column) over rows of n columns. */
function eachCell(length: number, n: number, f: (at: number, column: number) => void): void {
  for (let i = 0; i < length; i += n) for (let j = 0; j < n; j++) f(i + j, j);
}

export const plainKernels: Kernels = {
  addProduct,
  addTransposedProduct,
  transpose,
  relu(out, x) {
    for (let i = 0; i < x.length; i++) out[i] = Math.max(x[i], 0);
  },
  addReluSlope(dx, x, grad) {
    for (let i = 0; i < x.length; i++) if (x[i] > 0) dx[i] += grad[i];
  },
  accumulate(into, from, factor) {
    for (let i = 0; i < from.length; i++) into[i] += factor * from[i];
  },
  scaleColumns(out, x, scale, shift) {
    eachCell(x.length, scale.length, (at, j) => {
      out[at] = x[at] * scale[j] + shift[j];
    });
  },
  addColumnSums(into, x) {
    eachCell(x.length, into.length, (at, j) => {
      into[j] += x[at];
    });
  },
  addColumnDots(into, x, y) {
    eachCell(x.length, into.length, (at, j) => {
      into[j] += x[at] * y[at];
    });
  },
  maxPool(out, winner, x, index, area, cells) {
    for (let start = 0, at = 0; start < x.length; start += area) {
      for (let first = 0; first < index.length; first += cells, at++) {
        let best = -1;
        for (let cell = first; cell < first + cells; cell++) {
          const place = index[cell];
          if (place >= 0 && (best < 0 || x[start + place] > x[start + best])) best = place;
        }
        winner[at] = best;
        out[at] = x[start + best];
      }
    }
  },
  addBatchNormSlope(dx, grad, normal, a, b, c) {
    eachCell(dx.length, a.length, (at, j) => {
      dx[at] += grad[at] * a[j] + normal[at] * b[j] + c[j];
    });
  },
  adam(data, grad, first, second, rate, bias) {
    for (let i = 0; i < data.length; i++) {
      first[i] = 0.9 * first[i] + 0.1 * grad[i];
      second[i] = 0.999 * second[i] + 0.001 * grad[i] * grad[i];
      data[i] -= (rate * first[i]) / (Math.sqrt(second[i]) * bias + 1e-8);
    }
  },
};
