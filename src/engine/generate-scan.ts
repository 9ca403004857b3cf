/** Register accesses in a loop: one read-modify-write a packet, as the stateful ALU does it (wasm/assembly/scan.ts), all parameters constant. */

import { ALL_ONES } from './builder.ts';
import { constant, op as emit, I32, local, memory, W, withIndex } from './bytes.ts';
import { saturate } from './generate-saturate.ts';
import { type ScanCall, type ScanOperand, writesOf } from './ir.ts';
import { COMPARE, OUTPUT, OUTPUT_JOINS, UPDATE } from './opcodes.ts';
import { BASE, cut, define, guarded, guardedBy, type Of, push, pushSource, shift, type Writer } from './writer.ts';

/** What a call has at hand, each in a local: cell words, inputs cut to the cell's width, the conditions' truths as bits. */
interface Frame {
  readonly k: number;
  readonly lo: number;
  readonly hi: number;
  readonly input0: number;
  readonly input1: number;
  readonly truths: number;
}

/** All calls of a scan on this packet. */
export function writeScan(writer: Writer, op: Of<'scan'>): void {
  const isPacket = () => {
    withIndex(writer.body, W.get, writer.at);
    withIndex(writer.body, W.get, writer.last);
    emit(writer.body, W.ltU);
  };
  guardedBy(writer, isPacket, writesOf(op), () => {
    for (const call of op.calls) {
      const dsts = call.outputs.map(({ dst }) => dst);
      guarded(writer, call.mask, dsts, () => writeCall(writer, op, call));
    }
  });
}

function writeCall(writer: Writer, { register, k }: Of<'scan'>, call: ScanCall): void {
  const { body, places } = writer;
  const { offset, sizeMask, pair } = places.register(register);
  const cell = local(body, I32);
  push(writer, call.index);
  cut(body, sizeMask);
  shift(body, W.shl, pair ? 3 : 2);
  withIndex(body, W.get, BASE);
  emit(body, W.add);
  withIndex(body, W.set, cell);
  const frame = frameOf(writer, call, k, cell, offset, pair);
  const newLo = copyOf(writer, frame.lo);
  const newHi = copyOf(writer, frame.hi);
  for (const { cell: which, when, op, a, b } of call.updates) {
    const target = which === 1 ? newHi : newLo;
    const taken = whenText(when, call.conditions.length);
    if (taken === false) continue;
    writeUpdate(writer, frame, op, a, b);
    shift(body, W.shrU, k);
    if (taken === undefined) {
      withIndex(body, W.get, target);
      pushWhen(writer, frame, when);
      emit(body, W.select);
    }
    withIndex(body, W.set, target);
  }
  for (const [word, value] of [newLo, newHi].entries()) {
    if (word === 1 && !pair) break;
    withIndex(body, W.get, cell);
    withIndex(body, W.get, value);
    memory(body, W.store, offset + 4 * word);
  }
  writeOutputs(writer, frame, call, newLo, newHi);
}

function copyOf({ body }: Writer, from: number): number {
  const index = local(body, I32);
  withIndex(body, W.get, from);
  withIndex(body, W.set, index);
  return index;
}

function frameOf(writer: Writer, call: ScanCall, k: number, cell: number, offset: number, pair: boolean): Frame {
  const { body } = writer;
  const word = (write: () => void): number => {
    const index = local(body, I32);
    write();
    withIndex(body, W.set, index);
    return index;
  };
  const loaded = (at: number) =>
    word(() => {
      withIndex(body, W.get, cell);
      memory(body, W.load, at);
    });
  const zero = () => word(() => constant(body, 0));
  const input = (i: number) => {
    const source = call.inputs[i];
    if (source === undefined) return zero();
    return word(() => {
      pushSource(writer, source);
      cut(body, ALL_ONES >>> k);
    });
  };
  const lo = loaded(offset);
  const hi = pair ? loaded(offset + 4) : zero();
  const before = { k, lo, hi, input0: input(0), input1: input(1), truths: local(body, I32) };
  constant(body, 0);
  call.conditions.forEach(({ op, a, minus, b }, c) => {
    pushOperand(writer, before, a);
    if (minus) {
      pushOperand(writer, before, minus);
      emit(body, W.sub);
    }
    pushOperand(writer, before, b);
    emit(body, COMPARISONS[op]);
    shift(body, W.shl, c);
    emit(body, W.or);
  });
  withIndex(body, W.set, before.truths);
  return before;
}

/** In the order of COMPARE. */
const COMPARISONS = COMPARE.map((name) => W[name]);

/** An operand shifted up to the word's end, where all arithmetic wraps as the cell's would. */
function pushOperand({ body }: Writer, frame: Frame, operand: ScanOperand): void {
  if (operand.kind === 'const') {
    constant(body, operand.value << frame.k);
    return;
  }
  withIndex(body, W.get, frame[operand.kind]);
  shift(body, W.shl, frame.k);
}

const WRAPS: Readonly<Record<string, number>> = { add: W.add, sub: W.sub, and: W.and, or: W.or, xor: W.xor };
const TAKES: Readonly<Record<string, number>> = { minU: W.ltU, minS: W.ltS, maxU: W.gtU, maxS: W.gtS };

function writeUpdate(writer: Writer, frame: Frame, op: number, a: ScanOperand, b: ScanOperand): void {
  const { body } = writer;
  const name = UPDATE[op];
  pushOperand(writer, frame, a);
  if (name === 'set') return;
  pushOperand(writer, frame, b);
  if (name === 'addSatS') {
    const [x, y] = [local(body, I32), local(body, I32)];
    withIndex(body, W.set, y);
    withIndex(body, W.set, x);
    saturate(writer, name, x, y);
    return;
  }
  const wraps = WRAPS[name];
  if (wraps !== undefined) {
    emit(body, wraps);
    return;
  }
  pushOperand(writer, frame, a);
  pushOperand(writer, frame, b);
  emit(body, TAKES[name], W.select);
}

/** Is a truth table met: always, never, or (undefined) depending on the conditions? */
function whenText(when: number, conditions: number): boolean | undefined {
  const states = 2 ** (2 ** conditions) - 1;
  const met = (when & states) >>> 0;
  if (met === 0) return false;
  return met === states ? true : undefined;
}

function pushWhen({ body }: Writer, frame: Frame, when: number): void {
  constant(body, when);
  withIndex(body, W.get, frame.truths);
  emit(body, W.shrU);
  constant(body, 1);
  emit(body, W.and);
}

function writeOutputs(writer: Writer, frame: Frame, call: ScanCall, newLo: number, newHi: number): void {
  const { body } = writer;
  const words = { oldLo: frame.lo, oldHi: frame.hi, newLo, newHi } as const;
  for (const { dst, when, value, width } of call.outputs) {
    const name = OUTPUT[value & (OUTPUT_JOINS - 1)];
    if (name === 'cond0' || name === 'cond1') {
      withIndex(body, W.get, frame.truths);
      shift(body, W.shrU, name === 'cond0' ? 0 : 1);
      cut(body, 1);
    } else withIndex(body, W.get, words[name]);
    const taken = whenText(when, call.conditions.length);
    if (taken !== true) {
      constant(body, 0);
      if (taken === false) constant(body, 0);
      else pushWhen(writer, frame, when);
      emit(body, W.select);
    }
    cut(body, width);
    if (value & OUTPUT_JOINS) {
      push(writer, dst);
      emit(body, W.or);
    }
    define(writer, dst, undefined);
  }
}
