/** Moving elements on the tape: reshape, column slices, concatenation, row gathering (embeddings). */
import { gradient, record, result, sizeOf, type Tape, type Variable, zeroResult } from './tape.ts';

/** The same elements under another shape; shares memory. */
export function reshape(tape: Tape, x: Variable, shape: readonly number[]): Variable {
  if (sizeOf(shape) !== x.data.length) throw new Error(`reshape of ${x.shape.join('×')} to ${shape.join('×')}`);
  const out: Variable = { shape, data: x.data, grad: undefined, tracked: x.tracked && tape.recording };
  return record(tape, out, (grad) => {
    tape.backend.kernels.accumulate(gradient(tape, x), grad, 1);
  });
}

/** x[…, start .. start + count). */
export function columns(tape: Tape, x: Variable, start: number, count: number): Variable {
  const width = x.shape.at(-1)!;
  if (start < 0 || start + count > width) throw new Error(`columns ${start}..${start + count} of ${width}`);
  const rows = x.data.length / width;
  const out = result(tape, [...x.shape.slice(0, -1), count], [x]);
  for (let i = 0; i < rows; i++) {
    const from = i * width + start;
    for (let j = 0; j < count; j++) out.data[i * count + j] = x.data[from + j];
  }
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < rows; i++) {
      const to = i * width + start;
      for (let j = 0; j < count; j++) dx[to + j] += grad[i * count + j];
    }
  });
}

/** Runs of `parts` consecutive rows added up: [rows·parts, width] → [rows, width]. */
export function sumRows(tape: Tape, x: Variable, parts: number): Variable {
  const width = x.shape.at(-1)!;
  const rows = x.data.length / width / parts;
  const out = zeroResult(tape, [rows, width], [x]);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let part = 0; part < parts; part++) for (let j = 0; j < width; j++) out.data[i * width + j] += x.data[at++];
  }
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0, at = 0; i < rows; i++) {
      for (let part = 0; part < parts; part++) for (let j = 0; j < width; j++) dx[at++] += grad[i * width + j];
    }
  });
}

/** Row r repeated as one row per run of `width` columns, each keeping that run alone: [rows, n] → [rows·⌈n/width⌉, n]. */
export function isolateColumns(tape: Tape, x: Variable, width: number): Variable {
  const n = x.shape.at(-1)!;
  const rows = x.data.length / n;
  const parts = Math.ceil(n / width);
  const out = zeroResult(tape, [rows * parts, n], [x]);
  const target = (row: number, j: number): number => (row * parts + Math.floor(j / width)) * n + j;
  for (let i = 0; i < rows; i++) for (let j = 0; j < n; j++) out.data[target(i, j)] = x.data[i * n + j];
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < rows; i++) for (let j = 0; j < n; j++) dx[i * n + j] += grad[target(i, j)];
  });
}

/** Side by side along the last dimension; all have the same number of rows. */
export function concat(tape: Tape, parts: readonly Variable[]): Variable {
  const widths = parts.map((part) => part.shape.at(-1)!);
  const width = widths.reduce((sum, w) => sum + w, 0);
  const rows = parts[0].data.length / widths[0];
  const out = result(tape, [...parts[0].shape.slice(0, -1), width], parts);
  const starts = widths.map((_, k) => widths.slice(0, k).reduce((sum, w) => sum + w, 0));
  parts.forEach((part, k) => {
    const w = widths[k];
    if (part.data.length !== rows * w) throw new Error('concat of parts with different numbers of rows');
    for (let i = 0; i < rows; i++) {
      const to = i * width + starts[k];
      for (let j = 0; j < w; j++) out.data[to + j] = part.data[i * w + j];
    }
  });
  return record(tape, out, (grad) => {
    parts.forEach((part, k) => {
      if (!part.tracked) return;
      const dx = gradient(tape, part);
      const w = widths[k];
      for (let i = 0; i < rows; i++) {
        const from = i * width + starts[k];
        for (let j = 0; j < w; j++) dx[i * w + j] += grad[from + j];
      }
    });
  });
}

/** Row `index[i]` of table[rows, dim] for every i: out[…index.shape, dim]. Indices are truncated and clamped to the table. */
export function gather(tape: Tape, table: Variable, index: Variable): Variable {
  const [rows, dim] = table.shape;
  const count = index.data.length;
  const at = new Int32Array(count);
  for (let i = 0; i < count; i++) at[i] = Math.max(0, Math.min(rows - 1, Math.trunc(index.data[i])));
  const out = result(tape, [...index.shape, dim], [table]);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) out.data[i * dim + j] = table.data[at[i] * dim + j];
  }
  return record(tape, out, (grad) => {
    const dt = gradient(tape, table);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < dim; j++) dt[at[i] * dim + j] += grad[i * dim + j];
    }
  });
}
