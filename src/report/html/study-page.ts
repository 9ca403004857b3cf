/** The summary page over several scenarios: a sortable table, accuracy against resources, matrices, each result below. */

import type { ScenarioResult, ScenarioTiming } from '../../study/index.ts';
import { count, percent, score } from '../text-table.ts';
import { waterfall } from './accuracy.ts';
import { type ScatterPoint, scatterChart } from './charts/index.ts';
import { escapeHtml } from './escape.ts';
import { mainFigure, signedPoints } from './main-figure.ts';
import { matrices, shortName } from './matrix.ts';
import { cards, htmlPage, type Section } from './page.ts';
import { resultPage, resultSections } from './result-page.ts';
import { summary } from './summary.ts';
import { htmlTable } from './tables.ts';

export interface Reported {
  readonly result: ScenarioResult;
  readonly timing?: ScenarioTiming;
}

/** Results that a page shows whole; with more of them each one shows its summary and waterfall, and pages stay small. */
const MOST_WHOLE = 8;

function shareOf(result: ScenarioResult, name: string): number {
  return Number(result.figures[name] ?? 0);
}

function overviewTable(items: readonly Reported[]): string {
  const rows = items.map(({ result }, i) => {
    const { ours, theirs } = mainFigure(result);
    const limited = result.fit.stages.available !== null;
    return [
      { html: `<a href="#s${i + 1}">${escapeHtml(result.name)}</a>` },
      { html: `<span class="${result.pass ? 'pass' : 'fail'}">${result.pass ? '✓ pass' : '✗ FAIL'}</span>` },
      score(ours),
      score(theirs),
      theirs === undefined ? '–' : signedPoints(ours - theirs),
      percent(result.replay.switch.coverage),
      result.fit.chipTitle,
      result.fit.fits ? 'fits' : 'does not fit',
      String(result.fit.stages.used),
      limited ? percent(shareOf(result, 'sram')) : '–',
      limited ? percent(shareOf(result, 'tcam')) : '–',
      count(result.replay.scored),
    ];
  });
  const header = [
    'scenario',
    'outcome',
    'switch',
    'float',
    'points',
    'coverage',
    'chip',
    'fit',
    'stages',
    'SRAM',
    'TCAM',
    'packets',
  ];
  return htmlTable(header, rows, 'klrrrrllrrrr', {
    caption: 'All scenarios: macro-F1, or ROC AUC of anomaly scores; packets scored',
  });
}

function scatters(items: readonly Reported[]): string {
  const point = (x: (result: ScenarioResult) => number): ScatterPoint[] =>
    items.map(({ result }) => ({
      name: shortName(result.name),
      x: x(result),
      y: mainFigure(result).ours,
      group: result.pass ? 'pass' : 'FAIL',
    }));
  const y = 'macro-F1 or ROC AUC';
  const stages = scatterChart(
    point(({ fit }) => fit.stages.used),
    { caption: 'Accuracy against stages', x: 'stages', y },
  );
  const blocks = (result: ScenarioResult): number =>
    result.fit.totals.find((one) => one.resource === 'sram')?.used ?? 0;
  const memory = scatterChart(point(blocks), { caption: 'Accuracy against memory', x: 'SRAM blocks', y });
  return `<div class="pair">${stages}${memory}</div>`;
}

function overview(items: readonly Reported[]): string {
  const passed = items.filter(({ result }) => result.pass).length;
  const fits = items.filter(({ result }) => result.fit.fits).length;
  const head = cards([
    {
      name: 'scenarios that pass',
      value: `${passed} of ${items.length}`,
      tone: passed === items.length ? 'pass' : 'fail',
    },
    { name: 'programs that fit', value: `${fits} of ${items.length}` },
    { name: 'packets scored', value: count(items.reduce((sum, { result }) => sum + result.replay.scored, 0)) },
  ]);
  return `${head}${overviewTable(items)}${scatters(items)}`;
}

function oneOfMany({ result, timing }: Reported, number: number, whole: boolean): Section {
  const inner = whole
    ? resultSections(result, timing, `s${number}-`)
        .filter(({ body }) => body !== '')
        .map(({ id, title, body }) => `<h3 id="${id}">${escapeHtml(title)}</h3>\n${body}`)
        .join('\n')
    : `${summary(result, timing)}${waterfall(result)}`;
  const { name, ours } = mainFigure(result);
  const outcome = result.pass ? '✓ pass' : '✗ FAIL';
  const line = `<span class="${result.pass ? 'pass' : 'fail'}">${outcome}</span>, ${name} ${score(ours)}: open`;
  const about = result.about === null ? '' : `<p>${escapeHtml(result.about)}</p>`;
  return {
    id: `s${number}`,
    title: result.name,
    body: `${about}<details><summary>${line}</summary>\n${inner}\n</details>`,
  };
}

/** One result: its page. Several: a summary, then each result folded away. */
export function studyPage(items: readonly Reported[]): string {
  const [only] = items;
  if (only !== undefined && items.length === 1) return resultPage(only.result, only.timing);
  const each = items.map((one, i) => oneOfMany(one, i + 1, items.length <= MOST_WHOLE));
  const grids = matrices(items.map(({ result }) => result)).map(
    ({ name, body }, i): Section => ({ id: `matrix-${i + 1}`, title: `Matrix: ${name}`, body }),
  );
  const pass = items.every(({ result }) => result.pass);
  const badge = { text: pass ? '✓ all pass' : '✗ not all pass', tone: pass ? 'pass' : 'fail' } as const;
  const title = `${items.length} scenarios`;
  return htmlPage({ title, badge, lead: '' }, [
    { id: 'all', title: 'All scenarios', body: overview(items) },
    ...grids,
    ...each,
  ]);
}
