/** Readers of the emitted control-plane files, each written from its format's documentation, into one form for the P4 machine. */

import type { Contents, Installed, InstalledKey, TableContent } from './installed.ts';
import type { P4Tree, TableNode } from './tree.ts';

function contentOf(contents: Map<string, TableContent>, table: string): TableContent {
  const known = contents.get(table);
  if (known) return known;
  const made: TableContent = { entries: [] };
  contents.set(table, made);
  return made;
}

const last = (name: string) => name.split('.').pop()!;

const known = new WeakMap<P4Tree, Map<string, TableNode>>();

function tableNamed(tree: P4Tree, name: string): TableNode {
  const all = [...tree.controls.values()].flatMap((one) => (known.has(tree) ? [] : one.tables));
  const tables = known.get(tree) ?? new Map(all.map((one) => [one.name, one]));
  known.set(tree, tables);
  const table = tables.get(last(name));
  if (!table) throw new Error(`no table ${name}`);
  return table;
}

/** Commands of `simple_switch_CLI` that set up the switch, not its tables, with their number of arguments (sswitch_CLI.py). */
const SWITCH_COMMANDS = new Map([
  ['set_queue_depth', 1],
  ['mirroring_add', 2],
]);

/** `simple_switch_CLI` commands: table_add and table_set_default. */
export function readCli(text: string, tree: P4Tree): Contents {
  const contents = new Map<string, TableContent>();
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [command, name, action, ...rest] = line.trim().split(/\s+/);
    if (SWITCH_COMMANDS.has(command)) {
      const given = line.trim().split(/\s+/).slice(1);
      if (given.length !== SWITCH_COMMANDS.get(command) || !given.every((one) => /^\d+$/.test(one)))
        throw new Error(`arguments of ${command}: ${given.join(' ')}`);
      continue;
    }
    const content = contentOf(contents, last(name));
    if (command === 'table_set_default') {
      content.fallback = { action: last(action), data: rest.map(BigInt) };
      continue;
    }
    if (command !== 'table_add') throw new Error(`command ${command}`);
    const table = tableNamed(tree, name);
    const arrow = rest.indexOf('=>');
    const prioritised = table.keys.some((one) => one.match === 'ternary' || one.match === 'range');
    const tail = rest.slice(arrow + 1);
    const priority = prioritised ? Number(tail.pop()) : 0;
    const keys = rest.slice(0, arrow).map((one, k) => cliKey(one, table.keys[k].match));
    content.entries.push({ keys, priority, action: last(action), data: tail.map(BigInt) });
  }
  return contents;
}

function cliKey(text: string, match: string): InstalledKey {
  if (match === 'ternary') {
    const [value, mask] = text.split('&&&').map(BigInt);
    return { value, mask };
  }
  if (match === 'range') {
    const [low, high] = text.split('->').map(BigInt);
    return { low, high };
  }
  if (match === 'lpm') {
    const [value, prefix] = text.split('/');
    return { value: BigInt(value), prefix: Number(prefix) };
  }
  return { value: BigInt(text) };
}

interface RuntimeField {
  readonly id: number;
  readonly key: InstalledKey;
}

/** Turns P4Runtime's ids into names and its priorities (larger wins) into ours. */
function addRuntime(
  contents: Map<string, TableContent>,
  tree: P4Tree,
  entry: { table: number; action: number; fields: RuntimeField[]; data: bigint[]; priority: number; fallback: boolean },
): void {
  const controls = [...tree.controls.values()];
  const table = controls.flatMap((one) => one.tables).find((one) => one.id === entry.table);
  const action = controls.flatMap((one) => one.actions).find((one) => one.id === entry.action);
  if (!table || !action) throw new Error(`no table ${entry.table} or action ${entry.action}`);
  const content = contentOf(contents, table.name);
  if (entry.fallback) {
    content.fallback = { action: action.name, data: entry.data };
    return;
  }
  const prioritised = table.keys.some((one) => one.match === 'ternary' || one.match === 'range');
  if (prioritised !== entry.priority > 0) throw new Error(`table ${table.name}: priority ${entry.priority}`);
  const keys = table.keys.map((_, k): InstalledKey => entry.fields.find((one) => one.id === k + 1)?.key ?? {});
  const made: Installed = { keys, priority: -entry.priority, action: action.name, data: entry.data };
  content.entries.push(made);
}

/** Text protobuf of a WriteRequest, read field by field. */
export function readRuntimeText(text: string, tree: P4Tree): Contents {
  const contents = new Map<string, TableContent>();
  for (const line of text.split('\n').filter((one) => one.startsWith('updates'))) {
    const number = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(line)?.[1] ?? 0);
    const fields = [...line.matchAll(/match \{ field_id: (\d+) (\w+) \{ (.*?) \} \}/g)].map((one): RuntimeField => {
      const part = (name: string) => {
        const found = new RegExp(`\\b${name}: "([^"]*)"`).exec(one[3]);
        return found ? fromOctal(found[1]) : undefined;
      };
      const prefix = /prefix_len: (\d+)/.exec(one[3]);
      return { id: Number(one[1]), key: keyOf(part('value'), part('mask'), part('low'), part('high'), prefix?.[1]) };
    });
    const data = [...line.matchAll(/params \{ param_id: (\d+) value: "([^"]*)" \}/g)].map((one) => fromOctal(one[2]));
    addRuntime(contents, tree, {
      table: number('table_id'),
      action: number('action_id'),
      fields,
      data,
      priority: number('priority'),
      fallback: /is_default_action: true/.test(line),
    });
  }
  return contents;
}

function keyOf(value?: bigint, mask?: bigint, low?: bigint, high?: bigint, prefix?: string | number): InstalledKey {
  return {
    ...(value === undefined ? {} : { value }),
    ...(mask === undefined ? {} : { mask }),
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
    ...(prefix === undefined ? {} : { prefix: Number(prefix) }),
  };
}

function fromOctal(text: string): bigint {
  return [...text.matchAll(/\\([0-7]{3})/g)].reduce((all, one) => (all << 8n) | BigInt(Number.parseInt(one[1], 8)), 0n);
}

function fromBase64(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  return [...Buffer.from(text, 'base64')].reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
}

interface RuntimeJson {
  readonly updates: readonly {
    readonly entity: {
      readonly tableEntry: {
        readonly tableId: number;
        readonly match: readonly ({ readonly fieldId: number } & Record<string, unknown>)[];
        readonly action: {
          readonly action: { readonly actionId: number; readonly params: readonly { readonly value: string }[] };
        };
        readonly priority?: number;
        readonly isDefaultAction?: boolean;
      };
    };
  }[];
}

/** JSON protobuf of a WriteRequest. */
export function readRuntimeJson(text: string, tree: P4Tree): Contents {
  const contents = new Map<string, TableContent>();
  for (const { entity } of (JSON.parse(text) as RuntimeJson).updates) {
    const { tableId, match, action, priority, isDefaultAction } = entity.tableEntry;
    const fields = match.map((one): RuntimeField => {
      const inside = Object.values(one).find((part) => typeof part === 'object') as Record<string, string>;
      const key = keyOf(
        fromBase64(inside.value),
        fromBase64(inside.mask),
        fromBase64(inside.low),
        fromBase64(inside.high),
        inside.prefixLen,
      );
      return { id: one.fieldId, key };
    });
    const data = action.action.params.map((one) => fromBase64(one.value)!);
    addRuntime(contents, tree, {
      table: tableId,
      action: action.action.actionId,
      fields,
      data,
      priority: priority ?? 0,
      fallback: isDefaultAction ?? false,
    });
  }
  return contents;
}

interface BfrtJson {
  readonly tables: readonly {
    readonly name: string;
    readonly default?: { readonly action: string; readonly data: readonly { readonly value: number }[] };
    readonly entries: readonly {
      readonly key: readonly (Record<string, number | string> & { readonly name: string })[];
      readonly priority?: number;
      readonly action: string;
      readonly data: readonly { readonly name: string; readonly value: number }[];
    }[];
  }[];
}

/** BF-Runtime JSON; keys and data are named. */
export function readBfrt(text: string, tree: P4Tree): Contents {
  const contents = new Map<string, TableContent>();
  for (const one of (JSON.parse(text) as BfrtJson).tables) {
    const table = tableNamed(tree, one.name);
    const content = contentOf(contents, table.name);
    const values = (data: readonly { readonly value: number }[]) => data.map((item) => BigInt(item.value));
    if (one.default) content.fallback = { action: last(one.default.action), data: values(one.default.data) };
    for (const entry of one.entries) {
      const keys = table.keys.map((key): InstalledKey => {
        const found = entry.key.find((item) => item.name === key.name);
        if (!found) throw new Error(`table ${table.name}: no key ${key.name}`);
        const part = (name: string) => (found[name] === undefined ? undefined : BigInt(found[name]));
        const prefix = found.prefix_len === undefined ? undefined : Number(found.prefix_len);
        return keyOf(part('value'), part('mask'), part('low'), part('high'), prefix);
      });
      content.entries.push({
        keys,
        priority: entry.priority ?? 0,
        action: last(entry.action),
        data: values(entry.data),
      });
    }
  }
  return contents;
}
