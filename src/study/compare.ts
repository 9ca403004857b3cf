/** Two results side by side: every figure, every class, expectations that turned. */

import { readFile } from '../files.ts';
import { fail } from '../problem.ts';
import type { ScenarioResult } from './result.ts';

export interface FigureChange {
  readonly figure: string;
  /** null: this result has no such figure. */
  readonly before: number | boolean | null;
  readonly after: number | boolean | null;
}

export interface Comparison {
  readonly schema: 'pegasim/compare';
  readonly version: 1;
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly figures: readonly FigureChange[];
  /** F1 of the switch by class, over the classes of both. */
  readonly classes: readonly {
    readonly class: string;
    readonly before: number | null;
    readonly after: number | null;
  }[];
  readonly expectations: readonly { readonly text: string; readonly before: boolean | null; readonly after: boolean }[];
  /** What makes the two hard to compare: other captures, split, classes or chip. */
  readonly differs: readonly string[];
  /** No figure differs. */
  readonly equal: boolean;
}

/**
 * Results of a file: `NAME.json` or `results.json` of `pegasim run -o`, or what `pegasim run --json` printed.
 * @throws ProblemError FILE-READ, STUDY-RESULT
 */
export function readResults(path: string): ScenarioResult[] {
  const text = readFile(path).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail({ code: 'STUDY-RESULT', where: path, message: 'is not JSON' });
  }
  // Tables of matrices and scenarios that could not run stand among the results.
  const all = Array.isArray(value) ? value : [value];
  const beside = ['pegasim/matrix', 'pegasim/problem'];
  const list = all.filter((one) => !beside.includes((one as { schema?: string } | null)?.schema ?? ''));
  if (list.length === 0) fail({ code: 'STUDY-RESULT', where: path, message: 'holds no scenario result' });
  for (const one of list) {
    if ((one as ScenarioResult | null)?.schema !== 'pegasim/result' || (one as ScenarioResult).version !== 1) {
      fail({
        code: 'STUDY-RESULT',
        where: path,
        message: 'holds no scenario result',
        need: 'schema pegasim/result, version 1',
        hint: 'write one with `pegasim run -o FOLDER`',
      });
    }
    if (!isWhole(one as Partial<ScenarioResult>)) {
      fail({
        code: 'STUDY-RESULT',
        where: path,
        message: 'holds a result that is not whole',
        need: 'figures, expectations, fit and replay (docs/result.schema.json)',
        hint: 'write it again with `pegasim run -o FOLDER`',
      });
    }
  }
  return list as ScenarioResult[];
}

/** What a comparison reads; a file that was cut or written by hand may lack it. */
function isWhole(one: Partial<ScenarioResult>): boolean {
  const { figures, expectations, replay, fit } = one;
  const perClass: unknown = replay?.switch?.packets?.perClass;
  return (
    typeof figures === 'object' &&
    figures !== null &&
    Array.isArray(expectations) &&
    Array.isArray(replay?.classes) &&
    Array.isArray(perClass) &&
    typeof fit?.chipTitle === 'string'
  );
}

/** Two files, compared. */
export interface Compared {
  readonly pairs: readonly Comparison[];
  /** Scenarios of one file alone, as text. */
  readonly unpaired: readonly string[];
}

/** An expectation that held before and does not now. */
export function turnedWorse({ expectations }: Comparison): boolean {
  return expectations.some(({ before, after }) => before === true && !after);
}

/** Names of scenarios that only one of two lists has: they are compared with nothing. */
export function unpaired(before: readonly ScenarioResult[], after: readonly ScenarioResult[]): string[] {
  if (before.length === 1 && after.length === 1) return [];
  const only = (these: readonly ScenarioResult[], those: readonly ScenarioResult[]): ScenarioResult[] =>
    these.filter((one) => !those.some(({ name }) => name === one.name));
  return [
    ...only(before, after).map(({ name }) => `${name} is only in the first`),
    ...only(after, before).map(({ name }) => `${name} is only in the second`),
  ];
}

/**
 * Pairs of results: of one each, those two; of several, those of equal names.
 * @throws ProblemError FILE-READ, STUDY-RESULT
 */
export function compareFiles(before: string, after: string): Compared {
  const [ours, theirs] = [readResults(before), readResults(after)];
  return { pairs: pairsOf(ours, theirs, before, after), unpaired: unpaired(ours, theirs) };
}

function pairsOf(
  ours: readonly ScenarioResult[],
  theirs: readonly ScenarioResult[],
  before: string,
  after: string,
): Comparison[] {
  const [a, b] = [ours[0], theirs[0]];
  if (ours.length === 1 && theirs.length === 1 && a !== undefined && b !== undefined) return [compareResults(a, b)];
  const pairs = ours.flatMap((one) => {
    const other = theirs.find(({ name }) => name === one.name);
    return other === undefined ? [] : [compareResults(one, other)];
  });
  if (pairs.length > 0) return pairs;
  return fail({
    code: 'STUDY-RESULT',
    where: after,
    message: `no scenario has the name of one in ${before}`,
    need: ours.map(({ name }) => name).join(', '),
    have: theirs.map(({ name }) => name).join(', '),
  });
}

export function compareResults(before: ScenarioResult, after: ScenarioResult): Comparison {
  const names = [...new Set([...Object.keys(before.figures), ...Object.keys(after.figures)])];
  const figures = names.map((figure) => ({
    figure,
    before: before.figures[figure] ?? null,
    after: after.figures[figure] ?? null,
  }));
  const f1 = (result: ScenarioResult, name: string): number | null =>
    result.replay.switch.packets.perClass.find((one) => one.class === name)?.f1 ?? null;
  const all = [...new Set([...before.replay.classes, ...after.replay.classes])];
  return {
    schema: 'pegasim/compare',
    version: 1,
    name: after.name,
    before: before.name,
    after: after.name,
    figures,
    classes: all.map((name) => ({ class: name, before: f1(before, name), after: f1(after, name) })),
    expectations: after.expectations.map(({ text, pass }) => ({
      text,
      before: before.expectations.find((one) => one.text === text)?.pass ?? null,
      after: pass,
    })),
    differs: differences(before, after),
    equal: figures.every((one) => one.before === one.after),
  };
}

/** What the two runs did not have in common. */
function differences(before: ScenarioResult, after: ScenarioResult): string[] {
  const parts: [string, string, string][] = [
    ['dataset', before.replay.dataset, after.replay.dataset],
    ['split', before.replay.split, after.replay.split],
    ['classes', before.replay.classes.join(', '), after.replay.classes.join(', ')],
    ['packets scored', String(before.replay.scored), String(after.replay.scored)],
    ['chip', before.fit.chipTitle, after.fit.chipTitle],
  ];
  return parts.filter(([, a, b]) => a !== b).map(([what, a, b]) => `${what}: ${a} before, ${b} after`);
}
