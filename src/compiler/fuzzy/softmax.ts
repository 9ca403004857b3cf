/**
 * Softmax-regression refit of the last layer: the leaf values that add into the logits as the coefficients of a multinomial logistic
 * regression on the leaves that rows reach. Targets mix labels with the float model's probabilities; a quadratic pull holds the
 * coefficients near their start. The softmax's curvature is bounded by one half (Böhning 1992), so one factorisation of the leaves'
 * co-occurrence serves every step, no step size is needed, and the loss never rises.
 */
import { cholesky, MOST_COLUMNS, solveFactored } from './ridge.ts';
import { applyRows, type Columns, columnsOf, coOccurrence, project, type SumTable, sameOutputs } from './sum.ts';

export interface SoftmaxOptions {
  /** Class of each row, −1 unknown (then the teacher alone is followed); absent: all unknown. */
  readonly label?: ArrayLike<number>;
  /** Share of the target that is the float model's probabilities (default 0.5). */
  readonly distill?: number;
  /** Strength of the pull towards the starting values, in rows (default 16). */
  readonly pull?: number;
  /** Default 40. */
  readonly steps?: number;
}

/** Probabilities of `n` logits at `from`, written to `out` at `at`. */
export function softmaxAt(logits: ArrayLike<number>, from: number, n: number, out: Float64Array, at = 0): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < n; c++) most = Math.max(most, logits[from + c]);
  let sum = 0;
  for (let c = 0; c < n; c++) {
    out[at + c] = Math.exp(logits[from + c] - most);
    sum += out[at + c];
  }
  for (let c = 0; c < n; c++) out[at + c] /= sum;
}

/** Target probabilities, rows × classes. */
function targets(teacher: Float64Array, classes: number, { label, distill = 0.5 }: SoftmaxOptions): Float64Array {
  const out = new Float64Array(teacher.length);
  for (let r = 0; r * classes < teacher.length; r++) {
    softmaxAt(teacher, r * classes, classes, out, r * classes);
    const known = label?.[r] ?? -1;
    if (known < 0) continue;
    for (let c = 0; c < classes; c++) out[r * classes + c] *= distill;
    out[r * classes + known] += 1 - distill;
  }
  return out;
}

/** Target minus probability of every row under the tables' present values, rows × classes. */
function residuals(
  tables: readonly SumTable[],
  base: Float64Array,
  target: Float64Array,
  classes: number,
): Float64Array {
  const out = Float64Array.from(base);
  for (const table of tables) applyRows(table, out, classes, 1);
  const p = new Float64Array(classes);
  for (let at = 0; at < out.length; at += classes) {
    softmaxAt(out, at, classes, p);
    for (let c = 0; c < classes; c++) out[at + c] = target[at + c] - p[c];
  }
  return out;
}

/** Gradient of minus the penalised loss by every coefficient (columns × classes). */
function ascent(
  columns: readonly Columns[],
  n: number,
  classes: number,
  residual: Float64Array,
  start: readonly Float64Array[],
  pull: number,
): Float64Array {
  const gradient = new Float64Array(n * classes);
  columns.forEach((column, t) => {
    project(gradient, classes, column, residual);
    const { lut } = column.table;
    const at = column.offset * classes;
    for (let i = 0; i < lut.length; i++) gradient[at + i] -= pull * (lut[i] - start[t][i]);
  });
  return gradient;
}

/**
 * Refits in place. `base` holds what the sum has without the tables and `teacher` the float logits, both rows × classes. Returns false,
 * changing nothing, when the problem is too large to be factorised or the tables add into different elements.
 */
export function softmaxRefit(
  tables: readonly SumTable[],
  base: Float64Array,
  teacher: Float64Array,
  classes: number,
  options: SoftmaxOptions & { readonly absent?: (table: SumTable) => number } = {},
): boolean {
  const { columns, count: n } = columnsOf(tables, options.absent);
  if (n === 0 || n > MOST_COLUMNS || !sameOutputs(columns, classes)) return false;
  const pull = options.pull ?? 16;
  const factor = coOccurrence(columns, n, 2 * pull);
  for (let i = 0; i < factor.length; i++) factor[i] /= 2;
  cholesky(factor, n);
  const start = columns.map(({ table }) => Float64Array.from(table.lut));
  const target = targets(teacher, classes, options);
  for (let step = 0; step < (options.steps ?? 40); step++) {
    const change = ascent(columns, n, classes, residuals(tables, base, target, classes), start, pull);
    solveFactored(factor, n, change, classes);
    for (const { table, offset, absent } of columns) {
      const at = offset * classes;
      for (let i = 0; i < table.lut.length; i++) if (Math.floor(i / classes) !== absent) table.lut[i] += change[at + i];
    }
  }
  return true;
}
