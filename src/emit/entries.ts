/** Installed entries of a program in the words of its emitted P4: what every control-plane file is written from. */

import type { MatchKind, Table } from '../program/index.ts';
import { tableKeyBits } from '../program/index.ts';
import { actionId, paramNames, tableId } from './actions.ts';
import type { Context } from './context.ts';
import { sessionBits } from './options.ts';
import { declaredSize } from './sizes.ts';
import { actionName, gressTables, keyNames, tableName } from './tables.ts';

export interface EntryKey {
  readonly name: string;
  readonly bits: number;
  readonly match: MatchKind;
  /** Value and mask; low and high for ranges. */
  readonly value: bigint;
  readonly mask: bigint;
}

export interface EntryAction {
  readonly name: string;
  readonly id: number;
  readonly params: readonly { readonly name: string; readonly bits: number; readonly value: number }[];
}

export interface EmittedEntry {
  readonly keys: readonly EntryKey[];
  /** Smaller wins, as in the program. */
  readonly priority: number;
  readonly action: EntryAction;
}

export interface EmittedTable {
  readonly name: string;
  readonly gress: 'ingress' | 'egress';
  readonly id: number;
  readonly keys: readonly { readonly name: string; readonly bits: number; readonly match: MatchKind }[];
  readonly size: number;
  /** Default action with data; absent when the P4 fixes it. */
  readonly fallback?: EntryAction;
  readonly entries: readonly EmittedEntry[];
  /** Highest (worst) priority number of the entries. */
  readonly worst: number;
}

/** Do entries of this table carry a priority? (Exact and lpm tables must not.) */
export function needsPriority(table: Pick<EmittedTable, 'keys'>): boolean {
  return table.keys.some((one) => one.match === 'ternary' || one.match === 'range');
}

/**
 * Tables of the P4 with what `content` installs in them; `content` is the context's program or one that is like it.
 * The result table of `--result action` comes last.
 */
export function emittedTables(context: Context, content: Context['program']): EmittedTable[] {
  const tables = (['ingress', 'egress'] as const).flatMap((gress) => gressTables(context, gress));
  const made = tables.map((table) => {
    const from = content.tables.find((one) => one.name === table.name) ?? table;
    return emittedTable(context, table, from);
  });
  return context.settings.result === 'action' ? [...made, resultTable(context)] : made;
}

function entryAction(context: Context, table: Table, name: string, data: (p: number) => number): EntryAction {
  const action = context.at.action.get(name)!;
  const names = paramNames(action);
  return {
    name: actionName(context, name, table.gress),
    id: actionId(context, name, table.gress),
    params: action.params.map((param, p) => ({
      name: names[p],
      bits: param.bits,
      value: Number(BigInt.asUintN(param.bits, BigInt(data(p)))),
    })),
  };
}

function emittedTable(context: Context, table: Table, from: Table): EmittedTable {
  const { entries, defaultAction } = from;
  const widths = tableKeyBits(table, context.at.field);
  const names = keyNames(context, table);
  const keys = table.keys.map((key, k) => ({ name: names[k], bits: widths[k], match: key.match }));
  const fallback = entryAction(context, table, defaultAction.action, (p) => defaultAction.data[p]);
  return {
    name: tableName(context, table),
    gress: table.gress,
    id: tableId(context, table.name),
    keys,
    size: declaredSize(context.program, table),
    ...(fallback.params.length > 0 ? { fallback } : {}),
    entries: Array.from({ length: entries.count }, (_, e) => ({
      keys: entryKeys(keys, entries, e),
      priority: entries.priority[e],
      action: entryAction(
        context,
        table,
        from.actions[entries.action[e]],
        (p) => entries.data[e * entries.dataWords + p],
      ),
    })),
    worst: entries.priority.reduce((most, one) => Math.max(most, one), 0),
  };
}

function entryKeys(keys: EmittedTable['keys'], entries: Table['entries'], e: number): EntryKey[] {
  let word = e * entries.keyWords;
  return keys.map((key) => {
    const wide = key.bits > 32;
    const read = (column: Uint32Array) => BigInt(column[word]) | (wide ? BigInt(column[word + 1]) << 32n : 0n);
    const made = { ...key, value: read(entries.value), mask: read(entries.mask) };
    word += wide ? 2 : 1;
    return made;
  });
}

/** Entries of `pegasim_result`: the action asked for per class. */
function resultTable(context: Context): EmittedTable {
  const { verdict, egress } = context.program;
  const bits = verdict.class === undefined ? 1 : context.bits(verdict.class);
  const keys = [{ name: 'class_index', bits, match: 'exact' as const }];
  const entries = verdict.classes.flatMap((name, index): EmittedEntry[] => {
    const [kind, value] = (context.settings.actions[name] ?? 'forward').split(':');
    if (kind === 'forward') return [];
    const params =
      kind === 'dscp'
        ? [{ name: 'dscp', bits: 6 }]
        : kind === 'mirror'
          ? [{ name: 'session', bits: sessionBits(context.settings.target) }]
          : [];
    const all = (1n << BigInt(bits)) - 1n;
    return [
      {
        keys: [{ ...keys[0], value: BigInt(index), mask: all }],
        priority: 0,
        action: {
          name: `pegasim_${kind}`,
          id: 0,
          params: params.map((param) => ({ ...param, value: Number(value) })),
        },
      },
    ];
  });
  const gress = egress.length > 0 ? 'egress' : 'ingress';
  return { name: 'pegasim_result', gress, id: 0, keys, size: 1024, entries, worst: 0 };
}
