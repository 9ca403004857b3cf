/**
 * Stateful actions as TNA RegisterActions. A RegisterAction body runs in order, a stateful ALU at once: statements that share a
 * predicate share an `if`, and wherever the order could show, everything reads a copy of the cell's value at entry.
 */

import { fail } from '../problem.ts';
import type { Gress, Register, SaluOperand, SaluOutput, SaluUpdate, StatefulAction } from '../program/index.ts';
import { type Context, indent } from './context.ts';
import {
  compared,
  extreme,
  literal,
  type Reader,
  readField,
  readOperand,
  resize,
  saturating,
  type Text,
} from './expression.ts';
import { feasibleOutcomes, holdsIn, isAlways, predicate } from './predicate.ts';

/** Type of a register's cell. */
export function cellType(register: Register): string {
  return register.pair ? `pegasim_pair${register.cellBits}_t` : `bit<${register.cellBits}>`;
}

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

interface Salu {
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
function wordBits(action: StatefulAction, dst: string, cellBits: number): number {
  const outputs = action.outputs.filter((one) => one.dst === dst);
  return outputs.every((one) => one.value.startsWith('cond')) ? 1 : cellBits;
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

function conditionText(salu: Salu, c: number, positive: boolean): string {
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

function updateText(salu: Salu, one: SaluUpdate): string {
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

function outputText(salu: Salu, one: SaluOutput): string {
  const rv = `rv${salu.words.indexOf(one.dst)}`;
  const bits = wordBits(salu.action, one.dst, salu.bits);
  if (one.value.startsWith('cond')) return `${rv} = ${literal(1, bits)};`;
  const half = one.value.endsWith('Hi') ? 'hi' : 'lo';
  const from = one.value.startsWith('old') ? salu.from : 'value';
  return `${rv} = ${salu.register.pair ? `${from}.${half}` : from};`;
}

/** An output of a condition is 1 where both its predicate and the condition hold. */
function outputTable(salu: Salu, one: SaluOutput): number | undefined {
  const outcomes = 2 ** salu.action.conditions.length;
  const condition = /^cond(\d)$/.exec(one.value);
  if (!condition) return one.when;
  let table = 0;
  for (let outcome = 0; outcome < outcomes; outcome++) {
    if (holdsIn(one.when, outcome) && (outcome >> Number(condition[1])) & 1) table += 2 ** outcome;
  }
  return table;
}

/** One statement with its predicate; `phase` 0: old values out, 1: updates, 2: new values out. */
interface Statement {
  readonly phase: 0 | 1 | 2;
  readonly when: number | undefined;
  readonly text: string;
  readonly reads: readonly string[];
  readonly writes?: string;
}

function statements(salu: Salu): Statement[] {
  const cells = (one: SaluOperand | undefined) => (one && (one.kind === 'lo' || one.kind === 'hi') ? [one.kind] : []);
  const updates = salu.action.updates.map((one): Statement => {
    const reads = [...cells(one.a), ...cells(one.b)];
    return { phase: 1, when: one.when, text: updateText(salu, one), reads, writes: one.cell };
  });
  const outputs = salu.action.outputs.map((one): Statement => {
    const old = !one.value.startsWith('new');
    const reads = one.value.startsWith('cond') ? [] : [one.value.endsWith('Hi') ? 'hi' : 'lo'];
    return { phase: old ? 0 : 2, when: outputTable(salu, one), text: outputText(salu, one), reads };
  });
  return [...outputs.filter((one) => one.phase === 0), ...updates, ...outputs.filter((one) => one.phase === 2)];
}

function bodyLines(salu: Salu): string[] {
  // Where no predicate of a word holds it is 0.
  const partial = salu.words.flatMap((dst, i) => {
    const tables = salu.action.outputs.filter((one) => one.dst === dst).map((one) => outputTable(salu, one));
    const always = tables.some((table) => isAlways(table, salu.action.conditions.length));
    return always ? [] : [`rv${i} = ${literal(0, wordBits(salu.action, dst, salu.bits))};`];
  });
  const grouped = groupedLines(salu);
  if (grouped) return [...partial, ...grouped];
  const [copy, ...rest] = savedLines({ ...salu, from: 'in_value' });
  return [copy, ...partial, ...rest];
}

/** One `if` a predicate, in phase order; undefined when an earlier write could change what a later statement reads. */
function groupedLines(salu: Salu): string[] | undefined {
  const count = salu.action.conditions.length;
  const groups: { when: number | undefined; list: Statement[] }[] = [];
  for (const one of statements(salu)) {
    const same = groups.find((group) => group.when === one.when);
    if (same) same.list.push(one);
    else groups.push({ when: one.when, list: [one] });
  }
  // Unconditional statements: old values out first, updates last.
  const always = groups.filter((group) => isAlways(group.when, count)).flatMap((group) => group.list);
  const first = always.filter((one) => one.phase === 0);
  const last = sortUpdates(always.filter((one) => one.phase > 0));
  const middle = groups.filter((group) => !isAlways(group.when, count) && group.when !== 0);
  const ordered: { when: number | undefined; list: Statement[] }[] = [
    { when: undefined, list: first },
    ...middle.map((group) => ({ when: group.when, list: sortUpdates(group.list) })),
    { when: undefined, list: last },
  ];
  if (!ordered.every((group) => group.list.length === 0 || orderSafe(group.list)) || !groupsSafe(salu, ordered))
    return undefined;
  return ordered.flatMap((group) => {
    if (group.list.length === 0) return [];
    const texts = group.list.map((one) => one.text);
    if (isAlways(group.when, count)) return texts;
    return [
      `if (${predicate(group.when, count, (c, positive) => conditionText(salu, c, positive), feasibleOutcomes(salu.action.conditions))}) {`,
      ...indent(texts),
      '}',
    ];
  });
}

/** Updates of a pair: the one that reads the other's cell comes first. */
function sortUpdates(list: readonly Statement[]): Statement[] {
  const rank = (one: Statement) => {
    if (one.phase !== 1) return one.phase * 10;
    return list.some((other) => other !== one && other.phase === 1 && other.reads.includes(one.writes!)) ? 11 : 10;
  };
  return [...list].sort((a, b) => rank(a) - rank(b));
}

/** No statement of a list reads, as an old value, what an earlier one wrote. */
function orderSafe(list: readonly Statement[]): boolean {
  const written = new Set<string>();
  for (const one of list) {
    if (one.phase < 2 && one.reads.some((cell) => written.has(cell))) return false;
    if (one.writes) written.add(one.writes);
  }
  return true;
}

/** The same with the cell's entry value in a local: conditions and operands read that, whatever has been written. */
function savedLines(salu: Salu): string[] {
  const { conditions } = salu.action;
  const feasible = feasibleOutcomes(conditions);
  const lines = statements(salu).flatMap((one) => {
    if (isAlways(one.when, conditions.length)) return [one.text];
    const test = predicate(one.when, conditions.length, (c, positive) => conditionText(salu, c, positive), feasible);
    return test === 'false' ? [] : [`if (${test}) {`, `    ${one.text}`, '}'];
  });
  return [`${cellType(salu.register)} in_value = value;`, ...lines];
}

interface Group {
  readonly when: number | undefined;
  readonly list: readonly Statement[];
}

/**
 * Conditions must not see the writes of earlier groups at all, and values must not see those that happen for the same packet:
 * what groups of disjoint predicates write and read does not meet.
 */
function groupsSafe(salu: Salu, groups: readonly Group[]): boolean {
  const count = salu.action.conditions.length;
  const tested = salu.action.conditions.flatMap((one) => [one.a, one.minus, one.b]).map((one) => one?.kind);
  return groups.every((group, g) => {
    const earlier = groups
      .slice(0, g)
      .flatMap((one) => one.list.flatMap(({ writes }) => (writes === undefined ? [] : [{ writes, when: one.when }])));
    if (!isAlways(group.when, count) && earlier.some(({ writes }) => tested.includes(writes as 'lo' | 'hi')))
      return false;
    const meets = (cell: string) =>
      earlier.some(({ writes, when }) => writes === cell && together(when, group.when, count));
    // New values (phase 2) come out last, when every update has been made.
    return group.list.every((one) =>
      one.phase === 2 ? isAlways(group.when, count) || g === groups.length - 1 : !one.reads.some(meets),
    );
  });
}

/** Can two predicates hold in one outcome? */
function together(a: number | undefined, b: number | undefined, conditions: number): boolean {
  return Array.from({ length: 2 ** conditions }, (_, one) => one).some((one) => holdsIn(a, one) && holdsIn(b, one));
}
