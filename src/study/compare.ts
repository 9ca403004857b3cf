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
  }
  return list as ScenarioResult[];
}

/**
 * Pairs of results: of one each, those two; of several, those of equal names.
 * @throws ProblemError FILE-READ, STUDY-RESULT
 */
export function compareFiles(before: string, after: string): Comparison[] {
  const [ours, theirs] = [readResults(before), readResults(after)];
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
    equal: figures.every((one) => one.before === one.after),
  };
}
