/** Values of a loop while its code is written: columns as locals or memory, words pushed, cut, shifted and defined. */

import { ALL_ONES } from './builder.ts';
import { type Body, constant, op as emit, I32, local, memory, nested, W, withIndex } from './bytes.ts';
import type { Column, ColumnOp, Mask, Source, Words } from './ir.ts';

/** Where things lie. Offsets count from the address of a worker's columns. */
export interface Places {
  readonly column: (column: Column) => number;
  /** Room for the sums of one packet. */
  readonly scratch: number;
  readonly table: (data: Words) => number;
  /** A register array's place, and how its cells are found. */
  readonly register: (name: string) => { readonly offset: number; readonly sizeMask: number; readonly pair: boolean };
}

export type Of<Name extends ColumnOp['op']> = Extract<ColumnOp, { op: Name }>;

/** A column's value within the loop: in a local, or still in memory, where readers often need only some of its bits. */
export type Value =
  | { readonly kind: 'local'; readonly index: number }
  | {
      readonly kind: 'memory';
      readonly base: number;
      readonly offset: number;
      readonly bytes: 2 | 4;
      readonly width: number;
    };

/** A loop's function being written. */
export interface Writer {
  readonly body: Body;
  readonly places: Places;
  readonly values: Map<Column, Value>;
  /** Local that walks the packet's words through the columns. */
  readonly at: number;
  /** Local: where the packets end. Up to three lanes follow that fill a vector and must not touch registers. */
  readonly last: number;
  scratch: number;
}

/** Parameters of a loop's function. */
export const BASE = 0;
export const BYTES = 1;

function lookUp({ values, places, at }: Writer, column: Column): Value {
  return values.get(column) ?? { kind: 'memory', base: at, offset: places.column(column), bytes: 4, width: ALL_ONES };
}

/** Puts a column's word on the stack. */
export function push(writer: Writer, column: Column): void {
  const value = lookUp(writer, column);
  const { body } = writer;
  if (value.kind === 'local') {
    withIndex(body, W.get, value.index);
    return;
  }
  withIndex(body, W.get, value.base);
  memory(body, value.bytes === 2 ? W.load16S : W.load, value.offset);
  cut(body, value.width);
}

/** Puts (column >>> right) & bits on the stack, looking at the bytes concerned alone where that is possible. */
export function pushBits(writer: Writer, column: Column, right: number, bits: number): void {
  const { body } = writer;
  const value = lookUp(writer, column);
  const within =
    value.kind === 'memory' && ((bits << right) & ~value.width) === 0 && (bits << right) >>> right === bits;
  if (value.kind !== 'memory' || !within) {
    push(writer, column);
    shift(body, W.shrU, right);
    cut(body, right === 0 ? bits : bits & (ALL_ONES >>> right));
    return;
  }
  withIndex(body, W.get, value.base);
  const byte = right >>> 3;
  const whole = (right & 7) === 0;
  if (whole && bits === 0xff && byte < value.bytes) memory(body, W.load8U, value.offset + byte);
  else if (whole && bits === 0xffff && byte + 2 <= value.bytes) memory(body, W.load16U, value.offset + byte);
  else {
    memory(body, value.bytes === 2 ? W.load16S : W.load, value.offset);
    shift(body, W.shrU, right);
    cut(body, bits);
  }
}

/** Puts an operand on the stack. */
export function pushSource(writer: Writer, source: Source): void {
  if ('value' in source) constant(writer.body, source.value);
  else push(writer, source.column);
}

/** The stack's word cut to a width. */
export function cut(body: Body, width: number): void {
  if (width >>> 0 === ALL_ONES) return;
  constant(body, width);
  emit(body, W.and);
}

/** The stack's word shifted by a constant. */
export function shift(body: Body, code: number, by: number): void {
  if (by === 0) return;
  constant(body, by);
  emit(body, code);
}

/** The stack's word becomes the column's value, where the mask holds. */
export function define(writer: Writer, column: Column, mask: Mask): void {
  const { body, values } = writer;
  if (mask !== undefined) {
    push(writer, column);
    push(writer, mask);
    emit(body, W.select);
  }
  const index = local(body, I32);
  withIndex(body, W.set, index);
  values.set(column, { kind: 'local', index });
}

/**
 * `inner` runs where the mask holds; `columns`, which it writes, keep their values elsewhere. What else it writes is not to be read
 * outside.
 */
export function guarded(writer: Writer, mask: Mask, columns: readonly Column[], inner: () => void): void {
  if (mask === undefined) inner();
  else guardedBy(writer, () => push(writer, mask), columns, inner);
}

/** The same where the word that `condition` puts on the stack is not 0. */
export function guardedBy(writer: Writer, condition: () => void, columns: readonly Column[], inner: () => void): void {
  const { body, values } = writer;
  const kept = [...new Set(columns)].map((column) => {
    const index = local(body, I32);
    push(writer, column);
    withIndex(body, W.set, index);
    values.set(column, { kind: 'local', index });
    return { column, index };
  });
  const before = new Map(values);
  condition();
  nested(body, W.if, () => {
    inner();
    for (const { column, index } of kept) {
      push(writer, column);
      withIndex(body, W.set, index);
    }
  });
  values.clear();
  for (const [column, value] of before) values.set(column, value);
}

/** A row's distance from its array's start. */
export function pushRow(writer: Writer, row: Column, bytes: number): void {
  push(writer, row);
  const log2 = Math.log2(bytes);
  if (Number.isInteger(log2)) shift(writer.body, W.shl, log2);
  else {
    constant(writer.body, bytes);
    emit(writer.body, W.mul);
  }
}
