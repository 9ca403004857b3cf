/** Two results side by side for the terminal: what changed, and nothing that did not. */

import type { Compared, Comparison } from '../study/index.ts';
import { printable, score, textTable } from './text-table.ts';

function shown(value: number | boolean | null): string {
  if (value === null) return '–';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}

function change(before: number | boolean | null, after: number | boolean | null): string {
  if (typeof before !== 'number' || typeof after !== 'number') return '';
  const difference = after - before;
  return `${difference > 0 ? '+' : ''}${Number(difference.toPrecision(4))}`;
}

/** One comparison. */
export function comparisonText(one: Comparison): string {
  const head = one.before === one.after ? printable(one.after) : `${printable(one.before)} → ${printable(one.after)}`;
  const differs = one.differs.map((text) => `not the same ${printable(text)}`);
  if (one.equal) return [`${head}: every figure is the same`, ...differs].join('\n');
  const figures = one.figures
    .filter(({ before, after }) => before !== after)
    .map(({ figure, before, after }) => [figure, shown(before), shown(after), change(before, after)]);
  const classes = one.classes
    .filter(({ before, after }) => before !== after)
    .map((item) => [
      `F1 ${printable(item.class)}`,
      score(item.before ?? undefined),
      score(item.after ?? undefined),
      change(item.before, item.after),
    ]);
  const turned = one.expectations
    .filter(({ before, after }) => before !== null && before !== after)
    .map(({ text, after }) => `${text}: ${after ? 'passes now' : 'FAILS now'}`);
  return [
    head,
    ...differs,
    textTable([['figure', 'before', 'after', 'change'], ...figures, ...classes], 'lrrr'),
    ...turned,
  ].join('\n');
}

export function compareText({ pairs, unpaired }: Compared): string {
  return [...pairs.map(comparisonText), ...(unpaired.length === 0 ? [] : [unpaired.map(printable).join('\n')])].join(
    '\n\n',
  );
}
