/** Table entries in columns: key word layout, builders from rows, sorting by priority, masking of signed values to width. */

import { fail } from '../problem.ts';
import type { Action, Entries, Field, MatchKind, Table, TableKey } from './program.ts';

/** One key of a row: a value (exact), value and mask (ternary), a prefix (lpm: high `prefix` bits count), or a closed range. */
export type KeyCell =
  | number
  | bigint
  | { readonly value: number | bigint; readonly mask: number | bigint }
  | { readonly value: number | bigint; readonly prefix: number }
  | { readonly low: number; readonly high: number };

/** One entry as written by hand; `priority` 0 unless given (lpm: width − prefix), `action` 0 unless given. */
export interface EntryRow {
  readonly key: readonly KeyCell[];
  readonly priority?: number;
  /** Index into the table's actions. */
  readonly action?: number;
  /** One value a parameter of that action, signed or unsigned; masked to the parameter's bits. */
  readonly data?: readonly number[];
}

/** Widths a set of entries is laid out by. */
export interface EntryShape {
  readonly keys: readonly { readonly bits: number; readonly match: MatchKind }[];
  /** Bits of each parameter, per action of the table. */
  readonly params: readonly (readonly number[])[];
}

/** 2^bits − 1 as an unsigned 32-bit word, bits 0..32. */
export function wordMask(bits: number): number {
  return bits >= 32 ? 0xffffffff : (2 ** bits - 1) >>> 0;
}

/** `value` modulo 2^bits (bits ≤ 32), unsigned: how signed values are stored. Exact for |value| < 2^53. */
export function toUnsigned(value: number, bits: number): number {
  const span = 2 ** bits;
  const rest = value % span;
  return rest < 0 ? rest + span : rest;
}

/** The two's complement reading of an unsigned `value` of `bits` ≤ 32 bits. */
export function toSigned(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** Words a key of `bits` bits takes: one up to 32 bits, two (low, high) above. */
export function keyWordsOf(bits: number): number {
  return bits > 32 ? 2 : 1;
}

/** Bits matched by a table key. */
export function keyBits(tableKey: TableKey, fieldBits: number): number {
  return tableKey.slice ? tableKey.slice.bits : fieldBits;
}

/** No entries, for keyless tables and tables filled later. */
export function emptyEntries(keyWords: number, dataWords: number): Entries {
  const none = () => new Uint32Array(0);
  return {
    count: 0,
    keyWords,
    value: none(),
    mask: none(),
    priority: none(),
    action: new Uint8Array(0),
    dataWords,
    data: none(),
  };
}

/** The shape of a table's entries, from its keys and the fields and actions they name. */
export function entryShape(
  table: Pick<Table, 'keys' | 'actions'>,
  fields: readonly Field[],
  actions: readonly Action[],
): EntryShape {
  const bits = new Map(fields.map((one) => [one.name, one.bits]));
  const byName = new Map(actions.map((one) => [one.name, one]));
  const missing = (what: string, name: string) =>
    fail({ code: 'PROGRAM-NAME', message: `the ${what} ${name} is not declared`, where: `table keys and actions` });
  return {
    keys: table.keys.map((one) => ({
      bits: keyBits(one, bits.get(one.field) ?? missing('field', one.field)),
      match: one.match,
    })),
    params: table.actions.map((name) =>
      (byName.get(name) ?? missing('action', name)).params.map((param) => param.bits),
    ),
  };
}

/** Number of 32-bit words of one entry's key. */
export function shapeKeyWords(shape: EntryShape): number {
  return shape.keys.reduce((sum, one) => sum + keyWordsOf(one.bits), 0);
}

/** Number of data words of one entry: the widest action's parameter count. */
export function shapeDataWords(shape: EntryShape): number {
  return shape.params.reduce((most, params) => Math.max(most, params.length), 0);
}

/**
 * Entries from rows, sorted by priority (stable). Values and data may be signed; they are masked to width.
 * @throws PROGRAM-ENTRY when a row has the wrong number of keys or data, or a value outside its width.
 */
export function entriesOf(shape: EntryShape, rows: readonly EntryRow[]): Entries {
  const keyWords = shapeKeyWords(shape);
  const dataWords = shapeDataWords(shape);
  const made = {
    count: rows.length,
    keyWords,
    value: new Uint32Array(rows.length * keyWords),
    mask: new Uint32Array(rows.length * keyWords),
    priority: new Uint32Array(rows.length),
    action: new Uint8Array(rows.length),
    dataWords,
    data: new Uint32Array(rows.length * dataWords),
  };
  rows.forEach((row, index) => {
    writeRow(made, shape, row, index);
  });
  return sortEntries(made);
}

function writeRow(to: Entries, shape: EntryShape, row: EntryRow, index: number): void {
  const actionIndex = row.action ?? 0;
  const params = shape.params[actionIndex];
  const data = row.data ?? [];
  if (row.key.length !== shape.keys.length || params === undefined || data.length !== params.length) {
    fail({
      code: 'PROGRAM-ENTRY',
      message: 'an entry has the wrong number of keys or action data',
      where: `entry ${index}`,
      need: `${shape.keys.length} keys, ${params?.length ?? 'an existing action with its'} data`,
      have: `${row.key.length} keys, ${data.length} data`,
    });
  }
  let word = index * to.keyWords;
  let lpmPriority = 0;
  row.key.forEach((cell, k) => {
    const { bits, match } = shape.keys[k];
    const [value, mask] = cellBits(cell, bits, match, index);
    to.value[word] = Number(value & 0xffffffffn);
    to.mask[word++] = Number(mask & 0xffffffffn);
    if (bits > 32) {
      to.value[word] = Number(value >> 32n);
      to.mask[word++] = Number(mask >> 32n);
    }
    if (match === 'lpm' && typeof cell === 'object' && 'prefix' in cell) lpmPriority = bits - cell.prefix;
  });
  to.priority[index] = row.priority ?? lpmPriority;
  to.action[index] = actionIndex;
  params.forEach((bits, p) => {
    to.data[index * to.dataWords + p] = toUnsigned(data[p], bits);
  });
}

/** Value and mask (range: low and high) of one key cell, masked to `bits`. */
function cellBits(cell: KeyCell, bits: number, match: MatchKind, index: number): [bigint, bigint] {
  const all = (1n << BigInt(bits)) - 1n;
  const unsigned = (value: number | bigint) => BigInt(value) & all;
  if (typeof cell === 'number' || typeof cell === 'bigint') {
    const value = unsigned(cell);
    return match === 'range' ? [value, value] : [value, all];
  }
  if ('low' in cell) {
    if (match === 'range') return [unsigned(cell.low), unsigned(cell.high)];
    return fail({ code: 'PROGRAM-ENTRY', message: `a range given for a ${match} key`, where: `entry ${index}` });
  }
  const mask = 'prefix' in cell ? all ^ (all >> BigInt(cell.prefix)) : unsigned(cell.mask);
  return [unsigned(cell.value) & mask, mask];
}

/** The same entries sorted by priority, equal priorities in their order. Returns `entries` itself when already sorted. */
export function sortEntries(entries: Entries): Entries {
  const { count, keyWords, dataWords, priority } = entries;
  let sorted = true;
  for (let i = 1; i < count && sorted; i++) sorted = priority[i - 1] <= priority[i];
  if (sorted) return entries;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => priority[a] - priority[b] || a - b);
  return {
    count,
    keyWords,
    value: pickWords(entries.value, order, keyWords),
    mask: pickWords(entries.mask, order, keyWords),
    priority: pickWords(priority, order, 1),
    action: Uint8Array.from(order, (from) => entries.action[from]),
    dataWords,
    data: pickWords(entries.data, order, dataWords),
  };
}

function pickWords(from: Uint32Array, order: Uint32Array, words: number): Uint32Array {
  const out = new Uint32Array(order.length * words);
  for (let i = 0; i < order.length; i++) {
    out.set(from.subarray(order[i] * words, order[i] * words + words), i * words);
  }
  return out;
}

/** Entries from columns already laid out (any order), sorted by priority. For generators of large tables. */
export function entriesFromColumns(columns: Omit<Entries, 'count'>): Entries {
  return sortEntries({ count: columns.priority.length, ...columns });
}
