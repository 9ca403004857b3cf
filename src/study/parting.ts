/** Where two walks of one packet part. */

import type { PacketTrace } from '../switch/index.ts';

/** The first stage, table and field that differ. */
export interface Parting {
  readonly stage: number | null;
  readonly gress: string | null;
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
}

export type TableWalk = PacketTrace['stages'][number]['tables'][number];

/**
 * First difference of two walks: parsed fields, then, by our stages, tables that both have and that gave something else. Tables that the
 * other lacks are named only when the verdicts differ: two layouts of one model share few names.
 * @param skip tables to leave out of the comparison
 */
export function partingOf(
  ours: PacketTrace,
  theirs: PacketTrace,
  skip: (table: TableWalk) => boolean = () => false,
): Parting | null {
  const parsed = fieldDifference(ours.parsed, theirs.parsed);
  if (parsed !== undefined) return { stage: null, gress: 'parser', ...parsed };
  const walked = new Map(theirs.stages.flatMap(({ tables }) => tables.map((one) => [one.table, one] as const)));
  const mine = ours.stages
    .flatMap(({ stage, gress, tables }) => tables.map((one) => ({ stage, gress, one })))
    .filter(({ one }) => !skip(one));
  const parts = mine.find(({ one }) => walked.has(one.table) && tableText(one) !== tableText(walked.get(one.table)!));
  const alone = mine.find(({ one }) => !walked.has(one.table));
  const first = parts ?? (ours.verdict === theirs.verdict ? undefined : alone);
  if (first !== undefined) {
    const { stage, gress, one } = first;
    const other = walked.get(one.table);
    const sides = { ours: tableText(one), theirs: other === undefined ? 'has no such table' : tableText(other) };
    return { stage, gress, what: one.table, ...sides };
  }
  if (ours.verdict === theirs.verdict) return null;
  return { stage: null, gress: null, what: 'verdict', ours: String(ours.verdict), theirs: String(theirs.verdict) };
}

/** What a table did, as one line: two walks agree on a table exactly when their lines are equal. */
export function tableText({ entry, action, writes }: TableWalk): string {
  const changed = writes.map(({ field, after }) => `${field} = ${after}`).join(', ');
  return `${entry === null ? 'no entry' : `entry ${entry}`}, ${action ?? 'no action'}: ${changed}`;
}

type Fields = PacketTrace['parsed'];

function fieldDifference(a: Fields, b: Fields): { what: string; ours: string; theirs: string } | undefined {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const what = names.find((name) => (a[name] ?? 0) !== (b[name] ?? 0));
  return what === undefined ? undefined : { what, ours: String(a[what] ?? 0), theirs: String(b[what] ?? 0) };
}
