/** Same P4, new entries: is a retrained program like the one whose P4 runs already? */

import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../problem.ts';
import type { Program, Table } from '../program/index.ts';

const LISTS = [
  'fields',
  'headers',
  'hashes',
  'registers',
  'stateful',
  'actions',
  'ingress',
  'egress',
  'bridge',
] as const;

/**
 * Why the entries of `program` cannot be installed in the P4 of `old`; empty when they can. Everything but entries, default data
 * and notes must be equal, and the entries must fit the sizes that the old P4 declares.
 */
export function likeProblems(program: Program, old: Program): Problem[] {
  const problems: Problem[] = [];
  for (const list of LISTS) {
    const plain = (one: Program) => withoutNotes(one[list]);
    if (!isDeepStrictEqual(plain(program), plain(old))) {
      problems.push({
        code: 'EMIT-LIKE',
        message: `the ${list} differ from those of ${old.name}: its P4 cannot be kept`,
        where: firstDifference(program[list], old[list]),
      });
    }
  }
  if (!isDeepStrictEqual(program.parser, old.parser)) {
    problems.push({ code: 'EMIT-LIKE', message: `the parser differs from that of ${old.name}`, where: 'parser' });
  }
  for (const table of program.tables) {
    const before = old.tables.find((one) => one.name === table.name);
    problems.push(...tableProblems(table, before, old.name));
  }
  for (const table of old.tables) {
    if (!program.tables.some((one) => one.name === table.name)) {
      problems.push({
        code: 'EMIT-LIKE',
        message: `the program has no such table, ${old.name} has`,
        where: `table ${table.name}`,
      });
    }
  }
  return problems;
}

function tableProblems(table: Table, old: Table | undefined, name: string): Problem[] {
  const where = `table ${table.name}`;
  if (!old) return [{ code: 'EMIT-LIKE', message: `${name} has no such table`, where }];
  const shape = (one: Table) => [one.gress, one.keys, one.actions, one.defaultAction.action];
  if (!isDeepStrictEqual(shape(table), shape(old))) {
    return [{ code: 'EMIT-LIKE', message: `keys or actions differ from those of ${name}`, where }];
  }
  if (table.entries.count > old.size) {
    return [
      {
        code: 'EMIT-LIKE-SIZE',
        message: `the new entries do not fit the size that ${name} declares`,
        where,
        need: `${table.entries.count} entries`,
        have: `${old.size}`,
        hint: 'compile with fewer leaves, or emit the P4 anew',
      },
    ];
  }
  return [];
}

function withoutNotes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNotes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'note')
      .map(([key, one]) => [key, withoutNotes(one)]),
  );
}

function firstDifference(a: readonly unknown[], b: readonly unknown[]): string {
  const at = a.findIndex((one, i) => !isDeepStrictEqual(withoutNotes(one), withoutNotes(b[i])));
  const one = a[at < 0 ? b.length : at] ?? b[at < 0 ? a.length : at];
  return typeof one === 'object' && one !== null && 'name' in one
    ? String(one.name)
    : `number ${at < 0 ? a.length : at}`;
}
