/** Entries as commands of bmv2's `simple_switch_CLI`: smaller priority wins there, as in the program. */

import { type EmittedTable, type EntryAction, type EntryKey, needsPriority } from './entries.ts';
import { V1_CONTROLS } from './v1model.ts';

/**
 * Depth of bmv2's egress queues, in packets. At its own 64 the switch drops, without a word, whatever ingress makes faster than egress
 * takes it (behavioral-model queueing.h, QueueingLogicPriRL::push_front), and packet files are read at full speed.
 */
const QUEUE_DEPTH = 1_000_000;

export interface CliFacts {
  /** Mirror sessions that actions name; each sends its copies to `mirrorPort`. */
  readonly sessions: readonly number[];
  readonly mirrorPort: number;
}

/** A command file: queues, mirror sessions, then one line an entry, defaults with data first. */
export function cliText(tables: readonly EmittedTable[], facts: CliFacts): string {
  const lines = [`set_queue_depth ${QUEUE_DEPTH}`];
  for (const session of facts.sessions) lines.push(`mirroring_add ${session} ${facts.mirrorPort}`);
  for (const table of tables) {
    const control = V1_CONTROLS[table.gress];
    const call = (action: EntryAction) => `${control}.${action.name}`;
    const data = (action: EntryAction) => action.params.map((one) => one.value).join(' ');
    if (table.fallback) {
      lines.push(`table_set_default ${control}.${table.name} ${call(table.fallback)} ${data(table.fallback)}`);
    }
    for (const { keys, priority, action } of table.entries) {
      const match = keys.map(keyText).join(' ');
      const tail = needsPriority(table) ? ` ${priority}` : '';
      lines.push(
        `table_add ${control}.${table.name} ${call(action)} ${match} => ${data(action)}${tail}`.replace('=>  ', '=> '),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Values in hexadecimal, in whole bytes; ranges `low->high`, prefixes `value/length`. */
function keyText(key: EntryKey): string {
  const hex = (value: bigint) => `0x${value.toString(16).padStart(Math.ceil(key.bits / 8) * 2, '0')}`;
  switch (key.match) {
    case 'exact':
      return hex(key.value);
    case 'ternary':
      return `${hex(key.value)}&&&${hex(key.mask)}`;
    case 'range':
      return `${hex(key.value)}->${hex(key.mask)}`;
    case 'lpm':
      return `${hex(key.value)}/${key.mask.toString(2).replace(/0/g, '').length}`;
  }
}
