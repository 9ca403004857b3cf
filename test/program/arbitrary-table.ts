/** Random tables with random entries; entries that would tie are taken out. */

import {
  type EntryRow,
  entriesOf,
  entryShape,
  type KeyCell,
  type MatchKind,
  type Register,
  type Table,
  type TableKey,
} from '../../src/program/index.ts';
import { findTie } from '../../src/program/validate/winner.ts';
import { addAction } from './arbitrary-action.ts';
import { type Build, bitsOf, type Scope } from './arbitrary-scope.ts';
import type { Random } from './random.ts';

/** Adds a random table (with its actions) and answers its name. A table with a register accesses it in every action but one. */
export function addTable(build: Build, scope: Scope, name: string, register?: Register, index?: string): string {
  const { random } = build;
  const actions = Array.from({ length: random.between(1, 3) }, (_, a) => {
    const access = register !== undefined && (a === 0 || random.chance(0.5));
    return addAction(build, scope, `${name}_a${a}`, access ? register : undefined, index);
  });
  const keys = random.chance(0.2) ? [] : randomKeys(build, scope);
  build.tables.push(
    keys.length === 0 ? keylessTable(build, scope, name, actions[0]) : keyedTable(build, scope, name, keys, actions),
  );
  return name;
}

function defaultOf(build: Build, action: string): Table['defaultAction'] {
  const { params } = build.actions.find((one) => one.name === action)!;
  return { action, data: params.map((param) => build.random.bits(param.bits)) };
}

function keylessTable(build: Build, scope: Scope, name: string, action: string): Table {
  const entries = entriesOf({ keys: [], params: [[]] }, []);
  return {
    name,
    gress: scope.gress,
    keys: [],
    actions: [action],
    defaultAction: defaultOf(build, action),
    size: 0,
    entries,
  };
}

function keyedTable(
  build: Build,
  scope: Scope,
  name: string,
  keys: readonly TableKey[],
  actions: readonly string[],
): Table {
  const { random } = build;
  const table = { name, gress: scope.gress, keys, actions };
  const shape = entryShape(table, [...build.fields.values()], build.actions);
  const widths = shape.keys.map((one) => one.bits);
  let rows = Array.from({ length: random.nat(14) }, (): EntryRow => {
    const action = random.nat(actions.length);
    const made = { key: shape.keys.map((one) => randomCell(random, one.bits, one.match)), action };
    const data = shape.params[action].map((bits) => random.bits(bits));
    return keys.some((one) => one.match === 'lpm') ? { ...made, data } : { ...made, data, priority: random.nat(6) };
  });
  for (;;) {
    const entries = entriesOf(shape, rows);
    const full = {
      ...table,
      defaultAction: defaultOf(build, random.pick(actions)),
      size: entries.count + 1 + random.nat(4),
      entries,
    };
    const tie = findTie(full, widths);
    if (!tie) return full;
    // Rows are sorted like the entries, so that the tie's numbers name rows.
    rows = sortedRows(rows, entries.priority).filter((_, i) => i !== tie.second);
  }
}

/** Rows in the order of sorted entries: by the priority entriesOf gives them, stable. */
function sortedRows(rows: readonly EntryRow[], priorities: Uint32Array): EntryRow[] {
  const lpm = rows.length > 0 && rows[0].priority === undefined;
  if (!lpm) return [...rows].sort((a, b) => a.priority! - b.priority!);
  const length = (row: EntryRow) =>
    row.key.map((cell) => (typeof cell === 'object' && 'prefix' in cell ? cell.prefix : 0));
  const longest = (row: EntryRow) => Math.max(...length(row));
  const sorted = [...rows].sort((a, b) => longest(b) - longest(a));
  if (sorted.length !== priorities.length) throw new Error('rows and entries differ');
  return sorted;
}

function randomKeys(build: Build, scope: Scope): TableKey[] {
  const { random } = build;
  const lpm = random.chance(0.2);
  const names = random.sample(scope.read, random.between(1, 3));
  return names.map((name, k): TableKey => {
    const bits = bitsOf(build, name);
    const narrowed = bits > 6 && random.chance(0.5) ? random.between(1, 6) : undefined;
    const width = narrowed ?? bits;
    const kinds: MatchKind[] =
      width > 20 ? ['exact', 'ternary', 'ternary'] : ['exact', 'ternary', 'ternary', 'range', 'range'];
    const match = lpm ? (k === 0 ? 'lpm' : 'exact') : random.pick(kinds);
    if (narrowed === undefined) return { field: name, match };
    return { field: name, match, slice: { low: random.nat(bits - narrowed + 1), bits: narrowed } };
  });
}

function randomCell(random: Random, bits: number, match: MatchKind): KeyCell {
  const value = () =>
    bits > 32 ? (BigInt(random.bits(bits - 32)) << 32n) | BigInt(random.bits(32)) : BigInt(random.bits(bits));
  if (match === 'exact') return value();
  if (match === 'lpm') return { value: value(), prefix: random.nat(Math.min(bits, random.chance(0.7) ? 4 : bits) + 1) };
  if (match === 'range') {
    const [a, b] = [random.bits(bits), random.bits(bits)];
    return { low: Math.min(a, b), high: Math.max(a, b) };
  }
  let mask = random.chance(0.1) ? (1n << BigInt(bits)) - 1n : 0n;
  for (let i = random.nat(4); i > 0; i--) mask |= 1n << BigInt(random.nat(bits));
  return { value: value() & mask, mask };
}
