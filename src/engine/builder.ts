/** What the planner writes into: columns of fields, fresh columns, and the list of column operations. */

import { fail } from '../problem.ts';
import type { Field, Program } from '../program/index.ts';
import type { Column, ColumnOp, Mask, Source } from './ir.ts';
import type { BinaryName, CompareName } from './opcodes.ts';

/** A value of up to 64 bits: one column, or two (low, high) above 32 bits. */
export interface FieldColumns {
  readonly name: string;
  readonly bits: number;
  readonly lo: Column;
  readonly hi?: Column;
}

export interface Builder {
  readonly program: Program;
  readonly ops: ColumnOp[];
  readonly fields: ReadonlyMap<string, FieldColumns>;
  /** Validity of each header: 0 / all ones. */
  readonly valid: ReadonlyMap<string, Column>;
  /** Columns handed out so far; those below `fixed` belong to fields and headers and are never reused. */
  columns: number;
  readonly fixed: number;
}

export const ALL_ONES = 0xffffffff;

/** Ones in the low `bits` bits of a word; none below 1, all above 31. */
export function lowMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? ALL_ONES : (1 << bits) - 1;
}

export function createBuilder(program: Program): Builder {
  const fields = new Map<string, FieldColumns>();
  const valid = new Map<string, Column>();
  let columns = 0;
  for (const { name, bits } of program.fields) {
    const lo = columns++;
    fields.set(name, bits > 32 ? { name, bits, lo, hi: columns++ } : { name, bits, lo });
  }
  for (const header of program.headers) valid.set(header.name, columns++);
  return { program, ops: [], fields, valid, columns, fixed: columns };
}

export function fieldOf(builder: Builder, name: string): FieldColumns {
  const found = builder.fields.get(name);
  if (!found) fail({ code: 'RUN-FIELD', message: `the program has no field "${name}"` });
  return found;
}

export function fieldBits(field: Field | FieldColumns): number {
  return field.bits;
}

export function fresh(builder: Builder): Column {
  return builder.columns++;
}

export function binary(
  builder: Builder,
  sub: BinaryName,
  a: Source,
  b: Source,
  k = 0,
  mask?: Mask,
  dst: Column = fresh(builder),
): Column {
  builder.ops.push({ op: 'binary', sub, dst, a, b, k, mask });
  return dst;
}

export function compare(
  builder: Builder,
  sub: CompareName,
  a: Source,
  b: Source,
  k: number,
  one: number,
  mask?: Mask,
  dst: Column = fresh(builder),
): Column {
  builder.ops.push({ op: 'compare', sub, dst, a, b, k, one, mask });
  return dst;
}

/** dst = (dst & keep) | (((a >>> right) & bits) << left) where the mask holds. */
export function move(
  builder: Builder,
  a: Source,
  { right = 0, bits = ALL_ONES, left = 0, keep = 0 }: { right?: number; bits?: number; left?: number; keep?: number },
  mask?: Mask,
  dst: Column = fresh(builder),
): Column {
  builder.ops.push({ op: 'move', dst, a, right, bits, left, keep, mask });
  return dst;
}

/** a AND b, where undefined is everywhere. */
export function both(builder: Builder, a: Mask, b: Mask): Mask {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return binary(builder, 'and', { column: a }, { column: b });
}

/** Low or high word of (hi:lo >>> low) cut to `bits` (the word's own bits, at most 32), as a fresh column or constant. */
export function sliced(builder: Builder, lo: Source, hi: Source, low: number, bits: number): Source {
  const cut = lowMask(bits);
  if (low >= 32) return { column: move(builder, hi, { right: low - 32, bits: cut }) };
  if (low + bits <= 32 || ('value' in hi && hi.value === 0))
    return { column: move(builder, lo, { right: low, bits: cut }) };
  const dst = move(builder, lo, { right: low, bits: lowMask(32 - low) });
  if (low > 0) {
    const bitsAbove = lowMask(bits - (32 - low));
    move(builder, hi, { bits: bitsAbove, left: 32 - low, keep: lowMask(32 - low) }, undefined, dst);
  }
  return { column: dst };
}
