/**
 * Column operations: what a program becomes before addresses are known. A column holds one 32-bit word a packet; an
 * operation computes one column from others for a whole batch, keeping lanes whose mask is 0.
 */

import type { BinaryName, CompareName } from './opcodes.ts';

/** A column's number in its plan. */
export type Column = number;
/** An operand: a column, or the same word for every packet. */
export type Source = { readonly column: Column } | { readonly value: number };
/** A column of 0 / all ones; undefined = every packet. */
export type Mask = Column | undefined;
export type Words = Uint8Array | Uint16Array | Int16Array | Uint32Array;

export interface ScanOperand {
  readonly kind: 'lo' | 'hi' | 'input0' | 'input1' | 'const';
  readonly value: number;
}

/** One stateful ALU call; numbers index COMPARE, UPDATE and OUTPUT of opcodes.ts. */
export interface ScanCall {
  readonly name: string;
  readonly mask: Mask;
  readonly index: Column;
  readonly inputs: readonly Source[];
  readonly conditions: readonly { op: number; a: ScanOperand; minus?: ScanOperand; b: ScanOperand }[];
  readonly updates: readonly { cell: 0 | 1; when: number; op: number; a: ScanOperand; b: ScanOperand }[];
  readonly outputs: readonly { dst: Column; when: number; value: number; width: number }[];
}

export type ColumnOp =
  | {
      readonly op: 'binary';
      readonly sub: BinaryName;
      readonly dst: Column;
      readonly a: Source;
      readonly b: Source;
      /** 32 - width. */
      readonly k: number;
      readonly mask: Mask;
    }
  | {
      readonly op: 'compare';
      readonly sub: CompareName;
      readonly dst: Column;
      readonly a: Source;
      readonly b: Source;
      readonly k: number;
      /** What true is: 1 for values, all ones for masks. */
      readonly one: number;
      readonly mask: Mask;
    }
  /** dst = (dst & keep) | (((a >>> right) & bits) << left). */
  | {
      readonly op: 'move';
      readonly dst: Column;
      readonly a: Source;
      readonly right: number;
      readonly bits: number;
      readonly left: number;
      readonly keep: number;
      readonly mask: Mask;
    }
  /** dst = ((a << left) >> right) & width, arithmetic. */
  | {
      readonly op: 'shiftS';
      readonly dst: Column;
      readonly a: Source;
      readonly left: number;
      readonly right: number;
      readonly width: number;
      readonly mask: Mask;
    }
  /** dst = data[(key >>> right) & bits]. */
  | {
      readonly op: 'direct';
      readonly dst: Column;
      readonly key: Column;
      readonly right: number;
      readonly bits: number;
      readonly data: Words;
    }
  /** dst = data[a + b]. */
  | { readonly op: 'product'; readonly dst: Column; readonly a: Column; readonly b: Column; readonly data: Words }
  /** dst = data[row · stride + offset]. */
  | {
      readonly op: 'gather';
      readonly dst: Column;
      readonly row: Column;
      readonly data: Uint32Array;
      readonly offset: number;
      readonly stride: number;
      readonly mask: Mask;
    }
  /** dst = number of the last start <= key. */
  | { readonly op: 'search'; readonly dst: Column; readonly key: Column; readonly starts: Uint32Array }
  /** Exact match in an open hash table of cells [entry + 1, key words]. */
  | {
      readonly op: 'find';
      readonly dst: Column;
      readonly keys: readonly Column[];
      readonly cells: Uint32Array;
      readonly sizeMask: number;
      readonly miss: number;
    }
  /** Per key byte a bitmap of entries: AND, first set bit. */
  | {
      readonly op: 'bitmap';
      readonly dst: Column;
      readonly chunks: readonly { readonly key: Column; readonly right: number; readonly bitmaps: Uint32Array }[];
      readonly vectors: number;
      readonly miss: number;
    }
  | {
      readonly op: 'crc';
      readonly dst: Column;
      readonly init: number;
      /** Key words of 1..4 bytes, most significant byte first, each with 256 words a byte. */
      readonly words: readonly { readonly key: Column; readonly bytes: number; readonly tables: Uint32Array }[];
    }
  /** dst[l] = (dst[l] if base) + constants[l] + the sum over terms of data[row · lanes + l], cut to widths[l]: a SumReduce over table rows. */
  | {
      readonly op: 'sum';
      readonly dsts: readonly Column[];
      readonly widths: readonly number[];
      /** Added to each destination. */
      readonly constants: readonly number[];
      readonly base: boolean;
      readonly mask: Mask;
      /** Data of 4 · ceil(lanes / 4) elements a row, signed 16-bit or 32-bit alike in all terms. */
      readonly terms: readonly { readonly row: Column; readonly data: Int16Array | Uint32Array }[];
    }
  /** Jump over the next `count` operations when the mask is 0 for the whole batch. */
  | { readonly op: 'skip'; readonly test: Column; readonly count: number }
  /** In a loop: operations that run where the test holds; `keeps` are the columns they write that others read. */
  | {
      readonly op: 'branch';
      readonly test: Column;
      readonly ops: readonly ColumnOp[];
      readonly reads: readonly Column[];
      readonly keeps: readonly Column[];
    }
  /** Operations that run packet by packet in generated code; `reads` come from columns, `writes` go to columns. */
  | {
      readonly op: 'loop';
      readonly ops: readonly ColumnOp[];
      readonly reads: readonly Column[];
      readonly writes: readonly Column[];
    }
  | { readonly op: 'scan'; readonly register: string; readonly k: number; readonly calls: readonly ScanCall[] };

function sourceColumns(...sources: readonly Source[]): Column[] {
  return sources.flatMap((source) => ('column' in source ? [source.column] : []));
}

function maskColumns(mask: Mask): Column[] {
  return mask === undefined ? [] : [mask];
}

/** Columns an operation writes. */
export function writesOf(op: ColumnOp): readonly Column[] {
  if (op.op === 'scan') return op.calls.flatMap((call) => call.outputs.map((output) => output.dst));
  if (op.op === 'sum') return op.dsts;
  if (op.op === 'loop') return op.writes;
  if (op.op === 'branch') return op.keeps;
  if (op.op === 'skip') return [];
  return [op.dst];
}

/** Does the operation leave part of its destination as it was? */
export function keepsDestination(op: ColumnOp): boolean {
  if (op.op === 'scan' || op.op === 'branch') return true;
  if (op.op === 'move' && op.keep !== 0) return true;
  if (op.op === 'sum' && op.base) return true;
  return 'mask' in op && op.mask !== undefined;
}

/** Columns an operation reads, its destination included where it keeps lanes or bits of it. */
export function readsOf(op: ColumnOp): readonly Column[] {
  const kept = keepsDestination(op) ? writesOf(op) : [];
  switch (op.op) {
    case 'binary':
    case 'compare':
      return [...kept, ...sourceColumns(op.a, op.b), ...maskColumns(op.mask)];
    case 'move':
    case 'shiftS':
      return [...kept, ...sourceColumns(op.a), ...maskColumns(op.mask)];
    case 'direct':
    case 'search':
      return [op.key];
    case 'product':
      return [op.a, op.b];
    case 'gather':
      return [...kept, op.row, ...maskColumns(op.mask)];
    case 'find':
      return op.keys;
    case 'bitmap':
      return op.chunks.map((chunk) => chunk.key);
    case 'crc':
      return op.words.map((word) => word.key);
    case 'skip':
      return [op.test];
    case 'loop':
      return op.reads;
    case 'branch':
      return [...kept, op.test, ...op.reads];
    case 'sum':
      return [...kept, ...op.terms.map((term) => term.row), ...maskColumns(op.mask)];
    case 'scan':
      return [
        ...kept,
        ...op.calls.flatMap((call) => [call.index, ...sourceColumns(...call.inputs), ...maskColumns(call.mask)]),
      ];
  }
}

/** The operation with every column it reads, destination of kept lanes aside, replaced by `to(column)`. */
export function withReads(op: ColumnOp, to: (column: Column) => Column): ColumnOp {
  const source = (one: Source): Source => ('column' in one ? { column: to(one.column) } : one);
  const mask = (one: Mask): Mask => (one === undefined ? undefined : to(one));
  switch (op.op) {
    case 'binary':
    case 'compare':
      return { ...op, a: source(op.a), b: source(op.b), mask: mask(op.mask) };
    case 'move':
    case 'shiftS':
      return { ...op, a: source(op.a), mask: mask(op.mask) };
    case 'direct':
    case 'search':
      return { ...op, key: to(op.key) };
    case 'product':
      return { ...op, a: to(op.a), b: to(op.b) };
    case 'gather':
      return { ...op, row: to(op.row), mask: mask(op.mask) };
    case 'find':
      return { ...op, keys: op.keys.map(to) };
    case 'bitmap':
      return { ...op, chunks: op.chunks.map((chunk) => ({ ...chunk, key: to(chunk.key) })) };
    case 'crc':
      return { ...op, words: op.words.map((word) => ({ ...word, key: to(word.key) })) };
    case 'sum':
      return { ...op, terms: op.terms.map((term) => ({ ...term, row: to(term.row) })), mask: mask(op.mask) };
    case 'skip':
      return { ...op, test: to(op.test) };
    case 'loop':
    case 'branch':
      throw new Error('loops are made last');
    case 'scan':
      return {
        ...op,
        calls: op.calls.map((call) => ({
          ...call,
          mask: mask(call.mask),
          index: to(call.index),
          inputs: call.inputs.map(source),
        })),
      };
  }
}

/** Operations that matter for the columns `wanted` at the end (and, unless `pure`, for registers), with what they need at the start. */
export function needed(
  ops: readonly ColumnOp[],
  wanted: readonly Column[],
  pure = false,
): { readonly ops: ColumnOp[]; readonly inputs: ReadonlySet<Column> } {
  const live = new Set(wanted);
  const kept: ColumnOp[] = [];
  for (let i = ops.length - 1; i >= 0; i--) {
    const op = ops[i];
    const stays = op.op === 'scan' && !pure;
    if (!stays && !writesOf(op).some((column) => live.has(column))) continue;
    if (!keepsDestination(op)) for (const column of writesOf(op)) live.delete(column);
    for (const column of readsOf(op)) live.add(column);
    kept.push(op);
  }
  return { ops: kept.reverse(), inputs: live };
}
