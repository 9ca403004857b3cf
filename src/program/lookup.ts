/** A program's names resolved into maps, made once by those who walk it. */

import type { Action, Field, Hash, Header, Program, Register, StatefulAction, Step, Table } from './program.ts';

export interface Lookup {
  readonly field: ReadonlyMap<string, Field>;
  readonly header: ReadonlyMap<string, Header>;
  /** Header that a field belongs to, by field name. */
  readonly headerOf: ReadonlyMap<string, string>;
  readonly hash: ReadonlyMap<string, Hash>;
  readonly register: ReadonlyMap<string, Register>;
  readonly stateful: ReadonlyMap<string, StatefulAction>;
  readonly action: ReadonlyMap<string, Action>;
  readonly table: ReadonlyMap<string, Table>;
}

/** Maps from names to declarations; of two with one name the first counts (the validator reports the second). */
export function lookupOf(program: Program): Lookup {
  const headerOf = new Map<string, string>();
  for (const header of program.headers) {
    for (const name of header.fields) if (!headerOf.has(name)) headerOf.set(name, header.name);
  }
  return {
    field: byName(program.fields),
    header: byName(program.headers),
    headerOf,
    hash: byName(program.hashes),
    register: byName(program.registers),
    stateful: byName(program.stateful),
    action: byName(program.actions),
    table: byName(program.tables),
  };
}

function byName<T extends { readonly name: string }>(list: readonly T[]): Map<string, T> {
  const out = new Map<string, T>();
  for (const one of list) if (!out.has(one.name)) out.set(one.name, one);
  return out;
}

/** Tables of a control in program order, branches included. */
export function appliedTables(steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    step.kind === 'apply' ? [step.table] : [...appliedTables(step.then), ...appliedTables(step.else)],
  );
}

/** Bits of each key of a table, in order. */
export function tableKeyBits(table: Table, fields: ReadonlyMap<string, Field>): number[] {
  return table.keys.map((one) => one.slice?.bits ?? fields.get(one.field)?.bits ?? 0);
}

/** Every action a table can run, the default included, each once. */
export function tableActions(table: Table): string[] {
  return [...new Set([...table.actions, table.defaultAction.action])];
}
