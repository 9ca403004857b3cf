/** Stateful actions on v1model: read the cell(s), decide, write back — plain statements inside the action. */

import type { Register, SaluOperand, SaluUpdate, StatefulAction, StatefulCall } from '../program/index.ts';
import type { Context } from './context.ts';
import { compared, extreme, literal, type Reader, readField, readOperand, resize, saturating } from './expression.ts';
import { BITWISE, feasibleOutcomes, isAlways, predicate } from './predicate.ts';

/** Arrays behind a register: one, or two for a pair. */
export function registerArrays(context: Context, one: Register, gress: 'ingress' | 'egress'): string[] {
  const name = context.control[gress].nameOf(`register ${one.name}`);
  return one.pair ? [`${name}_lo`, `${name}_hi`] : [name];
}

/** Declarations of a register. Cells start at 0 in bmv2: a cell holds its value XOR the initial value. */
export function registerDeclarationV1(context: Context, one: Register, gress: 'ingress' | 'egress'): string[] {
  return registerArrays(context, one, gress).map(
    (name) => `register<bit<${one.cellBits}>>(32w${one.size}) ${name};${one.note ? `  // ${one.note}` : ''}`,
  );
}

interface Salu {
  readonly reader: Reader;
  readonly action: StatefulAction;
  readonly register: Register;
  readonly bits: number;
}

/** The statements of one stateful call; outputs are assigned last. Locals are named after the stateful action. */
export function statefulV1(reader: Reader, call: StatefulCall): string[] {
  const { context, gress } = reader;
  const action = context.at.stateful.get(call.run)!;
  const register = context.at.register.get(action.register)!;
  const salu: Salu = { reader, action, register, bits: register.cellBits };
  const arrays = registerArrays(context, register, gress);
  const at = readField(reader, call.index);
  const lines = [`bit<32> cell = ${resize(at, 32)} & 32w${register.size - 1};`];
  const halves = (register.pair ? ['lo', 'hi'] : ['lo']) as ('lo' | 'hi')[];
  halves.forEach((half, h) => {
    const start = literal(register.initial[h], salu.bits);
    lines.push(`bit<${salu.bits}> ${half};`, `${arrays[h]}.read(${half}, cell);`);
    if (start !== literal(0, salu.bits)) lines.push(`${half} = ${half} ^ ${start};`);
  });
  action.inputs.forEach((input, i) => {
    lines.push(`bit<${salu.bits}> in${i} = ${resize(readOperand(reader, input, salu.bits), salu.bits)};`);
  });
  action.conditions.forEach((_, c) => {
    lines.push(`bit<1> c${c} = (bit<1>)(${conditionText(salu, c)});`);
  });
  for (const half of halves) lines.push(...updateLines(salu, half));
  halves.forEach((half, h) => {
    const start = literal(register.initial[h], salu.bits);
    const stored = start === literal(0, salu.bits) ? `new_${half}` : `new_${half} ^ ${start}`;
    lines.push(`${arrays[h]}.write(cell, ${stored});`);
  });
  return [...lines, ...outputLines(salu)];
}

function operandText(salu: Salu, one: SaluOperand): string {
  if (one.kind === 'const') return literal(one.value, salu.bits);
  return one.kind === 'input' ? `in${one.index}` : one.kind;
}

function conditionText(salu: Salu, c: number): string {
  const { op, a, minus, b, signed } = salu.action.conditions[c];
  const left = minus ? `(${operandText(salu, a)} - ${operandText(salu, minus)})` : operandText(salu, a);
  return compared(op, signed, left, operandText(salu, b), salu.bits);
}

/** One bit: does the predicate hold? `undefined`: always; an empty text: never. */
function holds(salu: Salu, when: number | undefined): string | undefined {
  const count = salu.action.conditions.length;
  if (isAlways(when, count)) return undefined;
  const term = (c: number, positive: boolean) => (positive ? `c${c}` : `~c${c}`);
  const text = predicate(when, count, term, feasibleOutcomes(salu.action.conditions), BITWISE);
  return text === 'false' ? '' : text;
}

/**
 * `to = (bit == 1 ? yes : no);` with no conditional inside another and no `&&`: the compiler turns a conditional of an action into
 * statements and back into one expression (predication), which is simplest, and safest, one level deep.
 */
function choice(to: string, bit: string, yes: string, no: string): string {
  const test = /^\w+$/.test(bit) ? `${bit} == 1w1` : `(${bit}) == 1w1`;
  return `${to} = (${test} ? ${yes} : ${no});`;
}

/** New value of a cell half: updates have disjoint predicates and read what held at entry, so each stands for itself. */
function updateLines(salu: Salu, half: 'lo' | 'hi'): string[] {
  const updates = salu.action.updates.filter((one) => one.cell === half);
  const lines = [`bit<${salu.bits}> new_${half} = ${half};`];
  updates.forEach((one, u) => {
    const bit = holds(salu, one.when);
    if (bit === '') return;
    let value = valueText(salu, one);
    if (bit !== undefined && / [?] /.test(value)) {
      lines.push(`bit<${salu.bits}> value_${half}${u} = ${value};`);
      value = `value_${half}${u}`;
    }
    lines.push(bit === undefined ? `new_${half} = ${value};` : choice(`new_${half}`, bit, value, `new_${half}`));
  });
  return lines;
}

const SYMBOLS: Readonly<Record<string, string>> = { add: '+', sub: '-', and: '&', or: '|', xor: '^' };

function valueText(salu: Salu, one: SaluUpdate): string {
  const a = operandText(salu, one.a);
  if (one.op === 'set') return a;
  const b = operandText(salu, one.b!);
  if (one.op in SYMBOLS) return `${a} ${SYMBOLS[one.op]} ${b}`;
  if (one.op === 'addSatS') return saturating(one.op, a, b, salu.bits);
  return extreme(false, one.op, a, b, salu.bits);
}

const OUTPUTS = { oldLo: 'lo', oldHi: 'hi', newLo: 'new_lo', newHi: 'new_hi', cond0: 'c0', cond1: 'c1' } as const;

/** Outputs of one destination have disjoint predicates; where none holds the word is 0. */
function outputLines(salu: Salu): string[] {
  const { context, gress } = salu.reader;
  const lines: string[] = [];
  for (const dst of new Set(salu.action.outputs.map((one) => one.dst))) {
    const bits = context.bits(dst);
    const to = context.field(dst, gress);
    let rest = literal(0, bits);
    const set: string[] = [];
    for (const one of salu.action.outputs.filter((other) => other.dst === dst)) {
      const bit = holds(salu, one.when);
      if (bit === '') continue;
      const width = one.value.startsWith('cond') ? 1 : salu.bits;
      const text = resize({ text: OUTPUTS[one.value], bits: width }, bits);
      set.push(bit === undefined ? `${to} = ${text};` : choice(to, bit, text, rest));
      rest = to;
    }
    lines.push(...(set.length > 0 ? set : [`${to} = ${rest};`]));
  }
  return lines;
}
