/** The loss waterfall for the terminal: what each idealisation was worth. */

import type { Waterfall, WaterfallStep } from '../study/index.ts';
import { count, printable, score, textTable } from './text-table.ts';

function points(after: number, before: number): string {
  const change = ((after - before) * 100).toFixed(2);
  return after < before ? change : `+${change}`;
}

/** The figure of a step that the waterfall is about: ROC AUC of scores, else macro-F1. */
export function stepFigure(step: WaterfallStep): number {
  return step.rocAuc ?? step.macroF1;
}

/** Steps, their figure and its change in points, F1 by class, verdicts that changed. */
export function waterfallText({ classes, packets, steps }: Waterfall): string {
  const scores = steps.some(({ rocAuc }) => rocAuc !== null);
  const rows = steps.map((step, i) => {
    const before = steps[i - 1];
    return [
      step.name,
      ...(scores ? [score(step.rocAuc ?? undefined)] : []),
      score(step.macroF1),
      before === undefined ? '' : points(stepFigure(step), stepFigure(before)),
      ...step.perClass.map((f1) => score(f1)),
      before === undefined ? '' : count(step.flipped),
    ];
  });
  const header = ['where it is lost', ...(scores ? ['ROC AUC'] : []), 'macro F1', 'points'];
  header.push(...classes.map((name) => `F1 ${printable(name)}`), 'flipped');
  return `${textTable([header, ...rows], `l${'r'.repeat(header.length - 1)}`)}\non the same ${count(packets)} scored packets at every step`;
}
