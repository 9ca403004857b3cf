/**
 * The order of a RegisterAction's statements. A stateful ALU acts at once, a RegisterAction body runs in order: statements that share a
 * predicate share an `if`, and wherever the order could show, everything reads a copy of the cell's value at entry.
 */

import type { SaluOperand } from '../program/index.ts';
import { indent } from './context.ts';
import { literal } from './expression.ts';
import { feasibleOutcomes, holdsIn, isAlways, predicate } from './predicate.ts';
import { cellType, conditionText, outputTable, outputText, type Salu, updateText, wordBits } from './salu-text.ts';

/** One statement with its predicate; `phase` 0: old values out, 1: updates, 2: new values out. */
interface Statement {
  readonly phase: 0 | 1 | 2;
  readonly when: number | undefined;
  readonly text: string;
  readonly reads: readonly string[];
  readonly writes?: string;
}

function statements(salu: Salu): Statement[] {
  const cells = (one: SaluOperand | undefined) => (one && (one.kind === 'lo' || one.kind === 'hi') ? [one.kind] : []);
  const updates = salu.action.updates.map((one): Statement => {
    const reads = [...cells(one.a), ...cells(one.b)];
    return { phase: 1, when: one.when, text: updateText(salu, one), reads, writes: one.cell };
  });
  const outputs = salu.action.outputs.map((one): Statement => {
    const old = !one.value.startsWith('new');
    const reads = one.value.startsWith('cond') ? [] : [one.value.endsWith('Hi') ? 'hi' : 'lo'];
    return { phase: old ? 0 : 2, when: outputTable(salu, one), text: outputText(salu, one), reads };
  });
  return [...outputs.filter((one) => one.phase === 0), ...updates, ...outputs.filter((one) => one.phase === 2)];
}

/** The body of a RegisterAction: grouped by predicate where that is safe, else on a copy of the cell. */
export function bodyLines(salu: Salu): string[] {
  // Where no predicate of a word holds it is 0.
  const partial = salu.words.flatMap((dst, i) => {
    const tables = salu.action.outputs.filter((one) => one.dst === dst).map((one) => outputTable(salu, one));
    const always = tables.some((table) => isAlways(table, salu.action.conditions.length));
    return always ? [] : [`rv${i} = ${literal(0, wordBits(salu.action, dst, salu.bits))};`];
  });
  const grouped = groupedLines(salu);
  if (grouped) return [...partial, ...grouped];
  const [copy, ...rest] = savedLines({ ...salu, from: 'in_value' });
  return [copy, ...partial, ...rest];
}

/** One `if` a predicate, in phase order; undefined when an earlier write could change what a later statement reads. */
function groupedLines(salu: Salu): string[] | undefined {
  const count = salu.action.conditions.length;
  const groups: { when: number | undefined; list: Statement[] }[] = [];
  for (const one of statements(salu)) {
    const same = groups.find((group) => group.when === one.when);
    if (same) same.list.push(one);
    else groups.push({ when: one.when, list: [one] });
  }
  // Unconditional statements: old values out first, updates last.
  const always = groups.filter((group) => isAlways(group.when, count)).flatMap((group) => group.list);
  const first = always.filter((one) => one.phase === 0);
  const last = sortUpdates(always.filter((one) => one.phase > 0));
  const middle = groups.filter((group) => !isAlways(group.when, count) && group.when !== 0);
  const ordered: { when: number | undefined; list: Statement[] }[] = [
    { when: undefined, list: first },
    ...middle.map((group) => ({ when: group.when, list: sortUpdates(group.list) })),
    { when: undefined, list: last },
  ];
  if (!ordered.every((group) => group.list.length === 0 || orderSafe(group.list)) || !groupsSafe(salu, ordered))
    return undefined;
  return ordered.flatMap((group) => {
    if (group.list.length === 0) return [];
    const texts = group.list.map((one) => one.text);
    if (isAlways(group.when, count)) return texts;
    return [
      `if (${predicate(group.when, count, (c, positive) => conditionText(salu, c, positive), feasibleOutcomes(salu.action.conditions))}) {`,
      ...indent(texts),
      '}',
    ];
  });
}

/** Updates of a pair: the one that reads the other's cell comes first. */
function sortUpdates(list: readonly Statement[]): Statement[] {
  const rank = (one: Statement) => {
    if (one.phase !== 1) return one.phase * 10;
    return list.some((other) => other !== one && other.phase === 1 && other.reads.includes(one.writes!)) ? 11 : 10;
  };
  return [...list].sort((a, b) => rank(a) - rank(b));
}

/** No statement of a list reads, as an old value, what an earlier one wrote. */
function orderSafe(list: readonly Statement[]): boolean {
  const written = new Set<string>();
  for (const one of list) {
    if (one.phase < 2 && one.reads.some((cell) => written.has(cell))) return false;
    if (one.writes) written.add(one.writes);
  }
  return true;
}

/** The same with the cell's entry value in a local: conditions and operands read that, whatever has been written. */
function savedLines(salu: Salu): string[] {
  const { conditions } = salu.action;
  const feasible = feasibleOutcomes(conditions);
  const lines = statements(salu).flatMap((one) => {
    if (isAlways(one.when, conditions.length)) return [one.text];
    const test = predicate(one.when, conditions.length, (c, positive) => conditionText(salu, c, positive), feasible);
    return test === 'false' ? [] : [`if (${test}) {`, `    ${one.text}`, '}'];
  });
  return [`${cellType(salu.register)} in_value = value;`, ...lines];
}

interface Group {
  readonly when: number | undefined;
  readonly list: readonly Statement[];
}

/**
 * Conditions must not see the writes of earlier groups at all, and values must not see those that happen for the same packet:
 * what groups of disjoint predicates write and read does not meet.
 */
function groupsSafe(salu: Salu, groups: readonly Group[]): boolean {
  const count = salu.action.conditions.length;
  const tested = salu.action.conditions.flatMap((one) => [one.a, one.minus, one.b]).map((one) => one?.kind);
  return groups.every((group, g) => {
    const earlier = groups
      .slice(0, g)
      .flatMap((one) => one.list.flatMap(({ writes }) => (writes === undefined ? [] : [{ writes, when: one.when }])));
    if (!isAlways(group.when, count) && earlier.some(({ writes }) => tested.includes(writes as 'lo' | 'hi')))
      return false;
    const meets = (cell: string) =>
      earlier.some(({ writes, when }) => writes === cell && together(when, group.when, count));
    // New values (phase 2) come out last, when every update has been made.
    return group.list.every((one) =>
      one.phase === 2 ? isAlways(group.when, count) || g === groups.length - 1 : !one.reads.some(meets),
    );
  });
}

/** Can two predicates hold in one outcome? */
function together(a: number | undefined, b: number | undefined, conditions: number): boolean {
  return Array.from({ length: 2 ** conditions }, (_, one) => one).some((one) => holdsIn(a, one) && holdsIn(b, one));
}
