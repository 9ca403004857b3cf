/** Action-unit instructions as column operations; the meaning is that of PROGRAM.md "Arithmetic" and of `switch`'s reference. */

import type { Instruction, Operand } from '../program/index.ts';
import {
  ALL_ONES,
  type Builder,
  binary,
  both,
  compare,
  type FieldColumns,
  fieldOf,
  fresh,
  lowMask,
  move,
  sliced,
} from './builder.ts';
import { crcTables } from './hash.ts';
import type { Mask, Source } from './ir.ts';
import { BINARY, type BinaryName, COMPARE, type CompareName } from './opcodes.ts';

/** Resolves what an instruction reads: fields at the stage's entry, action data of the packet's entry. */
export interface Scope {
  readonly builder: Builder;
  readonly mask: Mask;
  readonly read: (field: string) => FieldColumns;
  readonly param: (name: string) => { readonly source: Source; readonly bits: number };
}

const ZERO: Source = { value: 0 };

/** Low and high word of an operand. */
export function operandWords(scope: Scope, operand: Operand): readonly [Source, Source] {
  if (operand.kind === 'param') return [scope.param(operand.param).source, ZERO];
  if (operand.kind === 'const') {
    const big = BigInt.asUintN(64, BigInt(operand.value));
    return [{ value: Number(big & 0xffffffffn) }, { value: Number(big >> 32n) }];
  }
  const { lo, hi } = scope.read(operand.field);
  return [{ column: lo }, hi === undefined ? ZERO : { column: hi }];
}

function operandBits(scope: Scope, operand: Operand): number | undefined {
  if (operand.kind === 'field') return fieldOf(scope.builder, operand.field).bits;
  return operand.kind === 'param' ? scope.param(operand.param).bits : undefined;
}

/** Writes words to a field, cut to its width, where the mask holds. */
function write(scope: Scope, dst: FieldColumns, lo: Source, hi: Source, mask: Mask): void {
  move(scope.builder, lo, { bits: lowMask(dst.bits) }, mask, dst.lo);
  if (dst.hi !== undefined) move(scope.builder, hi, { bits: lowMask(dst.bits - 32) }, mask, dst.hi);
}

function writeBinary(scope: Scope, dst: FieldColumns, op: BinaryName, a: Operand, b: Operand): void {
  const [aLo, aHi] = operandWords(scope, a);
  const [bLo, bHi] = operandWords(scope, b);
  const { builder, mask } = scope;
  if (dst.hi === undefined) {
    binary(builder, op, aLo, bLo, 32 - dst.bits, mask, dst.lo);
    return;
  }
  if (op !== 'and' && op !== 'or' && op !== 'xor') throw new Error(`${op} into ${dst.name}: wider than 32 bits`);
  binary(builder, op, aLo, bLo, 0, mask, dst.lo);
  binary(builder, op, aHi, bHi, 64 - dst.bits, mask, dst.hi);
}

function writeCompare(scope: Scope, dst: FieldColumns, op: CompareName, a: Operand, b: Operand): void {
  const bits = operandBits(scope, a) ?? operandBits(scope, b) ?? 32;
  const [aLo, aHi] = operandWords(scope, a);
  const [bLo, bHi] = operandWords(scope, b);
  const { builder, mask } = scope;
  if (bits <= 32) {
    compare(builder, op, aLo, bLo, 32 - bits, 1, mask, dst.lo);
  } else {
    if (op !== 'eq' && op !== 'ne') throw new Error(`${op} on ${bits} bits`);
    const low = compare(builder, op, aLo, bLo, 0, 1);
    const high = compare(builder, op, aHi, bHi, 64 - bits, 1);
    binary(builder, op === 'eq' ? 'and' : 'or', { column: low }, { column: high }, 0, mask, dst.lo);
  }
  if (dst.hi !== undefined) move(builder, ZERO, {}, mask, dst.hi);
}

function writeShift(scope: Scope, dst: FieldColumns, i: Extract<Instruction, { op: 'shl' | 'shrU' | 'shrS' }>): void {
  if (dst.hi !== undefined) throw new Error(`${i.op} into ${dst.name}: wider than 32 bits`);
  const { builder, mask } = scope;
  const [a] = operandWords(scope, i.a);
  const width = lowMask(dst.bits);
  if (i.op === 'shl') move(builder, a, { bits: width >>> i.by, left: i.by }, mask, dst.lo);
  else if (i.op === 'shrU') move(builder, a, { right: i.by, bits: width >>> i.by }, mask, dst.lo);
  else {
    const left = 32 - dst.bits;
    const right = Math.min(31, left + i.by);
    builder.ops.push({ op: 'shiftS', dst: dst.lo, a, left, right, width, mask });
  }
}

/** Slices go through fresh columns, so that source and destination may be the same field. */
function writeSlice(scope: Scope, dst: FieldColumns, i: Extract<Instruction, { op: 'slice' }>): void {
  const [lo, hi] = operandWords(scope, i.a);
  if (dst.hi === undefined && i.low + i.bits <= 32) {
    const bits = lowMask(Math.min(i.bits, dst.bits));
    move(scope.builder, lo, { right: i.low, bits }, scope.mask, dst.lo);
    return;
  }
  const low = sliced(scope.builder, lo, hi, i.low, Math.min(i.bits, 32));
  const high = i.bits > 32 ? sliced(scope.builder, hi, ZERO, i.low, i.bits - 32) : ZERO;
  write(scope, dst, low, high, scope.mask);
}

function writeDeposit(scope: Scope, dst: FieldColumns, i: Extract<Instruction, { op: 'deposit' }>): void {
  const { builder, mask } = scope;
  const [lo, hi] = operandWords(scope, i.a);
  const low = sliced(builder, lo, hi, i.low, Math.min(i.bits, 32));
  if (i.dstLow < 32) {
    const bits = lowMask(i.bits) & lowMask(Math.min(dst.bits, 32) - i.dstLow);
    move(builder, low, { bits, left: i.dstLow, keep: ~(bits << i.dstLow) >>> 0 }, mask, dst.lo);
  }
  if (dst.hi === undefined || i.dstLow + i.bits <= 32) return;
  const top = lowMask(dst.bits - 32);
  if (i.dstLow >= 32) {
    const up = i.dstLow - 32;
    const bits = lowMask(i.bits) & (top >>> up);
    move(builder, low, { bits, left: up, keep: ~(bits << up) >>> 0 }, mask, dst.hi);
    return;
  }
  const spill = lowMask(i.dstLow + Math.min(i.bits, 32) - 32) & top;
  if (i.dstLow > 0) move(builder, low, { right: 32 - i.dstLow, bits: spill, keep: ~spill >>> 0 }, mask, dst.hi);
  if (i.bits <= 32) return;
  const high = sliced(builder, hi, ZERO, i.low, i.bits - 32);
  const bits = lowMask(i.bits - 32) & (top >>> i.dstLow);
  move(builder, high, { bits, left: i.dstLow, keep: ~(bits << i.dstLow) >>> 0 }, mask, dst.hi);
}

function writeMove(scope: Scope, dst: FieldColumns, i: Extract<Instruction, { op: 'cmov' }>): void {
  const { builder } = scope;
  const when = scope.read(i.when);
  let test = when.lo;
  if (when.hi !== undefined) test = binary(builder, 'or', { column: when.lo }, { column: when.hi });
  const taken = compare(builder, 'ne', { column: test }, ZERO, 0, ALL_ONES);
  const [lo, hi] = operandWords(scope, i.a);
  write(scope, dst, lo, hi, both(builder, taken, scope.mask));
}

function writeHash(scope: Scope, dst: FieldColumns, name: string): void {
  const { builder } = scope;
  const hash = builder.program.hashes.find((candidate) => candidate.name === name);
  if (!hash) throw new Error(`no hash ${name}`);
  const words = hash.parts.map((part) => {
    const fields = part.xor.map(scope.read);
    const join = (columns: readonly number[]) =>
      columns.slice(1).reduce((sum, column) => binary(builder, 'xor', { column: sum }, { column }), columns[0]);
    const highs = fields.flatMap(({ hi }) => (hi === undefined ? [] : [hi]));
    return {
      bytes: (fields[0].bits + 7) >>> 3,
      lo: join(fields.map(({ lo }) => lo)),
      hi: highs.length > 0 ? join(highs) : -1,
    };
  });
  const pieces = words.flatMap(({ bytes, lo, hi }) =>
    bytes > 4
      ? [
          { key: hi, bytes: bytes - 4 },
          { key: lo, bytes: 4 },
        ]
      : [{ key: lo, bytes }],
  );
  const { init, tables } = crcTables(pieces.map((piece) => piece.bytes));
  const column = fresh(builder);
  builder.ops.push({
    op: 'crc',
    dst: column,
    init,
    words: pieces.map((piece, p) => ({ ...piece, tables: tables[p] })),
  });
  write(scope, dst, { column }, ZERO, scope.mask);
}

/** Emits one instruction. `scope.read` gives entry values; the destination is the field's own column. */
export function emitInstruction(scope: Scope, i: Instruction): void {
  const dst = fieldOf(scope.builder, i.dst);
  switch (i.op) {
    case 'set':
      write(scope, dst, ...operandWords(scope, i.a), scope.mask);
      return;
    case 'not': {
      const [lo, hi] = operandWords(scope, i.a);
      const ones: Source = { value: ALL_ONES };
      binary(scope.builder, 'xor', lo, ones, 32 - Math.min(32, dst.bits), scope.mask, dst.lo);
      if (dst.hi !== undefined) binary(scope.builder, 'xor', hi, ones, 64 - dst.bits, scope.mask, dst.hi);
      return;
    }
    case 'shl':
    case 'shrU':
    case 'shrS':
      writeShift(scope, dst, i);
      return;
    case 'slice':
      writeSlice(scope, dst, i);
      return;
    case 'deposit':
      writeDeposit(scope, dst, i);
      return;
    case 'cmov':
      writeMove(scope, dst, i);
      return;
    case 'hash':
      writeHash(scope, dst, i.hash);
      return;
    default:
      if (isCompare(i.op)) writeCompare(scope, dst, i.op, i.a, i.b);
      else if (isBinary(i.op)) writeBinary(scope, dst, i.op, i.a, i.b);
  }
}

function isCompare(op: string): op is CompareName {
  return (COMPARE as readonly string[]).includes(op);
}

function isBinary(op: string): op is BinaryName {
  return (BINARY as readonly string[]).includes(op);
}
