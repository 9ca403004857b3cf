/**
 * Free statements that the tables of a description imply. A bank of partial sums that no table reads before it is overwritten
 * must be added, by statements outside any table, to the bank of the same shape that is read next: banks are added pairwise, one
 * statement a round, just before the first table that reads the result or overwrites a partial sum (or at the end, into a header).
 */

import type { DescribedTable } from './types.ts';

/** Fields written together by one or more tables, waiting to be read. */
interface Bank {
  readonly fields: readonly string[];
  readonly bits: string;
  readonly gress: string;
  readonly lastWrite: number;
}

/** Narrower results are indices, not sums. */
const LEAST_SUM_BITS = 8;

function readsOf(table: DescribedTable): string[] {
  return [...table.keys.map((key) => key.field), ...table.actions.flatMap((action) => action.reads)];
}

/** The bank a table writes: its one action sets or adds to several fields, one parameter each. */
function bankOf(table: DescribedTable, index: number): Bank | undefined {
  if (table.actions.length !== 1) return undefined;
  const [{ writes, paramBits }] = table.actions;
  if (writes.length < 2 || paramBits.length !== writes.length) return undefined;
  if (paramBits.some((bits) => bits < LEAST_SUM_BITS)) return undefined;
  return { fields: writes, bits: paramBits.join(','), gress: table.gress, lastWrite: index };
}

/** Does the table overwrite a field of the bank, rather than add to it? */
function overwrites(table: DescribedTable, bank: Bank): boolean {
  return table.actions.some(({ accumulates, writes }) => !accumulates && writes.some((f) => bank.fields.includes(f)));
}

/** True when no table from `from` on reads the bank before something overwrites it. */
function isDead(bank: Bank, tables: readonly DescribedTable[], from: number): boolean {
  const fields = new Set(bank.fields);
  for (const table of tables.slice(from)) {
    if (table.gress === bank.gress && readsOf(table).some((field) => fields.has(field))) return false;
    if (overwrites(table, bank)) return true;
  }
  return !bank.fields.some((field) => field.startsWith('hdr.'));
}

/** Index of the first table from `from` on that reads the bank; Infinity if none does. */
function nextRead(bank: Bank, tables: readonly DescribedTable[], from: number): number {
  const at = tables.findIndex(
    (table, index) =>
      index >= from && table.gress === bank.gress && readsOf(table).some((f) => bank.fields.includes(f)),
  );
  return at < 0 ? Infinity : at;
}

/** One statement a round: each surviving bank takes its neighbour. */
function additions(into: Bank, others: readonly Bank[], number: () => number): DescribedTable[] {
  let banks = [into, ...others];
  const rounds: DescribedTable[] = [];
  while (banks.length > 1) {
    const reads: string[] = [];
    const writes: string[] = [];
    const left: Bank[] = [];
    for (let b = 0; b < banks.length; b += 2) {
      left.push(banks[b]);
      if (b + 1 === banks.length) continue;
      writes.push(...banks[b].fields);
      reads.push(...banks[b].fields, ...banks[b + 1].fields);
    }
    const name = `sum ${number()}`;
    const action = { name, paramBits: [], reads, writes, accumulates: true, hashBits: 0 };
    rounds.push({
      name,
      gress: into.gress === 'egress' ? 'egress' : 'ingress',
      keys: [],
      size: 0,
      actions: [action],
      noAction: false,
      statement: true,
      made: true,
    });
    banks = left;
  }
  return rounds;
}

/** The tables with the implied additions in their places. */
export function withImpliedSums(tables: readonly DescribedTable[]): DescribedTable[] {
  const result: DescribedTable[] = [];
  const waiting = new Map<string, Bank>();
  let made = 0;
  const number = () => ++made;
  const same = (a: Bank, b: Bank) => a !== b && a.bits === b.bits && a.gress === b.gress;
  const merge = (into: Bank, at: number) => {
    const others = [...waiting.values()].filter((bank) => same(bank, into) && isDead(bank, tables, at));
    result.push(...additions(into, others, number));
    for (const bank of others) waiting.delete(bank.fields.join());
    waiting.delete(into.fields.join());
  };
  /** A dead bank about to be overwritten is added to its live neighbour that is read first. */
  const rescue = (lost: Bank, at: number) => {
    const live = [...waiting.values()].filter((bank) => same(bank, lost) && !isDead(bank, tables, at));
    const into = live.sort((a, b) => nextRead(a, tables, at) - nextRead(b, tables, at))[0];
    if (into) merge(into, at);
    waiting.delete(lost.fields.join());
  };
  for (const [index, table] of tables.entries()) {
    const reads = new Set(readsOf(table));
    for (const bank of [...waiting.values()])
      if (bank.gress === table.gress && bank.fields.some((field) => reads.has(field))) merge(bank, index);
    for (const bank of [...waiting.values()])
      if (waiting.has(bank.fields.join()) && overwrites(table, bank) && isDead(bank, tables, index))
        rescue(bank, index);
    result.push(table);
    const bank = bankOf(table, index);
    if (bank) waiting.set(bank.fields.join(), bank);
  }
  for (const bank of [...waiting.values()])
    if (bank.fields.every((field) => field.startsWith('hdr.')) && waiting.has(bank.fields.join()))
      merge(bank, tables.length);
  return result;
}
