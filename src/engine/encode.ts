/** Column operations as the words that the kernels (wasm/assembly/index.ts) and their TypeScript twin execute. */

import type { Register } from '../program/index.ts';
import type { Column, ColumnOp, ScanCall, ScanOperand, Source, Words } from './ir.ts';
import { BINARY, COMPARE, OP } from './opcodes.ts';
import { constantCell, type Space } from './space.ts';

/** Arrays that an operation looks values up in. */
export function tablesOf(op: ColumnOp): Words[] {
  switch (op.op) {
    case 'direct':
    case 'product':
    case 'gather':
      return [op.data];
    case 'search':
      return [op.starts];
    case 'find':
      return [op.cells];
    case 'sum':
      return op.terms.map((term) => term.data);
    case 'bitmap':
      return op.chunks.map((chunk) => chunk.bitmaps);
    case 'crc':
      return op.words.map((word) => word.tables);
    case 'loop':
    case 'branch':
      return op.ops.flatMap(tablesOf);
    default:
      return [];
  }
}

/** Where an instruction's operands lie. */
export interface Assembler {
  readonly space: Space;
  readonly column: (id: Column) => number;
  /** Scratch words of register scans. */
  readonly frame: number;
  /** A column that nobody reads. */
  readonly spare: number;
  readonly registers: ReadonlyMap<string, number>;
  readonly registerList: readonly Register[];
}

/** Address and step of an operand. */
function operand(to: Assembler, source: Source, step = 16): [number, number] {
  return 'column' in source ? [to.column(source.column), step] : [constantCell(to.space, source.value), 0];
}

function maskOperand(to: Assembler, mask: Column | undefined, step = 16): [number, number] {
  return operand(to, mask === undefined ? { value: 0xffffffff } : { column: mask }, step);
}

/** What a worker runs in order: addresses of bytecode, and loops of generated code as ~index. */
export type Steps = readonly number[];

/** The operations as steps; the loops among them are numbered from `firstLoop` on. */
export function assemble(to: Assembler, ops: readonly ColumnOp[], firstLoop: number): Steps {
  const steps: number[] = [];
  let next = firstLoop;
  for (let from = 0; from < ops.length; ) {
    if (ops[from].op === 'loop') {
      steps.push(~next++);
      from++;
      continue;
    }
    const end = ops.findIndex((op, i) => i > from && op.op === 'loop');
    const part = ops.slice(from, end < 0 ? ops.length : end);
    steps.push(bytecode(to, part));
    from += part.length;
  }
  return steps;
}

function bytecode(to: Assembler, ops: readonly ColumnOp[]): number {
  const words = ops.map((op) => (op.op === 'skip' ? [OP.skip, to.column(op.test), 0] : encodeOp(to, op)));
  ops.forEach((op, i) => {
    if (op.op !== 'skip') return;
    words[i][2] = 4 * words.slice(i + 1, i + 1 + op.count).reduce((sum, encoded) => sum + encoded.length, 0);
  });
  return to.space.tableAddress(Uint32Array.from([...words.flat(), OP.end]));
}

function encodeOp(to: Assembler, op: ColumnOp): number[] {
  const { column, space } = to;
  switch (op.op) {
    case 'binary':
      return [
        OP.binary,
        BINARY.indexOf(op.sub),
        column(op.dst),
        ...operand(to, op.a),
        ...operand(to, op.b),
        op.k,
        ...maskOperand(to, op.mask),
      ];
    case 'compare':
      return [
        OP.compare,
        COMPARE.indexOf(op.sub),
        column(op.dst),
        ...operand(to, op.a),
        ...operand(to, op.b),
        op.k,
        op.one,
        ...maskOperand(to, op.mask),
      ];
    case 'move':
      return [
        OP.move,
        column(op.dst),
        ...operand(to, op.a),
        op.right,
        op.bits,
        op.left,
        op.keep,
        ...maskOperand(to, op.mask),
      ];
    case 'shiftS':
      return [
        OP.shiftS,
        column(op.dst),
        ...operand(to, op.a),
        op.left,
        op.right,
        op.width,
        ...maskOperand(to, op.mask),
      ];
    case 'direct':
      return [
        OP.direct,
        column(op.dst),
        column(op.key),
        op.right,
        op.bits,
        space.tableAddress(op.data),
        Math.log2(op.data.BYTES_PER_ELEMENT),
      ];
    case 'product':
      return [
        OP.product,
        column(op.dst),
        column(op.a),
        column(op.b),
        space.tableAddress(op.data),
        Math.log2(op.data.BYTES_PER_ELEMENT),
      ];
    case 'gather':
      return [
        OP.gather,
        column(op.dst),
        column(op.row),
        space.tableAddress(op.data) + op.offset * 4,
        op.stride,
        ...maskOperand(to, op.mask),
      ];
    case 'search': {
      const count = op.starts.length;
      const half = count > 1 ? 2 ** Math.floor(Math.log2(count - 1)) : 0;
      return [OP.search, column(op.dst), column(op.key), space.tableAddress(op.starts), count, half];
    }
    case 'find': {
      const list = space.tableAddress(Uint32Array.from(op.keys, column));
      return [OP.find, column(op.dst), op.keys.length, list, space.tableAddress(op.cells), op.sizeMask, op.miss];
    }
    case 'bitmap': {
      const list = op.chunks.flatMap(({ key, right, bitmaps }) => [column(key), right, space.tableAddress(bitmaps)]);
      return [
        OP.bitmap,
        column(op.dst),
        op.chunks.length,
        space.tableAddress(Uint32Array.from(list)),
        op.vectors,
        op.miss,
      ];
    }
    case 'crc': {
      const list = op.words.flatMap(({ key, bytes, tables }) => [column(key), space.tableAddress(tables), bytes]);
      return [OP.crc, column(op.dst), op.init, op.words.length, space.tableAddress(Uint32Array.from(list))];
    }
    case 'sum':
      return encodeSum(to, op);
    case 'skip':
    case 'loop':
    case 'branch':
      throw new Error(`${op.op} is no instruction of its own`);
    case 'scan': {
      const register = to.registerList.find(({ name }) => name === op.register)!;
      const calls = op.calls.map((call) => space.tableAddress(encodeCall(to, call)));
      const list = space.tableAddress(Uint32Array.from(calls));
      return [
        OP.scan,
        to.registers.get(op.register)!,
        register.pair ? 1 : 0,
        register.size - 1,
        op.k,
        to.frame,
        calls.length,
        list,
      ];
    }
  }
}

/** [groups, base, mask, maskStep, terms, bytes an element, list]; list: destinations, widths, constants, then terms [row column, data]. */
function encodeSum(to: Assembler, op: Extract<ColumnOp, { op: 'sum' }>): number[] {
  const groups = Math.ceil(op.dsts.length / 4);
  const lanes = Array.from({ length: groups * 4 }, (_, l) => l);
  const list = Uint32Array.from([
    ...lanes.map((l) => (l < op.dsts.length ? to.column(op.dsts[l]) : to.spare)),
    ...lanes.map((l) => op.widths[l] ?? 0),
    ...lanes.map((l) => op.constants[l] ?? 0),
    ...op.terms.flatMap(({ row, data }) => [to.column(row), to.space.tableAddress(data)]),
  ]);
  const bytes = op.terms.every(({ data }) => data.BYTES_PER_ELEMENT === 2) ? 2 : 4;
  const mask = maskOperand(to, op.mask);
  return [OP.sum, groups, op.base ? 1 : 0, ...mask, op.terms.length, bytes, to.space.tableAddress(list)];
}

const FRAME_WORD = { lo: 0, hi: 4, input0: 8, input1: 12 } as const;

/** A stateful call in words (wasm/assembly/scan.ts). */
function encodeCall(to: Assembler, call: ScanCall): Uint32Array {
  const word = (one: ScanOperand) =>
    one.kind === 'const' ? constantCell(to.space, one.value) : to.frame + FRAME_WORD[one.kind];
  const none: Source = { value: 0 };
  return Uint32Array.from([
    ...maskOperand(to, call.mask, 4),
    to.column(call.index),
    ...operand(to, call.inputs[0] ?? none, 4),
    ...operand(to, call.inputs[1] ?? none, 4),
    call.conditions.length,
    call.updates.length,
    call.outputs.length,
    ...call.conditions.flatMap(({ op, a, minus, b }) => [op, word(a), minus ? word(minus) : 0, word(b)]),
    ...call.updates.flatMap(({ cell, when, op, a, b }) => [cell, when, op, word(a), word(b)]),
    ...call.outputs.flatMap(({ dst, when, value, width }) => [to.column(dst), when, value, width]),
  ]);
}
