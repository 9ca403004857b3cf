/**
 * Entries as a P4Runtime WriteRequest, in text and JSON protobuf form. Ids are those the P4 fixes with `@id`; priorities are turned
 * round (larger wins, above 0); don't-care fields are left out and numbers take no leading zero bytes, as the specification asks.
 */

import { type EmittedTable, type EntryAction, type EntryKey, needsPriority } from './entries.ts';

interface Field {
  readonly id: number;
  readonly kind: 'exact' | 'ternary' | 'range' | 'lpm';
  readonly first: Uint8Array;
  readonly second?: Uint8Array;
  readonly prefix?: number;
}

interface Update {
  readonly table: number;
  readonly match: readonly Field[];
  readonly action: number;
  readonly params: readonly Uint8Array[];
  readonly priority: number;
  readonly fallback: boolean;
}

/** Big-endian bytes without leading zeros; 0 is one zero byte. */
export function canonicalBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n));
  return Uint8Array.from(bytes.length > 0 ? bytes : [0]);
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

function quoted(bytes: Uint8Array): string {
  return `"${[...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;
}

function fieldText(one: Field): string {
  const inside = {
    exact: () => `exact { value: ${quoted(one.first)} }`,
    ternary: () => `ternary { value: ${quoted(one.first)} mask: ${quoted(one.second!)} }`,
    range: () => `range { low: ${quoted(one.first)} high: ${quoted(one.second!)} }`,
    lpm: () => `lpm { value: ${quoted(one.first)} prefix_len: ${one.prefix} }`,
  }[one.kind]();
  return `match { field_id: ${one.id} ${inside} }`;
}

/** `p4.v1.WriteRequest` in protobuf text format, one update a line. */
export function p4runtimeText(tables: readonly EmittedTable[]): string {
  const lines = updates(tables).map((one) => {
    const params = one.params.map((value, p) => `params { param_id: ${p + 1} value: ${quoted(value)} }`);
    const action = `action { action { ${[`action_id: ${one.action}`, ...params].join(' ')} } }`;
    const parts = [`table_id: ${one.table}`, ...one.match.map(fieldText), action];
    if (one.priority > 0) parts.push(`priority: ${one.priority}`);
    if (one.fallback) parts.push('is_default_action: true');
    const type = one.fallback ? 'MODIFY' : 'INSERT';
    return `updates { type: ${type} entity { table_entry { ${parts.join(' ')} } } }`;
  });
  return `${['# proto-message: p4.v1.WriteRequest', 'device_id: 0', 'election_id { low: 1 }', ...lines].join('\n')}\n`;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function fieldJson(one: Field): unknown {
  const inside = {
    exact: () => ({ value: base64(one.first) }),
    ternary: () => ({ value: base64(one.first), mask: base64(one.second!) }),
    range: () => ({ low: base64(one.first), high: base64(one.second!) }),
    lpm: () => ({ value: base64(one.first), prefixLen: one.prefix }),
  }[one.kind]();
  return { fieldId: one.id, [one.kind]: inside };
}

/** The same WriteRequest in protobuf JSON. */
export function p4runtimeJson(tables: readonly EmittedTable[]): string {
  const list = updates(tables).map((one) => ({
    type: one.fallback ? 'MODIFY' : 'INSERT',
    entity: {
      tableEntry: {
        tableId: one.table,
        match: one.match.map(fieldJson),
        action: {
          action: {
            actionId: one.action,
            params: one.params.map((value, p) => ({ paramId: p + 1, value: base64(value) })),
          },
        },
        ...(one.priority > 0 ? { priority: one.priority } : {}),
        ...(one.fallback ? { isDefaultAction: true } : {}),
      },
    },
  }));
  const lines = list.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  return `{\n  "deviceId": "0",\n  "electionId": { "low": "1" },\n  "updates": [\n${lines}\n  ]\n}\n`;
}
