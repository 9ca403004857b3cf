/**
 * A program with as little of its model in the P4 as costs nothing: numbers that would be constants become default action data, and
 * ternary keys that were cut to the bits that can differ end at whole bytes. A retrained model then needs new entries, no new P4.
 */

import type { Action, Instruction, Program, Table, TableKey } from '../program/index.ts';
import { toUnsigned } from '../program/index.ts';

/** Lowering's tables that set sums to their biases (compiler/lower/sums.ts). */
const START = /^nn_.*_start$/;

type Start = Extract<Instruction, { op: 'set' }>;

function isStart(table: Table, action: Action | undefined): boolean {
  return (
    START.test(table.name) &&
    table.keys.length === 0 &&
    action !== undefined &&
    action.params.length === 0 &&
    action.stateful === undefined &&
    action.instructions.length > 0 &&
    action.instructions.every((one) => one.op === 'set' && one.a.kind === 'const')
  );
}

/** The same program with less of the model in its structure. */
export function dataDriven(program: Program): Program {
  return wholeByteKeys(constantsAsData(program));
}

/** The crossbar brings whole bytes to a TCAM anyway; the bits that are new to the key are don't care in every entry. */
function wholeByteKeys(program: Program): Program {
  const fields = new Map(program.fields.map((one) => [one.name, one]));
  const widened = (key: TableKey): TableKey => {
    const field = fields.get(key.field);
    const { slice, ...whole } = key;
    if (field === undefined || slice === undefined || slice.low > 0 || key.match !== 'ternary' || field.lanes)
      return key;
    const bits = Math.min(field.bits, Math.ceil(slice.bits / 8) * 8);
    if (slice.bits > 32 || bits > 32) return key;
    return bits === field.bits ? whole : { ...whole, slice: { low: 0, bits } };
  };
  return { ...program, tables: program.tables.map((table) => ({ ...table, keys: table.keys.map(widened) })) };
}

/** Constants of start tables as parameters `k0`, `k1`, … of their actions. */
function constantsAsData(program: Program): Program {
  const bits = new Map(program.fields.map((one) => [one.name, one.bits]));
  const byName = new Map(program.actions.map((one) => [one.name, one]));
  const uses = (name: string) => program.tables.filter((one) => one.defaultAction.action === name).length;
  const starts = new Map<string, readonly Start[]>();
  for (const table of program.tables) {
    const action = byName.get(table.defaultAction.action);
    if (isStart(table, action) && uses(action!.name) === 1)
      starts.set(action!.name, action!.instructions as readonly Start[]);
  }
  if (starts.size === 0) return program;
  const width = (one: Start) => bits.get(one.dst)!;
  return {
    ...program,
    actions: program.actions.map((action): Action => {
      const list = starts.get(action.name);
      if (list === undefined) return action;
      return {
        ...action,
        params: list.map((one, i) => ({ name: `k${i}`, bits: width(one) })),
        instructions: list.map((one, i) => ({ ...one, a: { kind: 'param', param: `k${i}` } })),
      };
    }),
    tables: program.tables.map((table): Table => {
      const list = starts.get(table.defaultAction.action);
      if (list === undefined) return table;
      const data = list.map((one) => toUnsigned(one.a.kind === 'const' ? one.a.value : 0, width(one)));
      return { ...table, defaultAction: { ...table.defaultAction, data } };
    }),
  };
}
