/** Stateful ALUs (TARGETS.md §7): one read-modify-write of one register cell, with predicated updates and an output to the PHV. */

import type {
  Action,
  Operand,
  Program,
  Register,
  SaluCondition,
  SaluOp,
  SaluOperand,
  SaluUpdate,
  StatefulAction,
} from '../../program/index.ts';
import { type Layout, lowMask, signed, slotOf } from './layout.ts';
import { type Machine, markWrite, type Run } from './machine.ts';
import { readCut } from './operand.ts';

/** A register array's cells: halves of pairs apart; `hi` is empty for single cells. */
export interface RegisterState {
  readonly register: Register;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
}

export type RegisterFile = ReadonlyMap<string, RegisterState>;

export function createRegisters(program: Program): RegisterFile {
  const file = new Map<string, RegisterState>();
  for (const register of program.registers) {
    const hi = new Uint32Array(register.pair ? register.size : 0);
    file.set(register.name, { register, lo: new Uint32Array(register.size), hi });
  }
  resetRegisters(file);
  return file;
}

/** Every cell back to its initial value. */
export function resetRegisters(file: RegisterFile): void {
  for (const { register, lo, hi } of file.values()) {
    const mask = lowMask(register.cellBits);
    lo.fill((register.initial[0] ?? 0) & mask);
    hi.fill((register.initial[1] ?? 0) & mask);
  }
}

/** What one access did, for the tracer. */
export interface SaluAccess {
  index: number;
  oldLo: number;
  oldHi: number;
  newLo: number;
  newHi: number;
}

/** The values a stateful ALU sees during one access. */
interface Cell {
  lo: number;
  hi: number;
  readonly input: Uint32Array;
}

type CellRead = (cell: Cell) => number;

function readSalu(operand: SaluOperand, bits: number): CellRead {
  switch (operand.kind) {
    case 'lo':
      return (cell) => cell.lo;
    case 'hi':
      return (cell) => cell.hi;
    case 'input': {
      const { index } = operand;
      return (cell) => cell.input[index];
    }
    case 'const': {
      const value = (operand.value & lowMask(bits)) >>> 0;
      return () => value;
    }
  }
}

/** Conditions compare at the cell's width; differences wrap at that width. */
function compileCondition(condition: SaluCondition, bits: number): (cell: Cell) => boolean {
  const a = readSalu(condition.a, bits);
  const minus = condition.minus ? readSalu(condition.minus, bits) : undefined;
  const b = readSalu(condition.b, bits);
  const mask = lowMask(bits);
  const view = condition.signed ? (value: number) => signed(value, bits) : (value: number) => (value & mask) >>> 0;
  const left = minus ? (cell: Cell) => view(a(cell) - minus(cell)) : (cell: Cell) => view(a(cell));
  const right = (cell: Cell) => view(b(cell));
  switch (condition.op) {
    case 'eq':
      return (cell) => left(cell) === right(cell);
    case 'ne':
      return (cell) => left(cell) !== right(cell);
    case 'lt':
      return (cell) => left(cell) < right(cell);
    case 'le':
      return (cell) => left(cell) <= right(cell);
    case 'gt':
      return (cell) => left(cell) > right(cell);
    case 'ge':
      return (cell) => left(cell) >= right(cell);
  }
}

function compute(op: SaluOp, a: number, b: number, bits: number): number {
  const [sa, sb] = [signed(a, bits), signed(b, bits)];
  switch (op) {
    case 'set':
      return a;
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'addSatS':
      return Math.max(-(2 ** (bits - 1)), Math.min(2 ** (bits - 1) - 1, sa + sb));
    case 'minU':
      return Math.min(a, b);
    case 'maxU':
      return Math.max(a, b);
    case 'minS':
      return Math.min(sa, sb);
    case 'maxS':
      return Math.max(sa, sb);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
  }
}

/** A predicate is a truth table over the conditions' outcomes; absent = always. */
function holds(when: number | undefined, outcome: number): boolean {
  return when === undefined || ((when >>> outcome) & 1) === 1;
}

function compileUpdate(update: SaluUpdate, bits: number): (cell: Cell, outcome: number, old: number) => number {
  const a = readSalu(update.a, bits);
  const b = update.b ? readSalu(update.b, bits) : () => 0;
  const mask = lowMask(bits);
  return (cell, outcome, old) =>
    holds(update.when, outcome) ? (compute(update.op, a(cell), b(cell), bits) & mask) >>> 0 : old;
}

export interface CompiledStateful {
  readonly run: Run;
  readonly register: string;
  readonly action: string;
  /** Bits of the register's cells if they are computed with as signed numbers, which a trace then shows. */
  readonly signedBits: number | undefined;
  /** Filled by each run. */
  readonly last: SaluAccess;
  readonly outputs: readonly string[];
}

/** Sends the words to the PHV; several outputs to one field are OR-ed (at most one predicate holds in a sane program). */
function compileOutputs(action: StatefulAction, layout: Layout) {
  const slots = action.outputs.map((output) => slotOf(layout, output.dst));
  return (machine: Machine, access: SaluAccess, outcome: number) => {
    for (let o = 0; o < slots.length; o++) {
      const { when, value } = action.outputs[o];
      const { at, wide, maskLo, name } = slots[o];
      const first = slots.findIndex((slot) => slot.at === at) === o;
      if (first) markWrite(machine, at, name);
      const word = value === 'cond0' ? outcome & 1 : value === 'cond1' ? (outcome >>> 1) & 1 : access[value];
      machine.next[at] = (first ? 0 : machine.next[at]) | (holds(when, outcome) ? word & maskLo : 0);
      if (wide) machine.next[at + 1] = 0;
    }
  };
}

const SIGNED: readonly SaluUpdate['op'][] = ['addSatS', 'minS', 'maxS'];

/** Bits of a register's cells if some action of it computes with them as signed numbers. */
function signedBitsOf(program: Program, { name, cellBits }: Register): number | undefined {
  const own = program.stateful.filter(({ register }) => register === name);
  return own.some(({ updates }) => updates.some(({ op }) => SIGNED.includes(op))) ? cellBits : undefined;
}

/** The call of a stateful ALU by an action, as a closure over the register's cells. */
export function compileStateful(
  program: Program,
  layout: Layout,
  action: Action,
  file: RegisterFile,
): CompiledStateful {
  const call = action.stateful!;
  const salu = program.stateful.find((candidate) => candidate.name === call.run);
  const state = salu && file.get(salu.register);
  if (!salu || !state) throw new Error(`action ${action.name} calls ${call.run}, which has no register`);
  const { cellBits, size } = state.register;
  const scope = { layout, action };
  const index = slotOf(layout, call.index);
  const inputs = salu.inputs.map((operand: Operand) => readCut(scope, operand, cellBits));
  const conditions = salu.conditions.map((condition) => compileCondition(condition, cellBits));
  const updates = salu.updates.map((update) => ({ half: update.cell, apply: compileUpdate(update, cellBits) }));
  const emit = compileOutputs(salu, layout);
  const cell: Cell = { lo: 0, hi: 0, input: new Uint32Array(Math.max(inputs.length, 2)) };
  const last: SaluAccess = { index: 0, oldLo: 0, oldHi: 0, newLo: 0, newHi: 0 };
  const run = (machine: Machine) => {
    last.index = machine.now[index.at] % size;
    cell.lo = last.oldLo = last.newLo = state.lo[last.index];
    cell.hi = last.oldHi = last.newHi = state.register.pair ? state.hi[last.index] : 0;
    for (let i = 0; i < inputs.length; i++) cell.input[i] = inputs[i](machine);
    let outcome = 0;
    for (let c = 0; c < conditions.length; c++) if (conditions[c](cell)) outcome |= 1 << c;
    for (const { half, apply } of updates) {
      if (half === 'lo') last.newLo = apply(cell, outcome, last.newLo);
      else last.newHi = apply(cell, outcome, last.newHi);
    }
    state.lo[last.index] = last.newLo;
    if (state.register.pair) state.hi[last.index] = last.newHi;
    emit(machine, last, outcome);
  };
  const outputs = salu.outputs.map((output) => output.dst);
  const signedBits = signedBitsOf(program, state.register);
  return { run, register: salu.register, action: salu.name, signedBits, last, outputs };
}
