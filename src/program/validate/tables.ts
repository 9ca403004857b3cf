/** Rule: tables and their entries — match kinds, key widths, sizes, action data, unique winners (PROGRAM.md "Tables"). */

import { keyWordsOf, wordMask } from '../entries.ts';
import { tableKeyBits } from '../lookup.ts';
import type { Table } from '../program.ts';
import { type Check, report, reportChip, whole } from './context.ts';
import { findTie } from './winner.ts';

export function checkTables(check: Check): void {
  for (const table of check.program.tables) {
    const keysGood = checkKeys(check, table);
    checkDefault(check, table);
    if (keysGood && checkColumns(check, table)) checkEntries(check, table);
  }
}

function checkKeys(check: Check, table: Table): boolean {
  const where = `table ${table.name}`;
  const before = check.problems.length;
  const lpm = table.keys.filter((one) => one.match === 'lpm').length;
  if (lpm > 1 || (lpm === 1 && table.keys.some((one) => one.match === 'ternary' || one.match === 'range'))) {
    report(check, 'TABLE', where, 'lpm goes alone or with exact keys');
  }
  table.keys.forEach((one, k) => {
    const { bits } = check.at.field.get(one.field)!;
    const { slice } = one;
    if (slice && (!whole(slice.low) || slice.low < 0 || slice.bits < 1 || slice.low + slice.bits > bits)) {
      report(check, 'WIDTH', where, `key ${k} takes bits outside ${one.field}`, {
        have: `bits ${slice.low} .. ${slice.low + slice.bits - 1} of ${bits}`,
      });
    }
    const width = slice?.bits ?? bits;
    const { matchKinds, rangeKeyBits = 32 } = check.rules;
    if (matchKinds && !matchKinds.includes(one.match)) reportChip(check, where, `a ${one.match} key`);
    if (one.match === 'range' && width > rangeKeyBits) {
      reportChip(check, where, `a range key of ${width} bits`, { need: `≤ ${rangeKeyBits}` });
    }
  });
  return check.problems.length === before;
}

function checkDefault(check: Check, table: Table): void {
  const { action, data } = table.defaultAction;
  const { params } = check.at.action.get(action)!;
  const where = `table ${table.name}, default action ${action}`;
  if (data.length !== params.length) {
    report(check, 'DATA', where, 'one value a parameter', { need: `${params.length}`, have: `${data.length}` });
  }
  params.forEach((param, p) => {
    const value = data[p] ?? 0;
    const low = -(2 ** (param.bits - 1));
    if (!whole(value) || value < low || value >= 2 ** param.bits) {
      report(check, 'DATA', where, `${value} does not fit the ${param.bits} bits of ${param.name}`);
    }
  });
}

function checkColumns(check: Check, table: Table): boolean {
  const { entries } = table;
  const where = `table ${table.name}`;
  const before = check.problems.length;
  if (table.keys.length === 0 && (entries.count > 0 || table.size > 0)) {
    report(check, 'TABLE', where, 'a keyless table has no entries and size 0');
  }
  if (table.keys.length > 0 && table.size < 1) report(check, 'TABLE', where, 'a keyed table declares its size');
  if (entries.count > table.size) {
    report(check, 'SIZE', where, 'more entries than the declared size', {
      need: `${entries.count}`,
      have: `${table.size}`,
    });
  }
  const words = tableKeyBits(table, check.at.field).reduce((sum, bits) => sum + keyWordsOf(bits), 0);
  const data = table.actions.reduce((most, name) => Math.max(most, check.at.action.get(name)!.params.length), 0);
  const lengths =
    entries.value.length === entries.count * entries.keyWords &&
    entries.mask.length === entries.count * entries.keyWords &&
    entries.priority.length === entries.count &&
    entries.action.length === entries.count &&
    entries.data.length === entries.count * entries.dataWords;
  if (entries.count > 0 && (entries.keyWords !== words || entries.dataWords < data || !lengths)) {
    report(check, 'ENTRY', where, 'the columns of the entries have the wrong lengths', {
      need: `${words} key words, ${data} data words`,
      have: `${entries.keyWords}, ${entries.dataWords}`,
    });
  }
  return check.problems.length === before;
}

/** The first bad entry of a table is reported, not all. */
function checkEntries(check: Check, table: Table): void {
  for (let i = 0; i < table.entries.count; i++) {
    const reason = keyReason(check, table, i) ?? dataReason(check, table, i);
    if (reason === undefined) continue;
    report(check, 'ENTRY', `table ${table.name}, entry ${i}`, reason);
    return;
  }
  const tie = findTie(table, tableKeyBits(table, check.at.field));
  if (tie?.kind === 'tie') {
    report(
      check,
      'TIE',
      `table ${table.name}, entries ${tie.first} and ${tie.second}`,
      'two entries of equal priority tie for a key',
      {
        have: `key ${tie.key.map((value) => `0x${value.toString(16)}`).join(', ')}`,
        hint: 'give one of them a better (smaller) priority',
      },
    );
  } else if (tie?.kind === 'unproved') {
    report(
      check,
      'TIE',
      `table ${table.name}, entries ${tie.first} and ${tie.second}`,
      'a unique winner cannot be proved in reasonable time',
      {
        hint: 'give the overlapping entries different priorities',
      },
    );
  }
  const shadow = lpmOutOfOrder(table, tableKeyBits(table, check.at.field));
  if (shadow !== undefined) {
    report(
      check,
      'ENTRY',
      `table ${table.name}, entry ${shadow}`,
      'a longer prefix needs a better priority than a shorter one',
    );
  }
}

function keyReason(check: Check, table: Table, i: number): string | undefined {
  const { entries } = table;
  if (i > 0 && entries.priority[i] < entries.priority[i - 1]) return 'entries are not sorted by priority';
  let at = i * entries.keyWords;
  const widths = tableKeyBits(table, check.at.field);
  for (let k = 0; k < widths.length; k++) {
    for (let bits = widths[k]; bits > 0; bits -= 32) {
      const reason = wordReason(table.keys[k].match, entries.value[at], entries.mask[at], wordMask(Math.min(32, bits)));
      if (reason) return `key ${k}: ${reason}`;
      at++;
    }
    if (table.keys[k].match === 'lpm' && !prefixMask(entries.mask, at, widths[k])) return `key ${k}: no prefix mask`;
  }
  return undefined;
}

function wordReason(match: string, value: number, mask: number, all: number): string | undefined {
  if (value > all || mask > all) return 'a value or mask is wider than the key';
  if (match === 'range') return value > mask ? 'the range is empty' : undefined;
  if ((value & ~mask) !== 0) return 'the value has bits outside its mask, so it never matches';
  return match === 'exact' && mask !== all ? 'an exact key has all mask bits' : undefined;
}

/** Mask words of a key ending before `end` (low word first) are ones followed by zeros. */
function prefixMask(masks: Uint32Array, end: number, bits: number): boolean {
  const mask = bits > 32 ? (BigInt(masks[end - 1]) << 32n) | BigInt(masks[end - 2]) : BigInt(masks[end - 1]);
  const rest = ((1n << BigInt(bits)) - 1n) ^ mask;
  return (rest & (rest + 1n)) === 0n;
}

function dataReason(check: Check, table: Table, i: number): string | undefined {
  const { entries } = table;
  const name = table.actions[entries.action[i]];
  if (name === undefined) return `there is no action ${entries.action[i]}`;
  const { params } = check.at.action.get(name)!;
  for (let p = 0; p < params.length; p++) {
    const value = entries.data[i * entries.dataWords + p];
    if (value > wordMask(params[p].bits))
      return `${value} does not fit the ${params[p].bits} bits of ${params[p].name}`;
  }
  return undefined;
}

/** Longest prefix must win: the first entry whose prefix is longer than one of a smaller (better) priority. */
function lpmOutOfOrder(table: Table, widths: readonly number[]): number | undefined {
  const k = table.keys.findIndex((one) => one.match === 'lpm');
  if (k < 0) return undefined;
  const { entries } = table;
  const from = widths.slice(0, k).reduce((sum, bits) => sum + keyWordsOf(bits), 0);
  let shortest = Infinity;
  let shortestHere = Infinity;
  for (let i = 0; i < entries.count; i++) {
    if (i > 0 && entries.priority[i] !== entries.priority[i - 1]) shortest = Math.min(shortest, shortestHere);
    let length = 0;
    for (let w = 0; w < keyWordsOf(widths[k]); w++) length += ones(entries.mask[i * entries.keyWords + from + w]);
    if (length > shortest) return i;
    shortestHere = Math.min(shortestHere, length);
  }
  return undefined;
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
