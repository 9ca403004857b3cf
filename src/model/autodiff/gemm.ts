/** Matrix products, the hot kernels of training: four rows of B at a time per row of C, so that C is loaded and stored once per four products. */
import type { Numbers } from './tape.ts';

/** C[m×n] += A[m×k] · B[k×n], all row-major. */
export function addProduct(c: Numbers, a: Numbers, b: Numbers, m: number, k: number, n: number): void {
  const blocked = k & ~3;
  for (let i = 0; i < m; i++) {
    const ci = i * n;
    const ai = i * k;
    for (let p = 0; p < blocked; p += 4) {
      const a0 = a[ai + p];
      const a1 = a[ai + p + 1];
      const a2 = a[ai + p + 2];
      const a3 = a[ai + p + 3];
      const b0 = p * n;
      const b1 = b0 + n;
      const b2 = b1 + n;
      const b3 = b2 + n;
      for (let j = 0; j < n; j++) {
        c[ci + j] += a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
      }
    }
    for (let p = blocked; p < k; p++) {
      const value = a[ai + p];
      const row = p * n;
      for (let j = 0; j < n; j++) c[ci + j] += value * b[row + j];
    }
  }
}

/** C[k×n] += Aᵀ · B with A[m×k], B[m×n]: the gradient of a weight matrix. */
export function addTransposedProduct(c: Numbers, a: Numbers, b: Numbers, m: number, k: number, n: number): void {
  const blocked = m & ~3;
  for (let i = 0; i < blocked; i += 4) {
    const r0 = i * n;
    const r1 = r0 + n;
    const r2 = r1 + n;
    const r3 = r2 + n;
    for (let p = 0; p < k; p++) {
      const a0 = a[i * k + p];
      const a1 = a[(i + 1) * k + p];
      const a2 = a[(i + 2) * k + p];
      const a3 = a[(i + 3) * k + p];
      const cp = p * n;
      for (let j = 0; j < n; j++) {
        c[cp + j] += a0 * b[r0 + j] + a1 * b[r1 + j] + a2 * b[r2 + j] + a3 * b[r3 + j];
      }
    }
  }
  for (let i = blocked; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const value = a[i * k + p];
      for (let j = 0; j < n; j++) c[p * n + j] += value * b[i * n + j];
    }
  }
}

/** B[n×k] = A[k×n]ᵀ. */
export function transpose(b: Numbers, a: Numbers, k: number, n: number): void {
  for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) b[j * k + p] = a[p * n + j];
}
