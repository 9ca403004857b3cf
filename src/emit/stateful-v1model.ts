/** Stateful actions on v1model: read the cell(s), decide, write back — plain statements inside the action. */

import type { Register, SaluOperand, SaluUpdate, StatefulAction, StatefulCall } from '../program/index.ts';
import type { Context } from './context.ts';
import { compared, extreme, literal, type Reader, readField, readOperand, resize } from './expression.ts';
import { isAlways, predicate } from './predicate.ts';

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
    lines.push(`bit<1> c${c} = (${conditionText(salu, c)} ? 1w1 : 1w0);`);
  });
  for (const half of halves) lines.push(`bit<${salu.bits}> new_${half} = ${updatedText(salu, half)};`);
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

function chosen(salu: Salu, when: number | undefined, yes: string, no: string): string {
  const count = salu.action.conditions.length;
  if (isAlways(when, count)) return yes;
  const test = predicate(when, count, (c, positive) => `c${c} == ${positive ? '1w1' : '1w0'}`);
  return test === 'false' ? no : `(${test} ? ${yes} : ${no})`;
}

/** New value of a cell half: disjoint updates nest, the cell's old value is what is left. */
function updatedText(salu: Salu, half: 'lo' | 'hi'): string {
  const updates = salu.action.updates.filter((one) => one.cell === half);
  return updates.reduceRight((rest, one) => chosen(salu, one.when, valueText(salu, one), rest), half as string);
}

const SYMBOLS: Readonly<Record<string, string>> = { add: '+', sub: '-', and: '&', or: '|', xor: '^' };

function valueText(salu: Salu, one: SaluUpdate): string {
  const a = operandText(salu, one.a);
  if (one.op === 'set') return a;
  const b = operandText(salu, one.b!);
  if (one.op in SYMBOLS) return `(${a} ${SYMBOLS[one.op]} ${b})`;
  return extreme(false, one.op, a, b, salu.bits);
}

const OUTPUTS = { oldLo: 'lo', oldHi: 'hi', newLo: 'new_lo', newHi: 'new_hi', cond0: 'c0', cond1: 'c1' } as const;

/** Outputs of one destination have disjoint predicates: they nest; where none holds the word is 0. */
function outputLines(salu: Salu): string[] {
  const { context, gress } = salu.reader;
  const lines: string[] = [];
  for (const dst of new Set(salu.action.outputs.map((one) => one.dst))) {
    const bits = context.bits(dst);
    const outputs = salu.action.outputs.filter((one) => one.dst === dst);
    const text = outputs.reduceRight(
      (rest, one) => {
        const width = one.value.startsWith('cond') ? 1 : salu.bits;
        return chosen(salu, one.when, resize({ text: OUTPUTS[one.value], bits: width }, bits), rest);
      },
      literal(0, bits),
    );
    lines.push(`${context.field(dst, gress)} = ${text};`);
  }
  return lines;
}
