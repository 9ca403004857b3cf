/** Reads a description from YAML or JSON text, with the line of what is wrong. */

import { fail } from '../../problem.ts';
import type { Gress, MatchKind } from '../../program/index.ts';
import { type LinedDocument, type Path, parseLined, type Reader, reader } from '../lines.ts';
import { evaluate } from './expression.ts';
import type {
  DescribedAction,
  DescribedBranch,
  DescribedCondition,
  DescribedKey,
  DescribedRegister,
  DescribedTable,
  Description,
} from './types.ts';

const CODE = 'FIT-DESCRIBE';
const TABLE_KEYS = [
  'table',
  'stage',
  'gress',
  'key',
  'size',
  'action',
  'actions',
  'action_param_bits',
  'action_data_bits',
  'accumulates',
  'writes',
  'reads',
  'register',
  'hash_bits',
  'no_action',
  'under',
];
const ACTION_KEYS = ['action', 'param_bits', 'reads', 'writes', 'accumulates', 'register', 'hash_bits'];
const STATEMENT_KEYS = ['statement', 'gress', 'reads', 'writes', 'register', 'hash_bits', 'param_bits', 'under'];
const MATCH_KINDS: readonly MatchKind[] = ['exact', 'ternary', 'range', 'lpm'];

/** What the readers of parts share. */
interface Scope {
  readonly document: LinedDocument;
  readonly defines: Readonly<Record<string, string>>;
}

/** Field names lose the slice of an assignment's target: the whole field is what is written. */
function fieldName(text: string): string {
  return text.replace(/\[[^\]]*\]$/, '');
}

/** Least widths that slices of assignment targets tell: `field[7:4]` has at least 8 bits. */
function slicedWidths(document: LinedDocument): Record<string, number> {
  const widths: Record<string, number> = {};
  for (const [, field, high] of JSON.stringify(document.value).matchAll(/"([\w.]+)\[(\d+):\d+\]"/g))
    widths[field] = Math.max(widths[field] ?? 0, Number(high) + 1);
  return widths;
}

function names(from: Reader, key: string): string[] {
  return [...new Set(from.list(key).map((one) => fieldName(String(one))))];
}

function numbers(from: Reader, key: string): number[] {
  return from
    .list(key)
    .map((one) =>
      typeof one === 'number' && one >= 0 ? one : from.complain(key, `"${key}" must be a list of bit counts`),
    );
}

/** A number, or an expression over the defines. */
function size(scope: Scope, from: Reader, key: string, fallback: number): number {
  const raw = from.raw(key);
  if (raw === undefined || raw === null) return fallback;
  const value = typeof raw === 'number' ? raw : evaluate(String(raw), scope.defines);
  return value !== undefined && value >= 0 ? value : from.complain(key, `"${key}" must be a size`, String(raw));
}

function readKeys(scope: Scope, path: Path, key: string, from: Reader): DescribedKey[] {
  return from.list(key).map((_, index) => {
    const one = reader(scope.document, [...path, key, index], CODE, ['field', 'bits', 'match']);
    const match = one.text('match', 'exact') as MatchKind;
    if (!MATCH_KINDS.includes(match))
      one.complain('match', `unknown match kind "${match}"`, undefined, `known: ${MATCH_KINDS.join(', ')}`);
    return { field: one.text('field'), bits: one.number('bits'), match };
  });
}

function gressOf(from: Reader, fallback: Gress): Gress {
  const gress = from.text('gress', fallback);
  return gress === 'ingress' || gress === 'egress'
    ? gress
    : from.complain('gress', 'gress must be ingress or egress', gress);
}

function branchOf(scope: Scope, path: Path, from: Reader): { under?: DescribedBranch } {
  if (!from.has('under')) return {};
  const under = reader(scope.document, [...path, 'under'], CODE, ['condition', 'outcome']);
  return { under: { condition: under.text('condition'), outcome: under.flag('outcome', true) } };
}

/** Parameters that no written field takes cost nothing: the compiler drops them. */
function usedParams(bits: readonly number[], writes: readonly string[]): readonly number[] {
  return writes.length > 0 && writes.length < bits.length ? bits.slice(0, writes.length) : bits;
}

function readAction(from: Reader, name: string, paramKey: string): DescribedAction {
  const writes = names(from, 'writes');
  return {
    name,
    paramBits: usedParams(numbers(from, paramKey), writes),
    reads: names(from, 'reads'),
    writes,
    accumulates: from.flag('accumulates', false),
    hashBits: from.number('hash_bits', 0),
    ...(from.has('register') ? { register: from.text('register') } : {}),
  };
}

/** The table's actions: the detailed list, or the one (or several alike) that the short form names. */
function readActions(scope: Scope, path: Path, from: Reader): DescribedAction[] {
  if (from.has('actions'))
    return from.list('actions').map((_, index) => {
      const one = reader(scope.document, [...path, 'actions', index], CODE, ACTION_KEYS);
      return readAction(one, one.text('action'), 'param_bits');
    });
  const raw = from.raw('action');
  const list = Array.isArray(raw) ? raw.map(String) : raw === undefined || raw === null ? [] : [String(raw)];
  return list.map((name) => readAction(from, name, 'action_param_bits'));
}

function readTable(scope: Scope, index: number): DescribedTable {
  const path = ['tables', index];
  const from = reader(scope.document, path, CODE, TABLE_KEYS);
  const keys = readKeys(scope, path, 'key', from);
  const actions = readActions(scope, path, from);
  const touched = [
    ...keys.map((key) => key.field),
    ...actions.flatMap((action) => [...action.writes, ...action.reads]),
  ];
  return {
    name: from.text('table'),
    gress: gressOf(from, touched.some((field) => /^eg_/.test(field)) ? 'egress' : 'ingress'),
    keys,
    size: keys.length === 0 ? 0 : size(scope, from, 'size', 512),
    actions,
    noAction: from.flag('no_action', keys.length > 0),
    ...branchOf(scope, path, from),
    statement: false,
    made: false,
  };
}

function readStatement(scope: Scope, index: number): DescribedTable {
  const path = ['statements', index];
  const from = reader(scope.document, path, CODE, STATEMENT_KEYS);
  const name = from.text('statement');
  return {
    name,
    gress: gressOf(from, 'ingress'),
    keys: [],
    size: 0,
    actions: [readAction(from, name, 'param_bits')],
    noAction: false,
    ...branchOf(scope, path, from),
    statement: true,
    made: false,
  };
}

function readCondition(scope: Scope, index: number): DescribedCondition {
  const path = ['conditions', index];
  const from = reader(scope.document, path, CODE, ['condition', 'gress', 'key', 'under']);
  return {
    name: from.text('condition'),
    gress: gressOf(from, 'ingress'),
    keys: readKeys(scope, path, 'key', from),
    ...branchOf(scope, path, from),
  };
}

function readRegister(scope: Scope, index: number): DescribedRegister {
  const from = reader(scope.document, ['registers', index], CODE, ['name', 'value_bits', 'index_bits', 'size']);
  const cells = size(scope, from, 'size', 2 ** from.number('index_bits', 0));
  return { name: from.text('name'), bits: from.number('value_bits'), cells };
}

/** Tables in apply order; what the order does not name keeps its place at the end. Once egress begins, it goes on. */
function inOrder(tables: readonly DescribedTable[], order: readonly string[], from: Reader): DescribedTable[] {
  const known = new Map(tables.map((table) => [table.name, table]));
  for (const name of order)
    if (!known.has(name)) from.complain('apply_order', `apply_order names "${name}", which is no table or statement`);
  const named = [...new Set(order)].map((name) => known.get(name)!);
  const sorted = [...named, ...tables.filter((table) => !order.includes(table.name))];
  const firstEgress = sorted.findIndex((table) => table.gress === 'egress');
  return sorted.map((table, index) =>
    firstEgress >= 0 && index > firstEgress ? { ...table, gress: 'egress' } : table,
  );
}

function isProgramMap(value: unknown): value is Record<string, { tables: unknown[] }> {
  if (typeof value !== 'object' || value === null || 'tables' in value) return false;
  const list = Object.values(value);
  return list.length > 0 && list.every((one) => typeof one === 'object' && one !== null && 'tables' in one);
}

/** The one program meant: the document itself, or the named member of a map of programs. */
function select(document: LinedDocument, file: string, program: string | undefined): LinedDocument {
  if (!isProgramMap(document.value)) return document;
  const known = Object.keys(document.value);
  const wanted = program ?? (known.length === 1 ? known[0] : undefined);
  if (wanted === undefined || !known.includes(wanted))
    return fail({
      code: CODE,
      message: wanted === undefined ? 'the file holds several programs' : `no program "${wanted}"`,
      where: file,
      hint: `name one of: ${known.join(', ')}`,
    });
  return { value: document.value[wanted], at: (path) => document.at([wanted, ...path]) };
}

/**
 * A description from text. `program` chooses among several programs of one file.
 * Throws FIT-YAML or FIT-DESCRIBE with `file:line`.
 */
export function readDescription(text: string, file: string, program?: string): Description {
  const document = select(parseLined(text, file), file, program);
  const top = reader(document, [], CODE);
  const raw = top.raw('defines');
  const defines = Object.fromEntries(
    Object.entries((raw ?? {}) as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
  );
  const scope: Scope = { document, defines };
  if (!top.has('tables') && !top.has('statements')) top.complain('tables', 'a description needs tables');
  const tables = [
    ...top.list('tables').map((_, i) => readTable(scope, i)),
    ...top.list('statements').map((_, i) => readStatement(scope, i)),
  ];
  const description: Description = {
    name: top.text('program', file),
    tables: inOrder(tables, top.list('apply_order').map(String), top),
    conditions: top.list('conditions').map((_, i) => readCondition(scope, i)),
    registers: top.list('registers').map((_, i) => readRegister(scope, i)),
    fieldBits: { ...slicedWidths(document), ...((top.raw('fields') ?? {}) as Record<string, number>) },
    infer: top.flag('infer', true),
  };
  checkNames(description, top);
  return description;
}

/** Every register and condition named must exist. */
function checkNames(description: Description, top: Reader): void {
  const registers = new Set(description.registers.map((register) => register.name));
  const conditions = new Set(description.conditions.map((condition) => condition.name));
  for (const { name, actions, under } of description.tables) {
    for (const { register } of actions)
      if (register !== undefined && !registers.has(register))
        top.complain('registers', `table ${name} uses register "${register}", which is not described`);
    if (under && !conditions.has(under.condition))
      top.complain('conditions', `table ${name} stands under condition "${under.condition}", which is not described`);
  }
}
