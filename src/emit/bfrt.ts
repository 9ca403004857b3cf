/** Entries for BF-Runtime (Tofino): a JSON file and the small Python program that installs it. Smaller priority wins there too. */

import { type EmittedEntry, type EmittedTable, type EntryAction, type EntryKey, needsPriority } from './entries.ts';
import { TOFINO_CONTROLS } from './tofino.ts';

/** Numbers above 2^53 travel as decimal strings. */
function number(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

function keyJson(key: EntryKey): Record<string, unknown> {
  switch (key.match) {
    case 'exact':
      return { name: key.name, value: number(key.value) };
    case 'ternary':
      return { name: key.name, value: number(key.value), mask: number(key.mask) };
    case 'range':
      return { name: key.name, low: number(key.value), high: number(key.mask) };
    case 'lpm':
      return { name: key.name, value: number(key.value), prefix_len: key.mask.toString(2).replace(/0/g, '').length };
  }
}

function actionJson(table: EmittedTable, action: EntryAction): Record<string, unknown> {
  const control = TOFINO_CONTROLS[table.gress].replace(/^pipe\./, '');
  return {
    action: `${control}.${action.name}`,
    data: action.params.map((one) => ({ name: one.name, value: one.value })),
  };
}

function entryJson(table: EmittedTable, entry: EmittedEntry): Record<string, unknown> {
  const keys = entry.keys.map(keyJson);
  const priority = needsPriority(table) ? { priority: entry.priority } : {};
  return { key: keys, ...priority, ...actionJson(table, entry.action) };
}

/** One JSON document; one entry a line. */
export function bfrtJson(program: string, tables: readonly EmittedTable[]): string {
  const texts = tables
    .filter((table) => table.entries.length > 0 || table.fallback)
    .map((table) => {
      const fallback = table.fallback ? [`      "default": ${JSON.stringify(actionJson(table, table.fallback))},`] : [];
      const entries = table.entries.map((entry) => `        ${JSON.stringify(entryJson(table, entry))}`);
      return [
        '    {',
        `      "name": ${JSON.stringify(`${TOFINO_CONTROLS[table.gress]}.${table.name}`)},`,
        ...fallback,
        entries.length === 0 ? '      "entries": []' : `      "entries": [\n${entries.join(',\n')}\n      ]`,
        '    }',
      ].join('\n');
    });
  return `{\n  "format": "pegasim/bfrt-entries",\n  "version": 1,\n  "program": ${JSON.stringify(program)},\n  "tables": [\n${texts.join(',\n')}\n  ]\n}\n`;
}

/** Python program that installs the JSON through the BF-Runtime gRPC client. */
export function bfrtLoader(program: string): string {
  return `#!/usr/bin/env python3
"""Installs entries.bfrt.json on a running switch daemon through BF-Runtime gRPC.

Usage: load_entries.py [entries.bfrt.json] [host:port]   (default localhost:50052)
Needs the bfrt_grpc client of the SDE on PYTHONPATH.
"""
import json
import sys

import bfrt_grpc.client as gc

PROGRAM = ${JSON.stringify(program)}


def key_tuple(field):
    names = {"value": "value", "mask": "mask", "low": "low", "high": "high", "prefix_len": "prefix_len"}
    parts = {names[part]: int(field[part]) for part in names if part in field}
    return gc.KeyTuple(field["name"], **parts)


def action_data(table, item):
    return table.make_data([gc.DataTuple(one["name"], one["value"]) for one in item["data"]], item["action"])


def install(info, target, description):
    table = info.table_get(description["name"])
    if "default" in description:
        table.default_entry_set(target, action_data(table, description["default"]))
    keys, data = [], []
    for entry in description["entries"]:
        fields = [key_tuple(field) for field in entry["key"]]
        if "priority" in entry:
            fields.append(gc.KeyTuple("$MATCH_PRIORITY", entry["priority"]))
        keys.append(table.make_key(fields))
        data.append(action_data(table, entry))
    for start in range(0, len(keys), 500):
        table.entry_add(target, keys[start : start + 500], data[start : start + 500])
    print("%s: %d entries" % (description["name"], len(keys)))


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else "entries.bfrt.json"
    address = sys.argv[2] if len(sys.argv) > 2 else "localhost:50052"
    with open(path) as handle:
        document = json.load(handle)
    interface = gc.ClientInterface(address, client_id=0, device_id=0)
    interface.bind_pipeline_config(PROGRAM)
    info = interface.bfrt_info_get(PROGRAM)
    target = gc.Target(device_id=0, pipe_id=0xFFFF)
    for description in document["tables"]:
        install(info, target, description)


if __name__ == "__main__":
    main()
`;
}
