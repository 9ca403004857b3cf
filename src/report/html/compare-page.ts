/** Two results side by side on a page: what turned, F1 by class, every figure. */

import type { Compared, Comparison } from '../../study/index.ts';
import { score } from '../text-table.ts';
import { barChart } from './charts/index.ts';
import { escapeHtml } from './escape.ts';
import { signedPoints } from './main-figure.ts';
import { type Card, cards, htmlPage, type Section } from './page.ts';
import { htmlTable } from './tables.ts';

type Figure = Comparison['figures'][number]['before'];

/** Classes beyond this many get the table alone. */
const MOST_BARS = 40;

function shown(value: Figure): string {
  if (value === null) return '–';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}

function change(before: Figure, after: Figure): string {
  if (typeof before !== 'number' || typeof after !== 'number') return before === after ? '' : 'changed';
  const difference = after - before;
  if (difference === 0) return '';
  return `${difference > 0 ? '+' : '−'}${Number(Math.abs(difference).toPrecision(4))}`;
}

function headCards({ figures }: Comparison): string {
  const named = (name: string) => figures.find(({ figure }) => figure === name);
  const items = ['auc', 'macroF1', 'gapToFloat', 'stages', 'sram', 'tcam'].flatMap((name): Card[] => {
    const one = named(name);
    if (one === undefined || typeof one.after !== 'number') return [];
    const isScore = ['auc', 'macroF1', 'gapToFloat'].includes(name);
    const difference = typeof one.before === 'number' ? one.after - one.before : null;
    const note =
      difference === null
        ? 'new'
        : isScore
          ? `${signedPoints(difference)} points`
          : change(one.before, one.after) || 'as before';
    return [{ name, value: isScore ? score(one.after) : shown(one.after), note }];
  });
  return cards(items);
}

function pairBody(one: Comparison): string {
  const turned = one.expectations.filter(({ before, after }) => before !== null && before !== after);
  const turns = turned.map(
    ({ text, after }) =>
      `<li class="${after ? 'pass' : 'fail'}">${escapeHtml(text)}: ${after ? '✓ passes now' : '✗ FAILS now'}</li>`,
  );
  const differs = one.differs.map((text) => `<li>not the same ${escapeHtml(text)}</li>`);
  const notes = [...turns, ...differs].join('');
  const names = one.classes.map((item) => item.class);
  const series = [
    { name: 'before', values: one.classes.map(({ before }) => before) },
    { name: 'after', values: one.classes.map(({ after }) => after) },
  ];
  const chart =
    names.length === 0 || names.length > MOST_BARS
      ? ''
      : barChart(names, series, { caption: 'F1 by class, before and after', max: 1 });
  const rows = [
    ...one.figures.map(({ figure, before, after }) => [figure, shown(before), shown(after), change(before, after)]),
    ...one.classes.map((item) => [
      `F1 ${item.class}`,
      shown(item.before),
      shown(item.after),
      change(item.before, item.after),
    ]),
  ];
  const table = htmlTable(['figure', 'before', 'after', 'change'], rows, 'krrr', { caption: 'Every figure' });
  return `${headCards(one)}${notes === '' ? '' : `<ul class="notes">${notes}</ul>`}${chart}${table}`;
}

/** The page of a comparison. */
export function comparePage({ pairs, unpaired }: Compared): string {
  const lost = pairs.some((one) => one.expectations.some(({ before, after }) => before === true && !after));
  const equal = pairs.every((one) => one.equal) && unpaired.length === 0;
  const text = lost ? '✗ an expectation fails now' : equal ? '✓ nothing changed' : '✓ no expectation lost';
  const sections = pairs.map((one, i): Section => {
    const title = one.before === one.after ? one.after : `${one.before} → ${one.after}`;
    return {
      id: `pair-${i + 1}`,
      title,
      body: one.equal && one.differs.length === 0 ? '<p>Every figure is the same.</p>' : pairBody(one),
    };
  });
  const alone = unpaired.map((one) => `<li>${escapeHtml(one)}</li>`).join('');
  if (alone !== '') sections.push({ id: 'alone', title: 'Without a partner', body: `<ul class="notes">${alone}</ul>` });
  return htmlPage({ title: 'Comparison', badge: { text, tone: lost ? 'fail' : 'pass' }, lead: '' }, sections);
}
