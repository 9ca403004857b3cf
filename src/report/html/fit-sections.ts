/** The fit report on a page: what each stage holds, the header vector, the tables, what stands in the way. */

import type { FitReport } from '../../switch/index.ts';
import { count, percent } from '../text-table.ts';
import { heatTable, htmlTable, type Section } from './page.ts';

/** Rows of the longest tables; the JSON has them all. */
const MOST_ROWS = 2000;

function heatMap(fit: FitReport): string {
  const shown = fit.totals.filter((one) => one.used > 0);
  const share = (used: number, limit: number | null, most: number): number =>
    limit === null ? (most === 0 ? 0 : used / most) : used / limit;
  const values = fit.perStage.map((stage) =>
    shown.map((one) => share(stage.used[one.resource] ?? 0, one.perStage, one.worstUsed)),
  );
  return heatTable(
    fit.perStage.map(({ stage }) => `stage ${stage}`),
    shown.map(({ label }) => label),
    values,
    {
      caption: 'Share of each resource used, by stage (of the fullest stage where the chip sets no limit)',
      corner: '',
      max: 1,
      cell: (value) => (value === 0 ? '·' : percent(value, 0)),
    },
  );
}

function totals(fit: FitReport): string {
  const rows = fit.totals
    .filter((one) => one.used > 0)
    .map((one) => [
      one.label,
      count(one.used),
      one.available === null ? '–' : count(one.available),
      one.share === null ? '–' : percent(one.share),
      `${count(one.worstUsed)} in stage ${one.worstStage}`,
    ]);
  return htmlTable(['resource', 'used', 'of', 'share', 'fullest stage'], rows, 'lrrrl', 'Resources of the whole chip');
}

function problems(fit: FitReport): string {
  if (fit.problems.length === 0) return '';
  const rows = fit.problems.map((one) => [
    one.code,
    one.message,
    count(one.need),
    count(one.have),
    one.tables.slice(0, 8).join(', '),
  ]);
  const options = fit.options.map((one) => [one.what, String(one.stages), one.fits ? 'fits' : 'does not fit']);
  const help =
    options.length === 0 ? '' : htmlTable(['what would help', 'stages', ''], options, 'lrl', 'What would change it');
  return `${htmlTable(['problem', 'what', 'need', 'have', 'tables'], rows, 'llrrl', 'What does not fit')}${help}`;
}

function phv(fit: FitReport): string {
  const { containers, map, unplaced } = fit.phv;
  const used = containers.map((one) => [
    `${one.bits} bit ${one.kind}`,
    count(one.used),
    one.available === null ? '–' : count(one.available),
    count(one.fieldBits),
  ]);
  const rows = map
    .slice(0, MOST_ROWS)
    .map((one) => Object.values(one).map((value) => (Array.isArray(value) ? value.join('–') : String(value ?? ''))));
  const header = map[0] === undefined ? [] : Object.keys(map[0]);
  const where = rows.length === 0 ? '' : htmlTable(header, rows, 'l'.repeat(header.length), 'Which field sits where');
  const missing =
    unplaced.length === 0
      ? ''
      : htmlTable(
          ['field'],
          unplaced.map((one) => [one]),
          'l',
          'Without a container',
        );
  const all = htmlTable(['containers', 'used', 'of', 'field bits'], used, 'lrrr', 'Containers of the header vector');
  return `${all}${missing}<details><summary>Header vector map: ${count(map.length)} pieces</summary>${where}</details>`;
}

function tables(fit: FitReport): string {
  const rows = fit.tables
    .slice(0, MOST_ROWS)
    .map((one) => [
      one.table,
      `${one.gress === 'egress' ? 'egress ' : ''}${one.kind}`,
      one.stages.join(', '),
      count(one.entries),
      count(one.capacity),
      count(one.keyBits),
      count(one.actionBits),
      count(one.sram),
      count(one.tcam),
      one.register ?? '',
    ]);
  const header = [
    'table',
    'kind',
    'stages',
    'entries',
    'capacity',
    'key bits',
    'data bits',
    'SRAM',
    'TCAM',
    'register',
  ];
  const more = fit.tables.length > MOST_ROWS ? ` (the first ${count(MOST_ROWS)} of ${count(fit.tables.length)})` : '';
  return htmlTable(header, rows, 'lllrrrrrrl', `Tables in program order${more}`);
}

/** Sections on the fit of a program. */
export function fitSections(fit: FitReport): Section[] {
  return [
    { id: 'stages', title: 'Stages and resources', body: `${problems(fit)}${heatMap(fit)}${totals(fit)}` },
    { id: 'phv', title: 'Header vector', body: phv(fit) },
    { id: 'tables', title: 'Tables', body: tables(fit) },
  ];
}
