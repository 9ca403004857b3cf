/** The words of a stateful action in TNA: operands, conditions, updates and outputs of one RegisterAction. */

import type { Register, SaluOperand, SaluOutput, SaluUpdate, StatefulAction } from '../program/index.ts';
import { compared, extreme, literal, type Reader, readOperand, resize, saturating, type Text } from './expression.ts';
import { holdsIn } from './predicate.ts';

/** Type of a register's cell. */
export function cellType(register: Register): string {
  return register.pair ? `pegasim_pair${register.cellBits}_t` : `bit<${register.cellBits}>`;
}

/** A stateful action being written. */
export interface Salu {
  readonly reader: Reader;
  readonly action: StatefulAction;
  readonly register: Register;
  readonly bits: number;
  readonly words: readonly string[];
  /** What conditions and operands read: the cell itself, or a copy of its value at entry. */
  readonly from: 'value' | 'in_value';
}

/** Destinations of a stateful action, one output word each. */
export function outputWords(action: StatefulAction): string[] {
  return [...new Set(action.outputs.map((one) => one.dst))];
}

/** Bits of an output word: a cell, or one bit where only conditions are sent. */
export function wordBits(action: StatefulAction, dst: string, cellBits: number): number {
  const outputs = action.outputs.filter((one) => one.dst === dst);
  return outputs.every((one) => one.value.startsWith('cond')) ? 1 : cellBits;
}

function operandText(salu: Salu, one: SaluOperand): string {
  if (one.kind === 'const') return literal(one.value, salu.bits);
  if (one.kind === 'input') {
    return resize(readOperand(salu.reader, salu.action.inputs[one.index], salu.bits), salu.bits);
  }
  return salu.register.pair ? `${salu.from}.${one.kind}` : salu.from;
}

/** An input field against a constant that fits it is compared at the field's own width: no cast stands in the way. */
function narrowInput(salu: Salu, c: number): Text | undefined {
  const { op, a, minus, b, signed } = salu.action.conditions[c];
  if (a.kind !== 'input' || b.kind !== 'const' || minus || (signed && op !== 'eq' && op !== 'ne')) return undefined;
  const text = readOperand(salu.reader, salu.action.inputs[a.index], salu.bits);
  return text.bits < salu.bits && b.value >= 0 && b.value < 2 ** text.bits ? text : undefined;
}

export function conditionText(salu: Salu, c: number, positive: boolean): string {
  const { op, a, minus, b, signed } = salu.action.conditions[c];
  const negated = { eq: 'ne', ne: 'eq', lt: 'ge', ge: 'lt', le: 'gt', gt: 'le' } as const;
  const narrow = b.kind === 'const' ? narrowInput(salu, c) : undefined;
  if (narrow && b.kind === 'const') {
    return compared(positive ? op : negated[op], false, narrow.text, literal(b.value, narrow.bits), narrow.bits);
  }
  if (minus && signed) return signedDifference(salu, positive ? op : negated[op], a, minus, b);
  const left = minus ? `(${operandText(salu, a)} - ${operandText(salu, minus)})` : operandText(salu, a);
  return compared(positive ? op : negated[op], signed, left, operandText(salu, b), salu.bits);
}

const ORDER: Readonly<Record<string, string>> = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };

/**
 * A wrapped difference as a signed number. The subtraction itself must be of signed operands: only then does the compiler take the
 * comparison whose inputs are unsigned and whose result is signed (`.uus`, bf-p4c stateful_alu.cpp, can_be_uus_cmp).
 */
function signedDifference(salu: Salu, op: string, a: SaluOperand, minus: SaluOperand, b: SaluOperand): string {
  const view = (one: SaluOperand) => `(int<${salu.bits}>)${operandText(salu, one)}`;
  const value = b.kind === 'const' ? Number(BigInt.asIntN(salu.bits, BigInt(b.value))) : 0;
  const constant = value < 0 ? `-${salu.bits}s${-value}` : `${salu.bits}s${value}`;
  return `${view(a)} - ${view(minus)} ${ORDER[op]} ${b.kind === 'const' ? constant : view(b)}`;
}

const SYMBOLS: Readonly<Record<string, string>> = { add: '+', sub: '-', and: '&', or: '|', xor: '^' };

export function updateText(salu: Salu, one: SaluUpdate): string {
  const cell = salu.register.pair ? `value.${one.cell}` : 'value';
  const a = operandText(salu, one.a);
  if (one.op === 'set') return `${cell} = ${a};`;
  const b = operandText(salu, one.b!);
  const text =
    one.op in SYMBOLS
      ? `${a} ${SYMBOLS[one.op]} ${b}`
      : one.op === 'addSatS'
        ? saturating(one.op, a, b, salu.bits)
        : extreme(true, one.op, a, b, salu.bits);
  return `${cell} = ${text};`;
}

export function outputText(salu: Salu, one: SaluOutput): string {
  const rv = `rv${salu.words.indexOf(one.dst)}`;
  const bits = wordBits(salu.action, one.dst, salu.bits);
  if (one.value.startsWith('cond')) return `${rv} = ${literal(1, bits)};`;
  const half = one.value.endsWith('Hi') ? 'hi' : 'lo';
  const from = one.value.startsWith('old') ? salu.from : 'value';
  return `${rv} = ${salu.register.pair ? `${from}.${half}` : from};`;
}

/** An output of a condition is 1 where both its predicate and the condition hold. */
export function outputTable(salu: Salu, one: SaluOutput): number | undefined {
  const outcomes = 2 ** salu.action.conditions.length;
  const condition = /^cond(\d)$/.exec(one.value);
  if (!condition) return one.when;
  let table = 0;
  for (let outcome = 0; outcome < outcomes; outcome++) {
    if (holdsIn(one.when, outcome) && (outcome >> Number(condition[1])) & 1) table += 2 ** outcome;
  }
  return table;
}
