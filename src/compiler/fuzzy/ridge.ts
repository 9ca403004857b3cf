/** Exact ridge solution for the leaf values of all tables in one sum: normal equations over leaf co-occurrence, by Cholesky. */
import type { RefitTable } from './refit.ts';

/** Beyond this many table rows together the exact solution costs more than sweeps. */
const MOST_COLUMNS = 1100;

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

/** Columns of a table in the design matrix: table row + offset; rows that stand for "not read" have none. */
interface Columns {
  readonly table: RefitTable;
  readonly offset: number;
  readonly count: number;
  readonly absent: number;
}

function columnsOf(tables: readonly RefitTable[], absent?: (table: RefitTable) => number): Columns[] {
  let offset = 0;
  return tables
    .filter((t) => !t.fixed)
    .map((table) => {
      const count = table.lut.length / table.outIndex.length;
      const made = { table, offset, count, absent: absent?.(table) ?? -1 };
      offset += count;
      return made;
    });
}

/** Same outputs for all tables: then one factorisation serves every element of the sum. */
function sameOutputs(columns: readonly Columns[], size: number): boolean {
  return columns.every(({ table }) => table.outIndex.length === size && table.outIndex.every((e, o) => e === o));
}

/**
 * Changes the tables in place to the ridge solution: least Σ residual² + pull · Σ change². `residual` is what the current values
 * leave over (rows × size). Returns false, changing nothing, when the problem is too large or tables have different outputs.
 */
export function solveRidge(
  tables: readonly RefitTable[],
  residual: Float64Array,
  size: number,
  pull: number,
  absent?: (table: RefitTable) => number,
): boolean {
  const columns = columnsOf(tables, absent);
  const n = columns.reduce((sum, c) => sum + c.count, 0);
  if (n === 0 || n > MOST_COLUMNS || !sameOutputs(columns, size)) return false;
  const a = new Float64Array(n * n);
  const b = new Float64Array(n * size);
  const rows = residual.length / size;
  for (const c of columns) {
    for (const d of columns) if (d.offset <= c.offset) coOccur(a, n, c, d, rows);
    project(b, size, c, residual);
  }
  for (let i = 0; i < n; i++) a[i * n + i] += pull;
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

function coOccur(a: Float64Array, n: number, c: Columns, d: Columns, rows: number): void {
  const [x, y] = [c.table.index, d.table.index];
  for (let r = 0; r < rows; r++) {
    if (x[r] !== c.absent && y[r] !== d.absent) a[(c.offset + x[r]) * n + d.offset + y[r]]++;
  }
}

function project(b: Float64Array, size: number, c: Columns, residual: Float64Array): void {
  const { index } = c.table;
  for (let r = 0; r < index.length; r++) {
    if (index[r] === c.absent) continue;
    const at = (c.offset + index[r]) * size;
    for (let o = 0; o < size; o++) b[at + o] += residual[r * size + o];
  }
}
