/** Exact ridge solution for the leaf values of all tables in one sum: normal equations over leaf co-occurrence, by Cholesky. */
import { columnsOf, coOccurrence, project, type SumTable, sameOutputs } from './sum.ts';

/** Beyond this many table rows together the exact solution costs more than sweeps. */
export const MOST_COLUMNS = 1100;

/** In-place Cholesky factor L (lower triangle) of a symmetric positive definite n × n matrix. */
export function cholesky(a: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) {
      const f = a[j * n + k];
      if (f === 0) continue;
      for (let i = j; i < n; i++) a[i * n + j] -= a[i * n + k] * f;
    }
    const d = Math.sqrt(a[j * n + j]);
    for (let i = j; i < n; i++) a[i * n + j] /= d;
  }
}

/** Solves L Lᵀ X = B in place for a matrix B of n × m. */
export function solveFactored(l: Float64Array, n: number, b: Float64Array, m: number): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) {
      const f = l[i * n + k];
      if (f !== 0) for (let c = 0; c < m; c++) b[i * m + c] -= f * b[k * m + c];
    }
    for (let c = 0; c < m; c++) b[i * m + c] /= l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) {
      const f = l[k * n + i];
      if (f !== 0) for (let c = 0; c < m; c++) b[i * m + c] -= f * b[k * m + c];
    }
    for (let c = 0; c < m; c++) b[i * m + c] /= l[i * n + i];
  }
}

/**
 * Changes the tables in place to the ridge solution: least Σ residual² + pull · Σ change². `residual` is what the current values
 * leave over (rows × size). Returns false, changing nothing, when the problem is too large or tables have different outputs.
 */
export function solveRidge(
  tables: readonly SumTable[],
  residual: Float64Array,
  size: number,
  pull: number,
  absent?: (table: SumTable) => number,
): boolean {
  const { columns, count: n } = columnsOf(tables, absent);
  if (n === 0 || n > MOST_COLUMNS || !sameOutputs(columns, size)) return false;
  const a = coOccurrence(columns, n, pull);
  const b = new Float64Array(n * size);
  for (const c of columns) project(b, size, c, residual);
  cholesky(a, n);
  solveFactored(a, n, b, size);
  for (const { table, offset, count, absent: spare } of columns) {
    for (let leaf = 0; leaf < count; leaf++) {
      if (leaf === spare) continue;
      for (let o = 0; o < size; o++) table.lut[leaf * size + o] += b[(offset + leaf) * size + o];
    }
  }
  return true;
}
