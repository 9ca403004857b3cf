/**
 * Ridge refit of all leaf values that add into one value, given the leaves that rows really reach: least squares against the
 * float activations, pulled towards the values the float model gave. Small problems are solved exactly (normal equations of the
 * leaves' co-occurrence), large ones by sweeps over the tables: memory stays linear in rows and tables of any size take part.
 */
import { solveRidge } from './ridge.ts';
import { applyRows, type SumTable } from './sum.ts';

export interface RefitOptions {
  /** Strength of the pull towards the starting values, in rows (default 4). */
  readonly pull?: number;
  /** Default 12. */
  readonly sweeps?: number;
  /** Row of a table that stands for "not read": stays zero. */
  readonly absent?: (table: SumTable) => number;
}

/**
 * Refits in place and returns the sums under the new values (rows × size).
 * `target` is rows × size, without constant parts.
 */
export function refitSum(
  tables: readonly SumTable[],
  target: Float64Array,
  size: number,
  options: RefitOptions = {},
): Float64Array {
  const residual = Float64Array.from(target);
  for (const table of tables) applyRows(table, residual, size, -1);
  const start = tables.map((t) => Float64Array.from(t.lut));
  const pull = options.pull ?? 4;
  if (solveRidge(tables, residual, size, pull, options.absent)) {
    const sums = new Float64Array(target.length);
    for (const table of tables) applyRows(table, sums, size, 1);
    return sums;
  }
  for (let sweep = 0; sweep < (options.sweeps ?? 12); sweep++)
    tables.forEach((table, t) => {
      if (!table.fixed) refitTable(table, start[t], residual, size, pull, options.absent?.(table) ?? -1);
    });
  const sums = new Float64Array(target.length);
  for (let i = 0; i < sums.length; i++) sums[i] = target[i] - residual[i];
  return sums;
}

function refitTable(
  table: SumTable,
  start: Float64Array,
  residual: Float64Array,
  size: number,
  pull: number,
  absent: number,
): void {
  const { index, outIndex, lut } = table;
  const n = outIndex.length;
  const step = new Float64Array(lut.length);
  const count = new Float64Array(lut.length / n);
  for (let r = 0; r < index.length; r++) {
    const at = index[r] * n;
    count[index[r]]++;
    for (let o = 0; o < n; o++) step[at + o] += residual[r * size + outIndex[o]];
  }
  for (let leaf = 0; leaf < count.length; leaf++) {
    if (count[leaf] === 0 || leaf === absent) {
      step.fill(0, leaf * n, (leaf + 1) * n);
      continue;
    }
    for (let o = 0; o < n; o++) {
      const i = leaf * n + o;
      // Minimises Σ (residual − δ)² + pull · (lut + δ − start)².
      step[i] = (step[i] + pull * (start[i] - lut[i])) / (count[leaf] + pull);
      lut[i] += step[i];
    }
  }
  for (let r = 0; r < index.length; r++) {
    const at = index[r] * n;
    for (let o = 0; o < n; o++) residual[r * size + outIndex[o]] -= step[at + o];
  }
}
