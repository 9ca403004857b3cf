/** The summary page over several scenarios: one sortable table, accuracy against resources, each result below. */

import type { ScenarioResult, ScenarioTiming } from '../../study/index.ts';
import { count, percent, score } from '../text-table.ts';
import { scatterChart } from './charts.ts';
import { escapeHtml } from './escape.ts';
import { htmlPage, htmlTable, type Section } from './page.ts';
import { cards, resultPage, resultSections } from './result-page.ts';

export interface Reported {
  readonly result: ScenarioResult;
  readonly timing?: ScenarioTiming;
}

/** Sorts tables of class `sortable` by a click or Enter on a heading; the page reads the same without it. */
const SORTER = `<script>for(const table of document.querySelectorAll('.sortable table')){const body=table.tBodies[0];
[...table.tHead.rows[0].cells].forEach((cell,i)=>{const button=document.createElement('button');button.type='button';button.textContent=cell.textContent;cell.textContent='';cell.append(button);
button.addEventListener('click',()=>{const up=cell.getAttribute('aria-sort')!=='ascending';for(const other of table.tHead.rows[0].cells)other.removeAttribute('aria-sort');cell.setAttribute('aria-sort',up?'ascending':'descending');
const value=(row)=>row.cells[i].textContent;const number=(text)=>Number(text.replace(/[ ,%]/g,''));
const rows=[...body.rows].sort((a,b)=>{const[x,y]=[value(a),value(b)];const order=Number.isNaN(number(x))||Number.isNaN(number(y))?x.localeCompare(y):number(x)-number(y);return up?order:-order;});body.append(...rows);});});}</script>`;

/** The figure that scenarios are compared by: ROC AUC of scores, else macro-F1. */
function mainFigure({ replay }: ScenarioResult): number {
  return replay.switch.rocAuc ?? replay.switch.packets.macroF1;
}

function floatFigure({ replay }: ScenarioResult): number | undefined {
  return (replay.switch.rocAuc === null ? replay.float?.packets.macroF1 : replay.float?.rocAuc) ?? undefined;
}

function overview(items: readonly Reported[]): string {
  const share = (result: ScenarioResult, name: string): number => Number(result.figures[name] ?? 0);
  const rows = items.map(({ result }) => [
    result.name,
    result.pass ? 'pass' : 'FAIL',
    score(mainFigure(result)),
    score(floatFigure(result)),
    result.fit.fits ? 'fits' : 'no',
    String(result.fit.stages.used),
    percent(share(result, 'sram')),
    percent(share(result, 'tcam')),
    count(result.replay.scored),
  ]);
  const header = ['scenario', 'outcome', 'switch', 'float', 'fit', 'stages', 'SRAM', 'TCAM', 'packets'];
  const points = items.map(({ result }) => ({ name: result.name, x: result.fit.stages.used, y: mainFigure(result) }));
  const memory = items.map(({ result }) => ({
    name: result.name,
    x: share(result, 'sram') * 100,
    y: mainFigure(result),
  }));
  const passed = items.filter(({ result }) => result.pass).length;
  const tone = passed === items.length ? 'pass' : 'fail';
  return `${cards([{ name: 'scenarios that pass', value: `${passed} of ${items.length}`, tone }])}
<div class="sortable">${htmlTable(header, rows, 'llrrlrrrr', 'All scenarios: macro-F1, or ROC AUC of scores')}</div>
<div class="charts">${scatterChart(points, { caption: 'Accuracy against stages', x: 'stages', y: 'macro-F1 or AUC' })}
${scatterChart(memory, { caption: 'Accuracy against memory', x: 'SRAM, % of the chip', y: 'macro-F1 or AUC' })}</div>${SORTER}`;
}

/** One result: its page. Several: a summary, then each result folded away. */
export function studyPage(items: readonly Reported[]): string {
  const [only] = items;
  if (only !== undefined && items.length === 1) return resultPage(only.result, only.timing);
  const each = items.map(({ result, timing }, i): Section => {
    const parts = resultSections(result, timing, `s${i + 1}-`).filter(({ body }) => body !== '');
    const inner = parts.map(({ id, title, body }) => `<h3 id="${id}">${escapeHtml(title)}</h3>\n${body}`).join('\n');
    const line = `${result.pass ? 'pass' : 'FAIL'}, ${score(mainFigure(result))}`;
    return { id: `s${i + 1}`, title: result.name, body: `<details><summary>${line}</summary>\n${inner}\n</details>` };
  });
  return htmlPage('Scenarios', '', [{ id: 'all', title: 'All scenarios', body: overview(items) }, ...each]);
}
