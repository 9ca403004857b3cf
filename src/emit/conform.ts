/**
 * A retrained program in the shape of an older one: the old tables, keys, actions, widths and sizes with the new entries, so that the
 * P4 that runs already needs nothing but new entries. What differs by more than that is a problem.
 */

import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../problem.ts';
import type { Action, Entries, Instruction, Operand, Placement, Program, Table, TableKey } from '../program/index.ts';
import { lookupOf, tableKeyBits, toUnsigned } from '../program/index.ts';
import { dataDriven } from './data-driven.ts';
import { sizeProblem, structureProblems } from './like.ts';

export interface Conformed {
  /** Absent when there are problems. */
  readonly program?: Program;
  readonly problems: readonly Problem[];
}

interface Pair {
  readonly fresh: Program;
  readonly old: Program;
  readonly problems: Problem[];
}

/** Fresh entries in the old program's shape. Constants of start tables become default data in the result (data-driven.ts). */
export function conformTo(freshProgram: Program, oldProgram: Program): Conformed {
  const pair: Pair = { fresh: dataDriven(freshProgram), old: dataDriven(oldProgram), problems: [] };
  const { fresh, old, problems } = pair;
  problems.push(...structureProblems(fresh, old));
  checkFields(pair);
  const tables = old.tables.map((table) => {
    const from = fresh.tables.find((one) => one.name === table.name);
    return from === undefined ? table : conformTable(pair, from, table);
  });
  for (const { name } of fresh.tables)
    if (!old.tables.some((one) => one.name === name)) report(pair, `table ${name}`, `${old.name} has no such table`);
  if (problems.length > 0) return { problems };
  return { program: { ...old, name: fresh.name, tables }, problems };
}

/** The old placement for the new entries: parts keep their stages and memories, the last part of a table takes what is left. */
export function conformPlacement(placement: Placement, program: Program): Placement {
  const counts = new Map(program.tables.map((one) => [one.name, one.entries.count]));
  const last = new Map(placement.parts.map((part) => [part.table, part]));
  const parts = placement.parts.map((part) => {
    const count = counts.get(part.table) ?? 0;
    const to = last.get(part.table) === part ? count : Math.min(part.to, count);
    return { ...part, from: Math.min(part.from, to), to };
  });
  return { ...placement, parts };
}

function report(pair: Pair, where: string, message: string): void {
  pair.problems.push({
    code: 'EMIT-LIKE',
    message,
    where,
    hint: 'compile with the same options and data as the old program, or without --like and install the new P4',
  });
}

/** Fields of the fresh program exist in the old one, as wide or, where only leaf numbers are kept in them, wider. */
function checkFields(pair: Pair): void {
  const { fresh, old } = pair;
  const before = lookupOf(old).field;
  const indexOnly = indexFields(fresh);
  for (const one of fresh.fields) {
    const known = before.get(one.name);
    const where = `field ${one.name}`;
    if (known === undefined) report(pair, where, `${old.name} has no such field`);
    else if (known.source !== one.source || !isDeepStrictEqual(known.lanes, one.lanes))
      report(pair, where, `the field is another than in ${old.name}`);
    else if (one.bits > known.bits || (one.bits < known.bits && !indexOnly.has(one.name)))
      report(pair, where, `the field has ${one.bits} bits, in ${old.name} ${known.bits}`);
  }
}

/** Fields that actions only set and tables only match: a wider one holds the same numbers. */
function indexFields(program: Program): Set<string> {
  const set = new Set<string>();
  const otherwise = new Set<string>();
  for (const { instructions, stateful } of program.actions) {
    for (const one of instructions) {
      if (one.op === 'set' && one.a.kind !== 'field') set.add(one.dst);
      else otherwise.add(one.dst);
      if (one.op === 'cmov') otherwise.add(one.when);
      for (const operand of operandsOf(one)) if (operand.kind === 'field') otherwise.add(operand.field);
    }
    if (stateful) otherwise.add(stateful.index);
  }
  for (const { inputs, outputs } of program.stateful) {
    for (const input of inputs) if (input.kind === 'field') otherwise.add(input.field);
    for (const output of outputs) otherwise.add(output.dst);
  }
  for (const one of program.verdict.logits) otherwise.add(one.field);
  return new Set([...set].filter((name) => !otherwise.has(name)));
}

function operandsOf(one: Instruction): readonly Operand[] {
  if (one.op === 'hash') return [];
  return 'b' in one ? [one.a, one.b] : [one.a];
}

function conformTable(pair: Pair, fresh: Table, old: Table): Table {
  const where = `table ${old.name}`;
  const before = pair.problems.length;
  const size = sizeProblem(fresh, old, pair.old);
  if (size !== undefined) pair.problems.push(size);
  if (fresh.gress !== old.gress)
    report(pair, where, `the table is in ${fresh.gress}, in ${pair.old.name} in ${old.gress}`);
  const keys = old.keys.map((key) => fresh.keys.findIndex((one) => sameKey(one, key)));
  fresh.keys.forEach((key, k) => {
    if (!keys.includes(k)) report(pair, where, `${pair.old.name} does not match ${key.field} there`);
  });
  old.keys.forEach((key, k) => {
    if (keys[k] < 0 && key.match === 'exact') report(pair, where, `${key.field} is not matched any more`);
    const [now, then] = [widthOf(pair.fresh, fresh.keys[keys[k]]), widthOf(pair.old, key)];
    if (keys[k] >= 0 && now > then)
      report(pair, where, `${key.field} is matched on ${now} bits, in ${pair.old.name} on ${then}`);
  });
  const maps = fresh.actions.map((name) => paramsOf(pair, name, name, where));
  const names = fresh.actions.map((name) => old.actions.indexOf(name));
  if (names.includes(-1))
    report(pair, where, `${pair.old.name} has no action ${fresh.actions[names.indexOf(-1)]} there`);
  const fallback = paramsOf(pair, fresh.defaultAction.action, old.defaultAction.action, where);
  if (pair.problems.length > before) return old;
  const data = (map: readonly number[], read: (p: number) => number) => map.map((p) => (p < 0 ? 0 : read(p)));
  return {
    ...old,
    size: old.keys.length === 0 ? 0 : Math.max(old.size, fresh.entries.count),
    defaultAction: {
      action: old.defaultAction.action,
      data: data(fallback, (p) => fresh.defaultAction.data[p]),
    },
    entries: conformEntries(pair, fresh, old, keys, names, maps),
  };
}

function sameKey(a: TableKey, b: TableKey): boolean {
  return a.field === b.field && a.match === b.match && (a.slice?.low ?? 0) === (b.slice?.low ?? 0);
}

function widthOf(program: Program, key: TableKey | undefined): number {
  if (key === undefined) return 0;
  return key.slice?.bits ?? lookupOf(program).field.get(key.field)?.bits ?? 0;
}

/** For every parameter of the old action, the fresh one's that goes the same way; −1: none, 0 then. */
function paramsOf(pair: Pair, freshName: string, oldName: string, where: string): number[] {
  const fresh = lookupOf(pair.fresh).action.get(freshName)!;
  const old = lookupOf(pair.old).action.get(oldName);
  if (old === undefined || freshName !== oldName) {
    report(pair, where, `its action ${freshName} is not in ${pair.old.name}`);
    return [];
  }
  const found = old.params.map(() => -1);
  for (const one of fresh.instructions) {
    const like = old.instructions.find((other) => other.dst === one.dst);
    if (like === undefined || !pairParams(one, fresh, like, old, found)) {
      report(pair, `action ${freshName}`, `its ${one.op} into ${one.dst} is not in ${pair.old.name}`);
    }
  }
  const rest = old.instructions.filter((one) => !fresh.instructions.some((other) => other.dst === one.dst));
  for (const one of rest) {
    const neutral = /^(set|add)$/.test(one.op) && operandsOf(one).some((operand) => operand.kind === 'param');
    if (!neutral) report(pair, `action ${freshName}`, `it lacks the ${one.op} into ${one.dst} of ${pair.old.name}`);
  }
  if (!isDeepStrictEqual(fresh.stateful, old.stateful))
    report(pair, `action ${freshName}`, 'its stateful call differs');
  return found;
}

/** An instruction with its parameters unnamed. */
function withoutParams(one: Instruction): unknown {
  const unnamed = (operand: Operand) => (operand.kind === 'param' ? { kind: 'param' } : operand);
  if (one.op === 'hash') return one;
  return 'b' in one ? { ...one, a: unnamed(one.a), b: unnamed(one.b) } : { ...one, a: unnamed(one.a) };
}

/** Are two instructions the same but for their parameters' names? Notes which parameter is which. */
function pairParams(one: Instruction, fresh: Action, like: Instruction, old: Action, found: number[]): boolean {
  if (!isDeepStrictEqual(withoutParams(one), withoutParams(like))) return false;
  const likes = operandsOf(like);
  return operandsOf(one).every((operand, i) => {
    const other = likes[i];
    if (operand.kind !== 'param' || other.kind !== 'param') return true;
    const [f, o] = [fresh, old].map((action, a) =>
      action.params.findIndex((param) => param.name === (a === 0 ? operand.param : other.param)),
    );
    found[o] = f;
    return fresh.params[f].bits <= old.params[o].bits;
  });
}

function conformEntries(
  pair: Pair,
  fresh: Table,
  old: Table,
  keys: readonly number[],
  names: readonly number[],
  maps: readonly (readonly number[])[],
): Entries {
  const { entries } = fresh;
  const { count } = entries;
  const [from, to] = [tableKeyBits(fresh, lookupOf(pair.fresh).field), tableKeyBits(old, lookupOf(pair.old).field)];
  const words = (bits: number) => (bits > 32 ? 2 : 1);
  const at = (bits: readonly number[], k: number) => bits.slice(0, k).reduce((sum, one) => sum + words(one), 0);
  const keyWords = at(to, to.length);
  const dataWords = Math.max(0, ...old.actions.map((name) => lookupOf(pair.old).action.get(name)!.params.length));
  const value = new Uint32Array(count * keyWords);
  const mask = new Uint32Array(count * keyWords);
  const data = new Uint32Array(count * dataWords);
  for (let e = 0; e < count; e++) {
    old.keys.forEach((key, k) => {
      const source = keys[k];
      if (source < 0) return;
      for (let w = 0; w < words(to[k]); w++) {
        const out = e * keyWords + at(to, k) + w;
        const held = w < words(from[source]);
        const read = e * entries.keyWords + at(from, source) + w;
        value[out] = held ? entries.value[read] : 0;
        const bits = Math.min(32, to[k] - 32 * w);
        mask[out] = key.match === 'exact' ? toUnsigned(-1, bits) : held ? entries.mask[read] : 0;
      }
    });
    maps[entries.action[e]].forEach((p, o) => {
      if (p >= 0) data[e * dataWords + o] = entries.data[e * entries.dataWords + p];
    });
  }
  const action = Uint8Array.from(entries.action, (a) => names[a]);
  return { count, keyWords, value, mask, priority: entries.priority, action, dataWords, data };
}
