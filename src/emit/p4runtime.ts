/**
 * Entries as a P4Runtime WriteRequest, in text and JSON protobuf form. Ids are those the P4 fixes with `@id`; priorities are turned
 * round (larger wins, above 0); don't-care fields are left out and numbers take no leading zero bytes, as the specification asks.
 */

import { type EmittedTable, type EntryAction, type EntryKey, needsPriority } from './entries.ts';

interface Field {
  readonly id: number;
  readonly kind: 'exact' | 'ternary' | 'range' | 'lpm';
  readonly first: readonly number[];
  readonly second?: readonly number[];
  readonly prefix?: number;
}

interface Update {
  readonly table: number;
  readonly match: readonly Field[];
  readonly action: number;
  readonly params: readonly (readonly number[])[];
  readonly priority: number;
  readonly fallback: boolean;
}

/** Big-endian bytes without leading zeros; 0 is one zero byte. */
export function canonicalBytes(value: bigint): readonly number[] {
  if (value > 0xffffffffn) return [...canonicalBytes(value >> 32n), ...wordBytes(Number(value & 0xffffffffn))];
  const bytes = wordBytes(Number(value));
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? [0] : first === 0 ? bytes : bytes.slice(first);
}

function wordBytes(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}

function field(key: EntryKey, id: number): Field | undefined {
  const [first, second] = [canonicalBytes(key.value), canonicalBytes(key.mask)];
  const all = (1n << BigInt(key.bits)) - 1n;
  if (key.match === 'exact') return { id, kind: 'exact', first };
  if (key.match === 'range')
    return key.value === 0n && key.mask === all ? undefined : { id, kind: 'range', first, second };
  if (key.mask === 0n) return undefined;
  if (key.match === 'ternary') return { id, kind: 'ternary', first, second };
  return { id, kind: 'lpm', first, prefix: key.mask.toString(2).replace(/0/g, '').length };
}

function updates(tables: readonly EmittedTable[]): Update[] {
  const params = (action: EntryAction) => action.params.map((one) => canonicalBytes(BigInt(one.value)));
  // The result table has no fixed ids: its entries are in the other files only.
  return tables
    .filter((table) => table.id !== 0)
    .flatMap((table): Update[] => {
      const { fallback } = table;
      const first: Update[] = fallback
        ? [{ table: table.id, match: [], action: fallback.id, params: params(fallback), priority: 0, fallback: true }]
        : [];
      const rest = table.entries.map(
        (entry): Update => ({
          table: table.id,
          match: entry.keys.flatMap((key, k) => field(key, k + 1) ?? []),
          action: entry.action.id,
          params: params(entry.action),
          priority: needsPriority(table) ? table.worst - entry.priority + 1 : 0,
          fallback: false,
        }),
      );
      return [...first, ...rest];
    });
}

const OCTAL = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, '0')}`);

function quoted(bytes: readonly number[]): string {
  let text = '"';
  for (const byte of bytes) text += OCTAL[byte];
  return `${text}"`;
}

const base64 = (bytes: readonly number[]) => Buffer.from(bytes).toString('base64');

function fieldText(one: Field): string {
  const first = quoted(one.first);
  const inside =
    one.kind === 'exact'
      ? `exact { value: ${first} }`
      : one.kind === 'lpm'
        ? `lpm { value: ${first} prefix_len: ${one.prefix} }`
        : one.kind === 'range'
          ? `range { low: ${first} high: ${quoted(one.second!)} }`
          : `ternary { value: ${first} mask: ${quoted(one.second!)} }`;
  return `match { field_id: ${one.id} ${inside} }`;
}

function updateText(one: Update): string {
  const params = one.params.map((value, p) => ` params { param_id: ${p + 1} value: ${quoted(value)} }`).join('');
  const match = one.match.map((field) => `${fieldText(field)} `).join('');
  const priority = one.priority > 0 ? ` priority: ${one.priority}` : '';
  const fallback = one.fallback ? ' is_default_action: true' : '';
  const type = one.fallback ? 'MODIFY' : 'INSERT';
  const action = `action { action { action_id: ${one.action}${params} } }`;
  return `updates { type: ${type} entity { table_entry { table_id: ${one.table} ${match}${action}${priority}${fallback} } } }`;
}

function fieldJson(one: Field): unknown {
  const value = base64(one.first);
  if (one.kind === 'exact') return { fieldId: one.id, exact: { value } };
  if (one.kind === 'lpm') return { fieldId: one.id, lpm: { value, prefixLen: one.prefix } };
  const second = base64(one.second!);
  if (one.kind === 'range') return { fieldId: one.id, range: { low: value, high: second } };
  return { fieldId: one.id, ternary: { value, mask: second } };
}

function updateJson(one: Update): string {
  const action = {
    actionId: one.action,
    params: one.params.map((value, p) => ({ paramId: p + 1, value: base64(value) })),
  };
  return JSON.stringify({
    type: one.fallback ? 'MODIFY' : 'INSERT',
    entity: {
      tableEntry: {
        tableId: one.table,
        match: one.match.map(fieldJson),
        action: { action },
        ...(one.priority > 0 ? { priority: one.priority } : {}),
        ...(one.fallback ? { isDefaultAction: true } : {}),
      },
    },
  });
}

/** `p4.v1.WriteRequest` in protobuf text format and in protobuf JSON, one update a line. */
export function p4runtimeFiles(tables: readonly EmittedTable[]): { readonly text: string; readonly json: string } {
  const list = updates(tables);
  const head = '# proto-message: p4.v1.WriteRequest\ndevice_id: 0\nelection_id { low: 1 }\n';
  const open = '{\n  "deviceId": "0",\n  "electionId": { "low": "1" },\n  "updates": [\n';
  return {
    text: `${head}${list.map((one) => `${updateText(one)}\n`).join('')}`,
    json: `${open}${list.map((one) => `    ${updateJson(one)}`).join(',\n')}\n  ]\n}\n`,
  };
}
