/**
 * Which Maps are tables with a row per value of their one input: those that see it through embeddings alone, each indexed by the input
 * itself. An index that is computed (a length divided by 8) has other rows than the input has values.
 */
import type { ScalarFn, ScalarFn2 } from './ir.ts';
import type { Instruction, Slice } from './slice-code.ts';

/** Functions that whole numbers pass unchanged, up to a bound at most. What a function of one of these names does is then checked. */
const KEEPING = new Set(['trunc', 'floor', 'ceil', 'round', 'relu', 'abs', 'clip', 'min', 'max']);

/** Bounds beyond this are as good as none: no table has more rows. */
const FARTHEST = 1 << 16;

/** The c for which f(x) is min(x, c) on 0, 1, 2, …: infinite if f changes none of them, undefined for other functions. */
function boundOf(name: ScalarFn['name'], f: ScalarFn['f']): number | undefined {
  if (!KEEPING.has(name)) return undefined;
  let x = 0;
  while (x < FARTHEST && f(x) === x) x++;
  if (x === FARTHEST) return Number.POSITIVE_INFINITY;
  const c = x - 1;
  return c >= 0 && f(x) === c && f(FARTHEST) === c ? c : undefined;
}

/** A function of two as one of its only argument that varies; undefined if both do. */
function withConstant(fn: ScalarFn2, i: Instruction & { readonly kind: 'fn2' }): ScalarFn['f'] | undefined {
  if (i.a.column >= 0 && i.b.column >= 0) return undefined;
  return i.b.column < 0 ? (x) => fn.f(x, i.b.value) : (x) => fn.f(i.a.value, x);
}

/** Columns that an instruction reads. */
function readBy(i: Instruction): readonly number[] {
  if (i.kind === 'lin') return [...i.cols];
  return i.kind === 'fn2' ? [i.a.column, i.b.column] : [i.a];
}

/**
 * Rows of the table that a slice of one input is: from its last row on the function stays the same. Undefined when anything but an
 * embedding reads the input, or reads it as another number than it is. The input must count 0, 1, 2, ….
 */
export function exactRows(slice: Slice): number | undefined {
  if (slice.inputs !== 1) return undefined;
  // Columns that hold min(input, bound).
  const bounds = new Map([[0, Number.POSITIVE_INFINITY]]);
  let rows = 0;
  for (const i of slice.code) {
    const column = readBy(i).find((c) => bounds.has(c));
    if (column === undefined) continue;
    const before = bounds.get(column)!;
    if (i.kind === 'embed') {
      rows = Math.max(rows, Math.min(i.rows, before + 1));
      continue;
    }
    const f = i.kind === 'fn' ? i.fn.f : i.kind === 'fn2' ? withConstant(i.fn, i) : undefined;
    const bound = i.kind !== 'lin' && f ? boundOf(i.fn.name, f) : undefined;
    if (bound === undefined) return undefined;
    bounds.set(i.out, Math.min(before, bound));
  }
  if (slice.outputs.some((form) => form.cols.some((c) => bounds.has(c)))) return undefined;
  return rows > 0 ? rows : undefined;
}
