/** Action-unit instructions as closures (PROGRAM.md "Arithmetic"): read the stage's entry values, write the next stage's. */

import type { BinaryOp, CompareOp, Instruction, Operand } from '../../program/index.ts';
import { type FieldSlot, lowMask, shiftedHi, shiftedLo, signed, slotOf } from './layout.ts';
import { type Machine, markWrite, type Read, type Run } from './machine.ts';
import { operandBits, paramIndex, readCut, readHigh, readLow, type Scope } from './operand.ts';

type Combine = (a: number, b: number) => number;

function clamp(value: number, bits: number): number {
  const top = 2 ** (bits - 1);
  return Math.min(Math.max(value, -top), top - 1);
}

/** The binary operations on values already cut to `bits`; the result is cut again by the writer. */
function combine(op: BinaryOp, bits: number): Combine {
  const sx = (value: number) => signed(value, bits);
  const max = 2 ** bits - 1;
  const table: Record<BinaryOp, Combine> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    addSatU: (a, b) => Math.min(a + b, max),
    subSatU: (a, b) => Math.max(a - b, 0),
    addSatS: (a, b) => clamp(sx(a) + sx(b), bits),
    subSatS: (a, b) => clamp(sx(a) - sx(b), bits),
    minU: (a, b) => Math.min(a, b),
    maxU: (a, b) => Math.max(a, b),
    minS: (a, b) => Math.min(sx(a), sx(b)),
    maxS: (a, b) => Math.max(sx(a), sx(b)),
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
  };
  return table[op];
}

function isBinary(op: string): op is BinaryOp {
  return /^(add|sub|addSat[US]|subSat[US]|(min|max)[US]|and|or|xor)$/.test(op);
}

/** Compares values as unsigned or two's complement of `bits`. */
export function compare(op: CompareOp, bits: number): (a: number, b: number) => boolean {
  const sx = (value: number) => signed(value, bits);
  const table: Record<CompareOp, (a: number, b: number) => boolean> = {
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    ltU: (a, b) => a < b,
    leU: (a, b) => a <= b,
    gtU: (a, b) => a > b,
    geU: (a, b) => a >= b,
    ltS: (a, b) => sx(a) < sx(b),
    leS: (a, b) => sx(a) <= sx(b),
    gtS: (a, b) => sx(a) > sx(b),
    geS: (a, b) => sx(a) >= sx(b),
  };
  return table[op];
}

/** Writes a value of at most 32 bits, zero-extended or cut to the destination. */
function writeWord(slot: FieldSlot, value: Read): Run {
  const { at, maskLo, wide, name } = slot;
  return (machine) => {
    markWrite(machine, at, name);
    machine.next[at] = value(machine) & maskLo;
    if (wide) machine.next[at + 1] = 0;
  };
}

/** Writes a two-word value cut to the destination. */
function writeWords(slot: FieldSlot, low: Read, high: Read): Run {
  const { at, maskLo, maskHi, wide, name } = slot;
  if (!wide) return writeWord(slot, low);
  return (machine) => {
    markWrite(machine, at, name);
    machine.next[at] = low(machine) & maskLo;
    machine.next[at + 1] = high(machine) & maskHi;
  };
}

/**
 * parameter + field into a field of at most 32 bits: most instructions of a mapped network, so they get a closure of their own.
 * Sums modulo 2^w need no cut of the operands first.
 */
function compileSum(scope: Scope, slot: FieldSlot, a: Operand, b: Operand): Run | undefined {
  if (a.kind !== 'param' || b.kind !== 'field' || slot.wide) return undefined;
  const index = paramIndex(scope, a.param);
  const paramMask = lowMask(scope.action.params[index].bits);
  const from = slotOf(scope.layout, b.field).at;
  const { at, maskLo, name } = slot;
  return (machine) => {
    markWrite(machine, at, name);
    machine.next[at] = ((machine.data[machine.dataAt + index] & paramMask) + machine.now[from]) & maskLo;
  };
}

function compileBinary(scope: Scope, slot: FieldSlot, instruction: Extract<Instruction, { op: BinaryOp }>): Run {
  const { op, a, b } = instruction;
  const sum = op === 'add' ? (compileSum(scope, slot, a, b) ?? compileSum(scope, slot, b, a)) : undefined;
  if (sum) return sum;
  if (slot.wide) {
    if (op !== 'and' && op !== 'or' && op !== 'xor') throw new Error(`${op} into ${slot.name}: wider than 32 bits`);
    const f = combine(op, 32);
    const [aLo, aHi, bLo, bHi] = [readLow(scope, a), readHigh(scope, a), readLow(scope, b), readHigh(scope, b)];
    return writeWords(
      slot,
      (m) => f(aLo(m), bLo(m)),
      (m) => f(aHi(m), bHi(m)),
    );
  }
  const f = combine(op, slot.bits);
  const readA = readCut(scope, a, slot.bits);
  const readB = readCut(scope, b, slot.bits);
  return writeWord(slot, (m) => f(readA(m), readB(m)));
}

/** Both sides are taken modulo 2^w, w the width of operand a (or of b where a is a constant). */
function compileCompare(scope: Scope, slot: FieldSlot, instruction: Extract<Instruction, { op: CompareOp }>): Run {
  const { op, a, b } = instruction;
  const bits = operandBits(scope, a) ?? operandBits(scope, b) ?? 32;
  if (bits > 32) {
    if (op !== 'eq' && op !== 'ne') throw new Error(`${op} on ${bits} bits`);
    const mask = lowMask(bits - 32);
    const [aLo, aHi, bLo, bHi] = [readLow(scope, a), readHigh(scope, a), readLow(scope, b), readHigh(scope, b)];
    const equal = (m: Machine) => aLo(m) === bLo(m) && ((aHi(m) ^ bHi(m)) & mask) === 0;
    return writeWord(slot, (m) => (equal(m) === (op === 'eq') ? 1 : 0));
  }
  const test = compare(op, bits);
  const readA = readCut(scope, a, bits);
  const readB = readCut(scope, b, bits);
  return writeWord(slot, (m) => (test(readA(m), readB(m)) ? 1 : 0));
}

function compileShift(scope: Scope, slot: FieldSlot, i: Extract<Instruction, { op: 'shl' | 'shrU' | 'shrS' }>): Run {
  if (slot.wide) throw new Error(`${i.op} into ${slot.name}: wider than 32 bits`);
  const read = readCut(scope, i.a, slot.bits);
  const { by } = i;
  if (i.op === 'shl') return writeWord(slot, (m) => read(m) << by);
  if (i.op === 'shrU') return writeWord(slot, (m) => read(m) >>> by);
  return writeWord(slot, (m) => signed(read(m), slot.bits) >> by);
}

function compileSlice(scope: Scope, slot: FieldSlot, i: Extract<Instruction, { op: 'slice' }>): Run {
  const lo = readLow(scope, i.a);
  const hi = readHigh(scope, i.a);
  const maskLo = lowMask(i.bits);
  const maskHi = lowMask(i.bits - 32);
  return writeWords(
    slot,
    (m) => shiftedLo(lo(m), hi(m), i.low) & maskLo,
    (m) => shiftedHi(hi(m), i.low) & maskHi,
  );
}

/** dst bits [dstLow, dstLow + bits) come from the source, the others keep their value at the stage's entry. */
function compileDeposit(scope: Scope, slot: FieldSlot, i: Extract<Instruction, { op: 'deposit' }>): Run {
  const lo = readLow(scope, i.a);
  const hi = readHigh(scope, i.a);
  const [bitsLo, bitsHi] = [lowMask(i.bits), lowMask(i.bits - 32)];
  const upLo = (l: number) => (i.dstLow >= 32 ? 0 : l << i.dstLow);
  const upHi = (l: number, h: number) =>
    i.dstLow === 0 ? h : i.dstLow >= 32 ? l << (i.dstLow - 32) : (h << i.dstLow) | (l >>> (32 - i.dstLow));
  const maskLo = upLo(bitsLo);
  const maskHi = upHi(bitsLo, bitsHi);
  const { at, wide } = slot;
  return writeWords(
    slot,
    (m) => (m.now[at] & ~maskLo) | (upLo(shiftedLo(lo(m), hi(m), i.low) & bitsLo) & maskLo),
    (m) => {
      const l = shiftedLo(lo(m), hi(m), i.low) & bitsLo;
      const h = shiftedHi(hi(m), i.low) & bitsHi;
      return ((wide ? m.now[at + 1] : 0) & ~maskHi) | (upHi(l, h) & maskHi);
    },
  );
}

function compileMove(scope: Scope, slot: FieldSlot, i: Extract<Instruction, { op: 'cmov' }>): Run {
  const when = slotOf(scope.layout, i.when);
  const write = writeWords(slot, readLow(scope, i.a), readHigh(scope, i.a));
  return (machine) => {
    if (machine.now[when.at] !== 0 || (when.wide && machine.now[when.at + 1] !== 0)) write(machine);
  };
}

/** One instruction as a closure. `hashes` are the program's, by name. */
export function compileInstruction(scope: Scope, i: Instruction, hashes: ReadonlyMap<string, Read>): Run {
  const slot = slotOf(scope.layout, i.dst);
  if (isBinary(i.op)) return compileBinary(scope, slot, i as Extract<Instruction, { op: BinaryOp }>);
  switch (i.op) {
    case 'set':
      return writeWords(slot, readLow(scope, i.a), readHigh(scope, i.a));
    case 'not': {
      const [lo, hi] = [readLow(scope, i.a), readHigh(scope, i.a)];
      return writeWords(
        slot,
        (m) => ~lo(m),
        (m) => ~hi(m),
      );
    }
    case 'shl':
    case 'shrU':
    case 'shrS':
      return compileShift(scope, slot, i);
    case 'slice':
      return compileSlice(scope, slot, i);
    case 'deposit':
      return compileDeposit(scope, slot, i);
    case 'cmov':
      return compileMove(scope, slot, i);
    case 'hash': {
      const hash = hashes.get(i.hash);
      if (!hash) throw new Error(`no hash ${i.hash}`);
      return writeWord(slot, hash);
    }
    default:
      return compileCompare(scope, slot, i as Extract<Instruction, { op: CompareOp }>);
  }
}
