/** Tables as P4, with their ids, stages and notes, and the keyless tables that prepare XORs for hashes. */

import { fail } from '../problem.ts';
import type { Gress, Instruction, Table } from '../program/index.ts';
import { appliedTables, tableActions } from '../program/index.ts';
import { moveGuard, tableId } from './actions.ts';
import { type Context, indent, stagesOf } from './context.ts';
import { literal, slice } from './expression.ts';
import { planHash } from './hashes.ts';
import { declaredSize } from './sizes.ts';

/** P4 name of a table in its control. */
export function tableName(context: Context, table: Table): string {
  return context.control[table.gress].nameOf(`table ${table.name}`);
}

export function actionName(context: Context, name: string, gress: Gress): string {
  return context.control[gress].nameOf(`action ${name}`);
}

/** Names of a table's keys in control-plane files: the field's member name, sliced keys with their bits. */
export function keyNames(context: Context, table: Table): string[] {
  const used = new Map<string, number>();
  return table.keys.map((key) => {
    const cut = key.slice ? `_${key.slice.low + key.slice.bits - 1}_${key.slice.low}` : '';
    const header = context.at.headerOf.get(key.field);
    const plain = `${header === undefined ? '' : `${context.header(header)}_`}${context.member(key.field)}${cut}`;
    const times = used.get(plain) ?? 0;
    used.set(plain, times + 1);
    return times === 0 ? plain : `${plain}_${times}`;
  });
}

/** Does any action of the table hash? Those hashes, once each. */
export function tableHashes(context: Context, table: Table): string[] {
  const hashes = tableActions(table)
    .flatMap((name) => context.at.action.get(name)!.instructions)
    .flatMap((one: Instruction) => (one.op === 'hash' ? [one.hash] : []));
  return [...new Set(hashes)];
}

/** The action that prepares a table's hashes, or undefined when nothing has to be prepared. */
export function prepareAction(context: Context, table: Table): { name: string; lines: string[] } | undefined {
  const statements = tableHashes(context, table).flatMap(
    (name) => planHash(context, context.at.hash.get(name)!, table.gress).prepare,
  );
  if (statements.length === 0) return undefined;
  return { name: context.control[table.gress].nameOf(`prepare ${table.name}`), lines: [...new Set(statements)] };
}

/** Declarations of one applied table and, where needed, of its preparation. */
export function tableLines(context: Context, table: Table): string[] {
  const lines = prepareLines(context, table);
  if (table.note) lines.push(`// ${table.note.replace(/\s+/g, ' ')}`);
  lines.push(...(context.tofino ? stagePragma(context, table) : [`@id(${tableId(context, table.name)})`]));
  lines.push(`table ${tableName(context, table)} {`, ...indent(tableBody(context, table)), '}', '');
  return lines;
}

function prepareLines(context: Context, table: Table): string[] {
  const prepare = prepareAction(context, table);
  if (!prepare) return [];
  const { name, lines } = prepare;
  return [
    `// XORs that the hash of the next table reads`,
    `action ${name}_xor() {`,
    ...indent(lines),
    '}',
    `table ${name} {`,
    `    actions = { ${name}_xor; }`,
    `    const default_action = ${name}_xor();`,
    '}',
  ];
}

/** `@stage(s)` for a table in one stage; parts of a split table get one pragma each with its entries, the last takes the rest. */
function stagePragma(context: Context, table: Table): string[] {
  if (!context.settings.pinStages || !context.tofino) return [];
  const stages = stagesOf(context, table.name);
  if (stages.length <= 1) return stages.map((stage) => `@stage(${stage})`);
  const parts = context.placement!.parts.filter((one) => one.table === table.name);
  return stages.map((stage, s) => {
    if (s === stages.length - 1) return `@stage(${stage})`;
    const entries = parts.filter((one) => one.stage === stage).reduce((sum, one) => sum + one.to - one.from, 0);
    return `@stage(${stage}, ${entries})`;
  });
}

function tableBody(context: Context, table: Table): string[] {
  const lines: string[] = [];
  const names = keyNames(context, table);
  if (table.keys.length > 0) {
    const keys = table.keys.map((key, k) => {
      const whole = { text: context.field(key.field, table.gress), bits: context.bits(key.field) };
      const text = key.slice ? slice(whole, key.slice.low, key.slice.bits).text : whole.text;
      return `${text} : ${key.match} @name("${names[k]}");`;
    });
    lines.push('key = {', ...indent(keys), '}');
  }
  const { action, data } = table.defaultAction;
  const own = table.actions.map((name) => `${actionName(context, name, table.gress)};`);
  const extra = table.actions.includes(action) ? [] : [`@defaultonly ${actionName(context, action, table.gress)};`];
  lines.push('actions = {', ...indent([...own, ...extra]), '}');
  const params = context.at.action.get(action)!.params;
  const values = params.map((param, p) => literal(data[p], param.bits)).join(', ');
  const fixed = params.length === 0 ? 'const ' : '';
  lines.push(`${fixed}default_action = ${actionName(context, action, table.gress)}(${values});`);
  if (table.keys.length > 0) lines.push(`size = ${declaredSize(context.program, table)};`);
  return lines;
}

/** The statement that applies a table, its preparation before it, its guard around it. */
export function applyLines(context: Context, table: Table): string[] {
  const prepare = prepareAction(context, table);
  const lines = prepare ? [`${prepare.name}.apply();`] : [];
  const call = `${tableName(context, table)}.apply();`;
  const guard = context.tofino ? guardOf(context, table) : undefined;
  if (guard === undefined) return [...lines, call];
  return [
    ...lines,
    `if (${context.field(guard, table.gress)} != ${literal(0, context.bits(guard))}) {`,
    `    ${call}`,
    '}',
  ];
}

/** Conditional moves of a keyless table are guarded in the control (actions.ts, moveGuard). */
function guardOf(context: Context, table: Table): string | undefined {
  const moving = tableActions(table).filter((name) =>
    context.at.action.get(name)!.instructions.some((one) => one.op === 'cmov'),
  );
  if (moving.length === 0) return undefined;
  if (table.keys.length > 0) {
    fail({
      code: 'EMIT-UNSUPPORTED',
      message: 'a Tofino action cannot test a field: conditional moves need a keyless table',
      where: `table ${table.name}`,
    });
  }
  return moveGuard(context.at.action.get(table.defaultAction.action)!);
}

/** Tables applied in one gress, in program order. */
export function gressTables(context: Context, gress: Gress): Table[] {
  return appliedTables(context.program[gress]).map((name) => context.at.table.get(name)!);
}
