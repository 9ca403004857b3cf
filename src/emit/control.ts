/** The control of one gress: registers, hash units, actions, tables and the apply block. */

import { type Gress, type Step, type Test, tableActions } from '../program/index.ts';
import { actionLines, hashInstance } from './actions.ts';
import { type Context, indent } from './context.ts';
import { compared, literal } from './expression.ts';
import { planHash } from './hashes.ts';
import { registerAction, registerDeclarationTofino } from './stateful-tofino.ts';
import { registerDeclarationV1 } from './stateful-v1model.ts';
import { applyLines, gressTables, tableLines } from './tables.ts';

/** Everything declared in a control before its apply block. */
export function declarations(context: Context, gress: Gress): string[] {
  const tables = gressTables(context, gress);
  const actions = [...new Set(tables.flatMap(tableActions))].map((name) => context.at.action.get(name)!);
  const runs = [...new Set(actions.flatMap((one) => (one.stateful ? [one.stateful.run] : [])))];
  const stateful = runs.map((name) => context.at.stateful.get(name)!);
  const registers = [...new Set(stateful.map((one) => one.register))].map((name) => context.at.register.get(name)!);
  const lines: string[] = [];
  for (const one of registers) {
    lines.push(
      ...(context.tofino ? registerDeclarationTofino(context, one, gress) : registerDeclarationV1(context, one, gress)),
    );
  }
  if (context.tofino) for (const one of stateful) lines.push(...registerAction(context, one, gress));
  if (context.tofino) for (const action of actions) lines.push(...hashUnits(context, action.name, gress));
  if (lines.length > 0) lines.push('');
  for (const one of actions) lines.push(...actionLines(context, one, gress), '');
  for (const table of tables) lines.push(...tableLines(context, table));
  return lines;
}

/** Hash externs of an action on Tofino: one instance an instruction, as wide as its destination. */
function hashUnits(context: Context, name: string, gress: Gress): string[] {
  const lines: string[] = [];
  for (const one of context.at.action.get(name)!.instructions) {
    if (one.op !== 'hash') continue;
    const { symmetric } = planHash(context, context.at.hash.get(one.hash)!, gress);
    for (const [a, b] of symmetric) lines.push(`@symmetric("${a}", "${b}")`);
    const unit = hashInstance(context, name, one, gress);
    lines.push(`Hash<bit<${context.bits(one.dst)}>>(HashAlgorithm_t.CRC32) ${unit};`);
  }
  return lines;
}

/** Control flow of one gress as statements. */
export function stepLines(context: Context, steps: readonly Step[], gress: Gress): string[] {
  return steps.flatMap((step) => {
    if (step.kind === 'apply') return applyLines(context, context.at.table.get(step.table)!);
    const yes = stepLines(context, step.then, gress);
    const no = stepLines(context, step.else, gress);
    const test = step.all.map((one) => testText(context, one, gress));
    const condition =
      test.length === 1 ? test[0] : test.map((one) => (one.startsWith('!') ? one : `${one}`)).join(' && ');
    const head = [`if (${condition}) {`, ...indent(yes)];
    return no.length === 0 ? [...head, '}'] : [...head, '} else {', ...indent(no), '}'];
  });
}

function testText(context: Context, test: Test, gress: Gress): string {
  if (test.kind !== 'cmp') {
    // Egress parses no header of the program (PROGRAM.md "Ingress and egress").
    if (gress === 'egress') return test.kind === 'valid' ? 'false' : 'true';
    return `${test.kind === 'valid' ? '' : '!'}hdr.${context.header(test.header)}.isValid()`;
  }
  const bits = context.bits(test.field);
  const text = context.field(test.field, gress);
  const signed = test.signed ?? false;
  const top = `${text}[${bits - 1}:${bits - 1}]`;
  // The sign bit alone decides comparisons with 0: a gateway has no signed compare.
  if (signed && test.value === 0 && test.op === 'lt') return `${top} == 1w1`;
  if (signed && test.value === 0 && test.op === 'ge') return `${top} == 1w0`;
  return compared(test.op, signed, text, literal(test.value, bits), bits);
}
