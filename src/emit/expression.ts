/** Instructions as P4-16 statements. Operands are read at the destination's width, as PROGRAM.md says. */

import type { Gress, Instruction, Operand } from '../program/index.ts';
import { COMPARE_OPS, toUnsigned } from '../program/index.ts';
import type { Context } from './context.ts';

/** A P4 expression of type bit<bits>. */
export interface Text {
  readonly text: string;
  readonly bits: number;
}

/** Reads operands inside one action: fields by gress (some renamed to saved copies), parameters, constants. */
export interface Reader {
  readonly context: Context;
  readonly gress: Gress;
  readonly params: ReadonlyMap<string, Text>;
  /** Field name → local that holds its value at entry. */
  readonly saved: ReadonlyMap<string, string>;
}

/** Literal of a width, signed values wrapped. */
export function literal(value: number | bigint, bits: number): string {
  if (typeof value === 'bigint' || bits > 32) return `${bits}w${BigInt.asUintN(bits, BigInt(value))}`;
  return `${bits}w${toUnsigned(value, bits)}`;
}

/** The same value in another width: zero-extended or cut. */
export function resize(one: Text, bits: number): string {
  return one.bits === bits ? one.text : `(bit<${bits}>)${one.text}`;
}

export function readField(reader: Reader, name: string): Text {
  const saved = reader.saved.get(name);
  return { text: saved ?? reader.context.field(name, reader.gress), bits: reader.context.bits(name) };
}

/** An operand at its own width; constants take `bits`. */
export function readOperand(reader: Reader, one: Operand, bits: number): Text {
  if (one.kind === 'field') return readField(reader, one.field);
  if (one.kind === 'param') return reader.params.get(one.param)!;
  return { text: literal(one.value, bits), bits };
}

function cut(reader: Reader, one: Operand, bits: number): string {
  return resize(readOperand(reader, one, bits), bits);
}

/** A signed view of a bit<w> expression, w ≥ 2: compilers refuse int<1>. */
export function signedText(text: string, bits: number): string {
  return `(int<${bits}>)${/^([\w.]+|\(.*\))$/.test(text) ? text : `(${text})`}`;
}

const FLIPPED: Readonly<Record<string, string>> = { lt: 'gt', gt: 'lt', le: 'ge', ge: 'le' };

/** A comparison of two bit<w> expressions as numbers, signed or not. One signed bit is 0 or −1: its order is turned round. */
export function compared(op: string, signed: boolean, a: string, b: string, bits: number): string {
  const kind = op.slice(0, 2);
  // Compilers warn about unsigned ≤ 0.
  if (!signed && /^\d+w0$/.test(b) && (kind === 'le' || kind === 'gt'))
    return `${a} ${kind === 'le' ? '==' : '!='} ${b}`;
  if (!signed || kind === 'eq' || kind === 'ne') return `${a} ${SYMBOLS[kind]} ${b}`;
  if (bits === 1) return `${a} ${SYMBOLS[FLIPPED[kind]]} ${b}`;
  return `${signedText(a, bits)} ${SYMBOLS[kind]} ${signedText(b, bits)}`;
}

/** Signed operations on one bit (0 or −1) without int<1>. */
function oneBitText(op: string, a: string, b: string): string | undefined {
  if (op === 'minS' || op === 'addSatS') return `${a} | ${b}`;
  if (op === 'maxS') return `${a} & ${b}`;
  return op === 'subSatS' ? `${a} & ~${b}` : undefined;
}

const SYMBOLS: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  and: '&',
  or: '|',
  xor: '^',
  addSatU: '|+|',
  subSatU: '|-|',
  addSatS: '|+|',
  subSatS: '|-|',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

/** Signed saturating addition or subtraction of two bit<w> expressions. */
export function saturating(op: string, a: string, b: string, bits: number): string {
  if (bits === 1) return `(${oneBitText(op, a, b)})`;
  return `(bit<${bits}>)(${signedText(a, bits)} ${SYMBOLS[op]} ${signedText(b, bits)})`;
}

/** Smaller or larger of two bit<w> expressions; the Tofino compiler has functions for it. */
export function extreme(tofino: boolean, op: string, a: string, b: string, bits: number): string {
  const signed = op.endsWith('S');
  if (signed && bits === 1) return `(${oneBitText(op, a, b)})`;
  const name = op.slice(0, 3);
  if (!tofino) return `(${compared(name === 'min' ? 'lt' : 'gt', signed, a, b, bits)} ? ${a} : ${b})`;
  return signed ? `(bit<${bits}>)${name}(${signedText(a, bits)}, ${signedText(b, bits)})` : `${name}(${a}, ${b})`;
}

function binaryText(reader: Reader, op: string, a: Operand, b: Operand, bits: number): string {
  const [x, y] = [cut(reader, a, bits), cut(reader, b, bits)];
  if (bits === 1 && op.endsWith('S')) return oneBitText(op, x, y)!;
  if (/^m(in|ax)/.test(op)) return extreme(reader.context.tofino, op, x, y, bits);
  if (/SatS$/.test(op)) return saturating(op, x, y, bits);
  return `${x} ${SYMBOLS[op]} ${y}`;
}

/** Both sides at the width of operand a (of b where a is no field). */
function compareText(reader: Reader, op: string, a: Operand, b: Operand): string {
  const widths = [a, b].map((one) => (one.kind === 'const' ? undefined : readOperand(reader, one, 32).bits));
  const bits = widths[0] ?? widths[1] ?? 32;
  const [x, y] = [cut(reader, a, bits), cut(reader, b, bits)];
  return compared(op, op.endsWith('S'), x, y, bits);
}

/** Bits low .. low+bits-1 of an expression; whole values are left alone. */
export function slice(one: Text, low: number, bits: number): Text {
  if (low === 0 && bits === one.bits) return one;
  return { text: `${one.text}[${low + bits - 1}:${low}]`, bits };
}

/** `dst = …;` for one instruction (`hash` is written elsewhere: it needs an extern). */
export function assignment(reader: Reader, one: Exclude<Instruction, { op: 'hash' }>): string {
  const { context, gress } = reader;
  const dst = context.field(one.dst, gress);
  const bits = context.bits(one.dst);
  if (one.op === 'deposit') {
    const from = slice(readOperand(reader, one.a, 32), one.low, one.bits);
    const whole = one.dstLow === 0 && one.bits === bits;
    return whole ? `${dst} = ${from.text};` : `${dst}[${one.dstLow + one.bits - 1}:${one.dstLow}] = ${from.text};`;
  }
  return `${dst} = ${valueText(reader, one, bits)};`;
}

function valueText(reader: Reader, one: Exclude<Instruction, { op: 'hash' | 'deposit' }>, bits: number): string {
  switch (one.op) {
    case 'set':
      return cut(reader, one.a, bits);
    case 'not':
      return `~${cut(reader, one.a, bits)}`;
    case 'shl':
    case 'shrU':
    case 'shrS': {
      const a = cut(reader, one.a, bits);
      if (one.op === 'shrS' && bits === 1) return a;
      if (one.op === 'shrS') return `(bit<${bits}>)(${signedText(a, bits)} >> ${one.by})`;
      return `${a} ${one.op === 'shl' ? '<<' : '>>'} ${one.by}`;
    }
    case 'slice':
      return resize(slice(readOperand(reader, one.a, 32), one.low, one.bits), bits);
    case 'cmov': {
      const when = readField(reader, one.when);
      const old = readField(reader, one.dst);
      return `(${when.text} != ${literal(0, when.bits)} ? ${cut(reader, one.a, bits)} : ${old.text})`;
    }
    default: {
      if (!COMPARE_OPS.has(one.op)) return binaryText(reader, one.op, one.a, one.b, bits);
      const test = compareText(reader, one.op, one.a, one.b);
      return bits === 1 ? `(bit<1>)(${test})` : `(bit<${bits}>)(bit<1>)(${test})`;
    }
  }
}
