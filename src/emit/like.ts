/** Same P4, new entries: is a retrained program like the one whose P4 runs already? */

import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../problem.ts';
import type { Program, Table } from '../program/index.ts';
import { declaredSize } from './sizes.ts';

type List = 'fields' | 'headers' | 'hashes' | 'registers' | 'stateful' | 'actions' | 'ingress' | 'egress' | 'bridge';

/** What must be equal whatever the entries are: everything but fields and actions, whose widths may differ for a while. */
const FIXED = ['headers', 'hashes', 'registers', 'stateful', 'ingress', 'egress', 'bridge'] as const;

function listProblems(program: Program, old: Program, lists: readonly List[]): Problem[] {
  return lists.flatMap((list): Problem[] => {
    if (isDeepStrictEqual(withoutNotes(program[list]), withoutNotes(old[list]))) return [];
    const threshold = program.verdict.threshold !== old.verdict.threshold;
    return [
      {
        code: 'EMIT-LIKE',
        message: `the ${list} differ from those of ${old.name}: its P4 cannot be kept`,
        where: firstDifference(program[list], old[list]),
        ...(threshold && /gress$/.test(list)
          ? { hint: `the P4 holds the threshold ${old.verdict.threshold}: keep it, or install the new P4` }
          : {}),
      },
    ];
  });
}

/** Parser, headers, state, control flow, classes and tables that differ. */
export function structureProblems(program: Program, old: Program): Problem[] {
  const problems = listProblems(program, old, FIXED);
  if (!isDeepStrictEqual(program.parser, old.parser)) {
    problems.push({ code: 'EMIT-LIKE', message: `the parser differs from that of ${old.name}`, where: 'parser' });
  }
  if (!isDeepStrictEqual(program.verdict.classes, old.verdict.classes)) {
    problems.push({
      code: 'EMIT-LIKE',
      message: `the classes differ from those of ${old.name}`,
      where: 'verdict',
      need: old.verdict.classes.join(', '),
      have: program.verdict.classes.join(', '),
    });
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

/** Entries that the old P4's declared size does not hold. */
export function sizeProblem(table: Table, before: Table, old: Program): Problem | undefined {
  const room = declaredSize(old, before);
  if (table.entries.count <= room) return undefined;
  return {
    code: 'EMIT-LIKE-SIZE',
    message: `the new entries do not fit the size that ${old.name} declares`,
    where: `table ${table.name}`,
    need: `${table.entries.count} entries`,
    have: `${room}`,
    hint: 'compile with fewer leaves, or emit the P4 anew',
  };
}

/**
 * Why the entries of `program` cannot be installed in the P4 of `old`; empty when they can. Everything but entries, default data
 * and notes must be equal, and the entries must fit the sizes that the old P4 declares.
 */
export function likeProblems(program: Program, old: Program): Problem[] {
  const problems = [...listProblems(program, old, ['fields', 'actions']), ...structureProblems(program, old)];
  for (const table of program.tables) {
    const before = old.tables.find((one) => one.name === table.name);
    problems.push(...tableProblems(table, before, old));
  }
  return problems;
}

function tableProblems(table: Table, before: Table | undefined, old: Program): Problem[] {
  const where = `table ${table.name}`;
  if (!before) return [{ code: 'EMIT-LIKE', message: `${old.name} has no such table`, where }];
  const shape = (one: Table) => [one.gress, one.keys, one.actions, one.defaultAction.action];
  if (!isDeepStrictEqual(shape(table), shape(before))) {
    return [{ code: 'EMIT-LIKE', message: `keys or actions differ from those of ${old.name}`, where }];
  }
  const size = sizeProblem(table, before, old);
  return size === undefined ? [] : [size];
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
