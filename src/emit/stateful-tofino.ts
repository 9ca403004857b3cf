/** Stateful actions as TNA registers and RegisterActions: declarations, what a stateful ALU can read, and calls. */

import { fail } from '../problem.ts';
import type { Gress, Register, SaluOperand, StatefulAction } from '../program/index.ts';
import { type Context, indent } from './context.ts';
import { literal, type Reader, readField, resize } from './expression.ts';
import { bodyLines } from './salu-order.ts';
import { cellType, outputWords, type Salu, wordBits } from './salu-text.ts';

export function indexBits(register: Register): number {
  return Math.max(1, Math.round(Math.log2(register.size)));
}

export function registerDeclarationTofino(context: Context, one: Register, gress: Gress): string[] {
  const name = context.control[gress].nameOf(`register ${one.name}`);
  const values = one.initial.map((value) => literal(value, one.cellBits));
  const initial = one.pair ? `{ ${values.join(', ')} }` : values[0];
  const type = `Register<${cellType(one)}, bit<${indexBits(one)}>>`;
  return [`${type}(32w${one.size}, ${initial}) ${name};${one.note ? `  // ${one.note}` : ''}`];
}

/** The RegisterAction of a stateful action. */
export function registerAction(context: Context, action: StatefulAction, gress: Gress): string[] {
  const register = context.at.register.get(action.register)!;
  const words = outputWords(action);
  const params = action.inputs.find((one) => one.kind === 'param');
  if (params) {
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: 'a RegisterAction cannot read action data',
      where: `stateful action ${action.name}`,
      hint: 'put the parameter into a field in an earlier table',
    });
  }
  if (words.length > 1 && context.settings.target === 'tna') {
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: 'Tofino 1 sends one word to the PHV',
      where: `stateful action ${action.name}`,
    });
  }
  checkOperands(action, register);
  const reader: Reader = { context, gress, params: new Map(), saved: new Map() };
  const salu: Salu = { reader, action, register, bits: register.cellBits, words, from: 'value' };
  const scope = context.control[gress];
  const wordType = (dst: string) => `bit<${wordBits(action, dst, register.cellBits)}>`;
  const kind = words.length > 1 ? `RegisterAction${words.length}` : 'RegisterAction';
  const types = [
    cellType(register),
    `bit<${indexBits(register)}>`,
    ...(words.length > 0 ? words.map(wordType) : [`bit<${register.cellBits}>`]),
  ];
  const outs = words.map((dst, i) => `, out ${wordType(dst)} rv${i}`).join('');
  return [
    `${kind}<${types.join(', ')}>(${scope.nameOf(`register ${register.name}`)}) ${scope.nameOf(`stateful ${action.name}`)} = {`,
    `    void apply(inout ${cellType(register)} value${outs}) {`,
    ...indent(indent(bodyLines(salu))),
    '    }',
    '};',
  ];
}

/**
 * What one instruction of a stateful ALU can read: one memory word, one PHV input, one constant (bf-asm salu_inst.cpp, CmpOP::decode:
 * "Can't have more than one … operand"); one-bit registers are set, cleared and read only (bf-p4c stateful_alu.cpp, createInstruction).
 */
function checkOperands(action: StatefulAction, register: Register): void {
  const where = `stateful action ${action.name}`;
  const check = (what: string, operands: readonly (SaluOperand | undefined)[]) => {
    const count = (test: (kind: string) => boolean) => operands.filter((one) => one && test(one.kind)).length;
    const two =
      count((kind) => kind === 'input') > 1
        ? 'PHV inputs'
        : count((kind) => kind === 'lo' || kind === 'hi') > 1
          ? 'memory words'
          : undefined;
    if (two === undefined) return;
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: `a stateful ALU reads one PHV input and one memory word an instruction: ${what} reads two ${two}`,
      where,
      hint: 'combine them in an earlier stage, or use a constant',
    });
  };
  action.conditions.forEach(({ a, minus, b }, c) => {
    check(`condition ${c}`, [a, minus, b]);
  });
  for (const { cell, a, b } of action.updates) check(`the update of ${cell}`, [a, b]);
  if (register.cellBits > 1) return;
  const simple =
    action.conditions.length === 0 &&
    action.updates.every((one) => one.op === 'set' && one.a.kind === 'const') &&
    action.outputs.every((one) => one.value === 'oldLo');
  if (!simple) {
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: 'a one-bit register can be set, cleared and read, nothing else',
      where,
      hint: 'use cells of 8 bits',
    });
  }
}

/** Statements that call it: outputs into their fields. */
export function executeLines(reader: Reader, run: string, index: string): string[] {
  const { context, gress } = reader;
  const action = context.at.stateful.get(run)!;
  const register = context.at.register.get(action.register)!;
  const words = outputWords(action);
  const at = resize(readField(reader, index), indexBits(register));
  const name = context.control[gress].nameOf(`stateful ${run}`);
  const width = (dst: string) => wordBits(action, dst, register.cellBits);
  // A word as wide as its field goes there without a local: an action whose statements depend on each other needs two stages.
  const direct = (dst: string) => width(dst) === context.bits(dst);
  const more = words.slice(1);
  const local = (dst: string) => `word${words.indexOf(dst)}`;
  const args = more.map((dst) => (direct(dst) ? context.field(dst, gress) : local(dst)));
  const call = `${name}.execute(${[at, ...args].join(', ')})`;
  if (words.length === 0) return [`${call};`];
  const into = (dst: string, text: string) =>
    `${context.field(dst, gress)} = ${resize({ text, bits: width(dst) }, context.bits(dst))};`;
  const cut = more.filter((dst) => !direct(dst));
  return [
    ...cut.map((dst) => `bit<${width(dst)}> ${local(dst)};`),
    into(words[0], call),
    ...cut.map((dst) => into(dst, local(dst))),
  ];
}
