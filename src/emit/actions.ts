/** Actions of one gress as P4, each with its parameters; statements ordered so that all read the values at entry. */

import { fail } from '../problem.ts';
import type { Action, Gress, Instruction } from '../program/index.ts';
import { type Context, indent } from './context.ts';
import { assignment, type Reader, resize, type Text } from './expression.ts';
import { planHash } from './hashes.ts';
import { type Item, orderItems } from './order.ts';
import { executeLines } from './stateful-tofino.ts';
import { statefulV1 } from './stateful-v1model.ts';

interface Statement extends Item {
  readonly lines: (reader: Reader) => string[];
}

/** First id of actions and tables in P4Runtime (their type prefix), so that entries can be written without a P4Info file. */
export const ACTION_ID = 0x01000000;
export const TABLE_ID = 0x02000000;

/** P4Runtime id of an action: its place in the program, ingress and egress apart. */
export function actionId(context: Context, name: string, gress: Gress): number {
  return (
    ACTION_ID + 1 + context.program.actions.findIndex((one) => one.name === name) + (gress === 'egress' ? 0x8000 : 0)
  );
}

export function tableId(context: Context, name: string): number {
  return TABLE_ID + 1 + context.program.tables.findIndex((one) => one.name === name);
}

/** P4 names of an action's parameters. */
export function paramNames(action: Action): string[] {
  const used = new Set<string>();
  return action.params.map((param, p) => {
    const plain = param.name.replace(/\W+/g, '_');
    const name = /^[A-Za-z]\w*$/.test(plain) && !used.has(plain) ? `d_${plain}` : `d_${p}`;
    used.add(plain);
    return name;
  });
}

/** The fields that an operation on `instruction` reads, its destination left out unless it keeps part of it. */
function readsOf(context: Context, one: Instruction): string[] {
  if (one.op === 'hash') return context.at.hash.get(one.hash)!.parts.flatMap((part) => part.xor);
  const operands = 'b' in one ? [one.a, one.b] : [one.a];
  const fields = operands.flatMap((operand) => (operand.kind === 'field' ? [operand.field] : []));
  return one.op === 'cmov' ? [...fields, one.when] : fields;
}

function hashLines(
  context: Context,
  one: Extract<Instruction, { op: 'hash' }>,
  action: Action,
  reader: Reader,
): string[] {
  const { gress } = reader;
  const plan = planHash(context, context.at.hash.get(one.hash)!, gress);
  const dst = context.field(one.dst, gress);
  const bits = context.bits(one.dst);
  if (context.tofino)
    return [`${dst} = ${hashInstance(context, action.name, one, gress)}.get({ ${plan.parts.join(', ')} });`];
  const crc = `crc_${context.member(one.dst)}`;
  return [
    `bit<32> ${crc};`,
    `hash(${crc}, HashAlgorithm.crc32, 32w0, { ${plan.parts.join(', ')} }, 64w0x100000000);`,
    `${dst} = ${resize({ text: crc, bits: 32 }, bits)};`,
  ];
}

/** Extern instance behind one hash instruction (Tofino: one use each). */
export function hashInstance(
  context: Context,
  action: string,
  one: Extract<Instruction, { op: 'hash' }>,
  gress: Gress,
): string {
  return context.control[gress].nameOf(`unit ${action} ${context.member(one.dst)}`);
}

/** Statements of an action before ordering. */
function statementsOf(context: Context, action: Action): Statement[] {
  const list = action.instructions.map((one): Statement => {
    const lines = (reader: Reader) => {
      if (one.op === 'hash') return hashLines(context, one, action, reader);
      // On Tofino the control tests the condition of a move before it applies the table.
      if (one.op === 'cmov' && context.tofino) return [assignment(reader, { op: 'set', dst: one.dst, a: one.a })];
      return [assignment(reader, one)];
    };
    return { writes: [one.dst], reads: readsOf(context, one), lines };
  });
  const { stateful } = action;
  if (!stateful) return list;
  const salu = context.at.stateful.get(stateful.run)!;
  const inputs = salu.inputs.flatMap((one) => (one.kind === 'field' ? [one.field] : []));
  const call: Statement = {
    writes: [...new Set(salu.outputs.map((one) => one.dst))],
    reads: [stateful.index, ...inputs],
    lines: (reader) =>
      context.tofino ? executeLines(reader, stateful.run, stateful.index) : statefulV1(reader, stateful),
  };
  return [call, ...list];
}

/** The action's P4 text. */
export function actionLines(context: Context, action: Action, gress: Gress): string[] {
  const names = paramNames(action);
  const params = new Map(
    action.params.map((param, p): [string, Text] => [param.name, { text: names[p], bits: param.bits }]),
  );
  const { items, save } = orderItems(statementsOf(context, action));
  const saved = new Map(save.map((field, i) => [field, `old_${i}_${context.member(field)}`]));
  const reader: Reader = { context, gress, params, saved };
  const keeps = save.map(
    (field) => `bit<${context.bits(field)}> ${saved.get(field)} = ${context.field(field, gress)};`,
  );
  const body = [...keeps, ...items.flatMap((one) => one.lines(reader))];
  if (context.tofino) checkTofino(context, action);
  const list = action.params.map((param, p) => `bit<${param.bits}> ${names[p]}`).join(', ');
  const name = context.control[gress].nameOf(`action ${action.name}`);
  const head = `action ${name}(${list})`;
  // P4Runtime entries name actions by id; BF-Runtime ones by name.
  const id = context.tofino ? [] : [`@id(${actionId(context, action.name, gress)})`];
  return body.length === 0 ? [...id, `${head} { }`] : [...id, `${head} {`, ...indent(body), '}'];
}

/**
 * The field that guards an action of conditional moves on Tofino: actions there cannot test fields, so the control tests it and
 * the moves become plain ones. Only where all instructions share the guard and nothing else happens.
 */
export function moveGuard(action: Action): string | undefined {
  const guards = new Set(action.instructions.map((one) => (one.op === 'cmov' ? one.when : '')));
  const [guard] = guards;
  return guards.size === 1 && guard !== '' && !action.stateful ? guard : undefined;
}

/** What an action cannot do on Tofino, with the reason. */
function checkTofino(context: Context, action: Action): void {
  for (const one of action.instructions) {
    const bits = context.bits(one.dst);
    const where = `action ${action.name}`;
    if (one.op === 'cmov' && moveGuard(action) === undefined) {
      fail({
        code: 'EMIT-UNSUPPORTED',
        message: `a Tofino action cannot test a field (conditional move into ${one.dst})`,
        where,
        hint: 'put the moves of one condition into a keyless table of their own',
      });
    }
    if (/^(add|sub)Sat|^m(in|ax)S$|^shrS$/.test(one.op) && bits !== 8 && bits !== 16 && bits !== 32) {
      fail({
        code: 'EMIT-WIDTH',
        message: `${one.op} into ${one.dst}: saturating and signed instructions need a whole container`,
        where,
        need: '8, 16 or 32 bits',
        have: `${bits}`,
      });
    }
    if (/^(eq|ne|[lg][te][US])$/.test(one.op) && context.settings.target === 'tna') {
      fail({
        code: 'EMIT-UNSUPPORTED',
        message: `Tofino 1 cannot compare into a field (${one.op} into ${one.dst})`,
        where,
        hint: 'subtract, and test the sign bit in the next stage, or emit for t2na',
      });
    }
  }
}
