/** Tiny programs for the switch tests: fields, tables and actions in a line each. */

import {
  type Action,
  action,
  apply,
  type Entries,
  type EntryRow,
  emptyEntries,
  entriesOf,
  entryShape,
  type Field,
  field,
  fieldOperand,
  type Instruction,
  key,
  type MatchKind,
  type Program,
  paramOperand,
  type Table,
} from '../../src/program/index.ts';

const EMPTY: Program = {
  name: 'tiny',
  fields: [],
  headers: [],
  parser: { states: [] },
  hashes: [],
  registers: [],
  stateful: [],
  actions: [],
  tables: [],
  ingress: [],
  egress: [],
  bridge: [],
  features: [],
  verdict: { kind: 'none', logits: [], classes: [] },
};

/** A program from the given parts; the rest is empty. */
export function program(parts: Partial<Program>): Program {
  return { ...EMPTY, ...parts };
}

/** `a:8 b:16` → metadata fields. */
export function fields(text: string): Field[] {
  return text.split(/\s+/).map((one) => {
    const [name, bits] = one.split(':');
    return field(name, Number(bits));
  });
}

/** dst = dst + parameter. */
export function accumulate(name: string, dst: string, bits: number): Action {
  return action(name, { v: bits }, [{ op: 'add', dst, a: paramOperand('v'), b: fieldOperand(dst) }]);
}

/** dst = parameter. */
export function load(name: string, dst: string, bits: number): Action {
  return action(name, { v: bits }, [{ op: 'set', dst, a: paramOperand('v') }]);
}

/** An action without parameters. */
export function does(name: string, ...instructions: Instruction[]): Action {
  return action(name, {}, instructions);
}

/** A table over whole fields; the default action does nothing unless named. */
export function table(
  name: string,
  keys: Readonly<Record<string, MatchKind>>,
  actions: readonly Action[],
  rows: readonly EntryRow[],
  all: readonly Field[],
  more: Partial<Table> = {},
): Table {
  const shape = { keys: Object.entries(keys).map(([f, match]) => key(f, match)), actions: actions.map((a) => a.name) };
  const entries: Entries =
    shape.keys.length > 0 ? entriesOf(entryShape(shape, all, actions), rows) : emptyEntries(0, 0);
  return {
    name,
    gress: 'ingress',
    ...shape,
    defaultAction: { action: 'nop', data: [] },
    size: Math.max(rows.length, 1),
    entries,
    ...more,
  };
}

export const NOP: Action = action('nop', {}, []);
export { apply };

/** Field columns for an injected run. */
export function inject(columns: Readonly<Record<string, readonly number[]>>) {
  const entries = Object.entries(columns);
  return {
    kind: 'injected' as const,
    count: entries[0][1].length,
    fields: Object.fromEntries(entries.map(([name, values]) => [name, Uint32Array.from(values)])),
  };
}
