/** Runs slices on batches of rows, a few hundred rows at a time so that the columns stay in the cache. */
import { embedRow } from './run-ir.ts';
import type { Argument, Instruction, LinearForm, Slice } from './slice-code.ts';

const CHUNK = 128;

type Columns = readonly Float64Array[];

function runLin(columns: Columns, out: Float64Array, form: LinearForm, rows: number): void {
  out.fill(form.bias, 0, rows);
  for (let t = 0; t < form.cols.length; t++) {
    const x = columns[form.cols[t]];
    const w = form.weights[t];
    for (let r = 0; r < rows; r++) out[r] += w * x[r];
  }
}

function reader(columns: Columns, a: Argument): (r: number) => number {
  if (a.column < 0) return () => a.value;
  const x = columns[a.column];
  return (r) => x[r];
}

function step(columns: Columns, i: Instruction, rows: number): void {
  const out = columns[i.out];
  switch (i.kind) {
    case 'lin':
      runLin(columns, out, i, rows);
      return;
    case 'fn': {
      const x = columns[i.a];
      for (let r = 0; r < rows; r++) out[r] = i.fn.f(x[r]);
      return;
    }
    case 'fn2': {
      const a = reader(columns, i.a);
      const b = reader(columns, i.b);
      for (let r = 0; r < rows; r++) out[r] = i.fn.f(a(r), b(r));
      return;
    }
    case 'embed': {
      const x = columns[i.a];
      for (let r = 0; r < rows; r++) out[r] = i.table[embedRow(i.rows, x[r]) * i.dim + i.at];
    }
  }
}

/** x: rows × inputs, row-major → rows × outputs. */
export function runSlice(slice: Slice, x: Float64Array, rows: number): Float64Array {
  const { inputs, outputs } = slice;
  const result = new Float64Array(rows * outputs.length);
  const columns = Array.from({ length: slice.columns }, () => new Float64Array(Math.min(CHUNK, rows)));
  const out = new Float64Array(Math.min(CHUNK, rows));
  for (let start = 0; start < rows; start += CHUNK) {
    const count = Math.min(CHUNK, rows - start);
    for (let c = 0; c < inputs; c++) {
      for (let r = 0; r < count; r++) columns[c][r] = x[(start + r) * inputs + c];
    }
    for (const instruction of slice.code) step(columns, instruction, count);
    outputs.forEach((form, o) => {
      runLin(columns, out, form, count);
      for (let r = 0; r < count; r++) result[(start + r) * outputs.length + o] = out[r];
    });
  }
  return result;
}

/** The weights (outputs × inputs) of a linear slice. */
export function linearPart(slice: Slice): Float64Array | undefined {
  if (!slice.linear) return undefined;
  const w = new Float64Array(slice.outputs.length * slice.inputs);
  slice.outputs.forEach((form, o) => {
    form.cols.forEach((column, t) => {
      w[o * slice.inputs + column] += form.weights[t];
    });
  });
  return w;
}

/** Weight and constant of a slice that is w · Σ |x| + constant over all its inputs, w > 0. */
export function absolutePart(slice: Slice): { readonly weight: number; readonly constant: number } | undefined {
  const [form] = slice.outputs;
  if (slice.outputs.length !== 1 || form.cols.length !== slice.inputs || slice.code.length !== slice.inputs)
    return undefined;
  const magnitude = new Map<number, number>();
  for (const i of slice.code)
    if (i.kind === 'fn' && i.fn.name === 'abs' && i.a < slice.inputs) magnitude.set(i.out, i.a);
  const read = new Set(Array.from(form.cols, (column) => magnitude.get(column)));
  const [weight] = form.weights;
  const same = form.weights.every((w) => w === weight);
  if (read.size !== slice.inputs || read.has(undefined) || !same || !(weight > 0)) return undefined;
  return { weight, constant: form.bias };
}
