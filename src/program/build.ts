/** Small pure helpers that make fields, operands, actions, tables and steps: what generators of programs write most often. */

import { emptyEntries } from './entries.ts';
import type {
  Action,
  Entries,
  Field,
  FieldSource,
  Gress,
  Instruction,
  MatchKind,
  Operand,
  StatefulCall,
  Step,
  Table,
  TableKey,
  Test,
} from './program.ts';

/** A field; `source` is metadata unless said otherwise. */
export function field(name: string, bits: number, source: FieldSource = 'metadata', note?: string): Field {
  return note === undefined ? { name, bits, source } : { name, bits, source, note };
}

/** Operand: the value of a field. */
export function fieldOperand(name: string): Operand {
  return { kind: 'field', field: name };
}

/** Operand: a parameter of the action (action data). */
export function paramOperand(name: string): Operand {
  return { kind: 'param', param: name };
}

/** Operand: a constant, signed or unsigned, taken modulo 2^w of the destination. */
export function constant(value: number): Operand {
  return { kind: 'const', value };
}

/** An action; `params` maps parameter names to bits, in order. */
export function action(
  name: string,
  params: Readonly<Record<string, number>>,
  instructions: readonly Instruction[],
  stateful?: StatefulCall,
): Action {
  const typed = Object.entries(params).map(([param, bits]) => ({ name: param, bits }));
  const made = { name, params: typed, instructions };
  return stateful === undefined ? made : { ...made, stateful };
}

/** A key on a whole field, or on bits low .. low+bits-1 of it. */
export function key(name: string, match: MatchKind, slice?: { low: number; bits: number }): TableKey {
  return slice === undefined ? { field: name, match } : { field: name, match, slice };
}

/** A keyless table: always runs `actionName` with `data`. */
export function keyless(
  name: string,
  gress: Gress,
  actionName: string,
  note?: string,
  data: readonly number[] = [],
): Table {
  const made: Table = {
    name,
    gress,
    keys: [],
    actions: [actionName],
    defaultAction: { action: actionName, data },
    size: 0,
    entries: emptyEntries(0, data.length),
  };
  return note === undefined ? made : { ...made, note };
}

/** What a keyed table is made of; `size` is the entry count unless given, `defaultData` empty unless given. */
export interface TableParts {
  readonly name: string;
  readonly gress: Gress;
  readonly keys: readonly TableKey[];
  readonly actions: readonly string[];
  readonly defaultAction: string;
  readonly defaultData?: readonly number[];
  readonly entries: Entries;
  readonly size?: number;
  readonly note?: string;
}

/** A keyed table. */
export function keyed(parts: TableParts): Table {
  const made: Table = {
    name: parts.name,
    gress: parts.gress,
    keys: parts.keys,
    actions: parts.actions,
    defaultAction: { action: parts.defaultAction, data: parts.defaultData ?? [] },
    size: parts.size ?? Math.max(1, parts.entries.count),
    entries: parts.entries,
  };
  return parts.note === undefined ? made : { ...made, note: parts.note };
}

/** Step: apply a table. */
export function apply(table: string): Step {
  return { kind: 'apply', table };
}

/** Step: run `yes` when all tests hold, otherwise `no`. */
export function when(all: readonly Test[], yes: readonly Step[], no: readonly Step[] = []): Step {
  return { kind: 'if', all, then: yes, else: no };
}

/** Gateway test of a field against a constant (unsigned unless `signed`). */
export function compare(
  name: string,
  op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge',
  value: number,
  signed = false,
): Test {
  return signed ? { kind: 'cmp', field: name, op, value, signed } : { kind: 'cmp', field: name, op, value };
}

/** Gateway test: the header was extracted. */
export function valid(header: string): Test {
  return { kind: 'valid', header };
}

/** Gateway test: the header was not extracted. */
export function invalid(header: string): Test {
  return { kind: 'invalid', header };
}
