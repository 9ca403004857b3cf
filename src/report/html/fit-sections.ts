/** The fit report on a page: what each stage holds, the header vector, the tables, what stands in the way. */

import type { FitReport } from '../../switch/index.ts';
import { count, percent } from '../text-table.ts';
import { cards, type Section } from './page.ts';
import { phvMap } from './phv-map.ts';
import { type HeatCell, heatTable, htmlTable } from './tables.ts';

/** Rows of the longest tables; the JSON has them all. */
const MOST_ROWS = 2000;

function heatMap(fit: FitReport): string {
  const shown = fit.totals.filter((one) => one.used > 0);
  const cells = shown.map((one) =>
    fit.perStage.map((stage): HeatCell => {
      const used = stage.used[one.resource] ?? 0;
      const limit = one.perStage ?? one.worstUsed;
      const share = limit === 0 ? 0 : used / limit;
      return {
        text: used === 0 ? '·' : one.perStage === null ? count(used) : String(Math.round(share * 100)),
        shade: share,
      };
    }),
  );
  const limited = shown.some((one) => one.perStage !== null);
  const unit = limited
    ? 'percent of what a stage has'
    : 'units used; shaded by the fullest stage, as this chip sets no limit';
  const stages = fit.perStage.map(({ stage }) => String(stage));
  const caption = `Resources (rows) by stage (columns), ${unit}`;
  return heatTable(
    shown.map(({ label }) => label),
    stages,
    cells,
    { caption, corner: 'stage', dense: true },
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
      one.perStage === null ? count(one.worstUsed) : `${count(one.worstUsed)} of ${count(one.perStage)}`,
      String(one.worstStage),
    ]);
  const header = ['resource', 'used', 'of', 'share', 'fullest stage', 'which'];
  return htmlTable(header, rows, 'krrrrr', { caption: 'Resources of the whole chip' });
}

function problems(fit: FitReport): string {
  if (fit.problems.length === 0) return '';
  const rows = fit.problems.map((one) => {
    const tables = one.tables.length > 8 ? `${one.tables.slice(0, 8).join(', ')}, …` : one.tables.join(', ');
    return [one.code, one.message, count(one.need), count(one.have), tables];
  });
  const options = fit.options.map((one) => [one.what, String(one.stages), one.fits ? 'fits' : 'does not fit']);
  const help =
    options.length === 0
      ? ''
      : htmlTable(['what would help', 'stages', 'then'], options, 'krl', { caption: 'What would change it' });
  return `${htmlTable(['problem', 'what', 'need', 'have', 'tables'], rows, 'lkrrk', { caption: 'What does not fit' })}${help}`;
}

function facts(fit: FitReport): string {
  const { latency, parser, powerShare, packetsPerSecond } = fit;
  return cards([
    { name: 'stages by dependencies alone', value: String(fit.stages.byDependencies) },
    { name: 'latency', value: `${latency.nanoseconds.toFixed(0)} ns`, note: `${count(latency.cycles)} cycles` },
    {
      name: 'line rate',
      value: `${count(packetsPerSecond.perPipe / 1e6)} M packets/s`,
      note: `per pipe, ${packetsPerSecond.pipes} pipes`,
    },
    ...(parser === null || parser.rowsAvailable === null
      ? []
      : [
          {
            name: 'parser rows',
            value: `${parser.rows} of ${parser.rowsAvailable}`,
            share: parser.rows / parser.rowsAvailable,
          },
        ]),
    ...(powerShare === null ? [] : [{ name: 'power budget', value: percent(powerShare), share: powerShare }]),
  ]);
}

function phv(fit: FitReport): string {
  const { containers, map, unplaced } = fit.phv;
  const used = containers
    .filter((one) => one.used > 0)
    .map((one) => [
      `${one.bits} bit ${one.kind}`,
      count(one.used),
      one.available === null ? '–' : count(one.available),
      count(one.fieldBits),
    ]);
  const rows = map
    .slice(0, MOST_ROWS)
    .map((one) => [
      one.container,
      one.field,
      one.gress,
      String(one.fieldLow),
      String(one.containerLow),
      String(one.bits),
      String(one.firstStage),
      String(one.lastStage),
    ]);
  const header = ['container', 'field', 'gress', 'field bit', 'container bit', 'bits', 'first stage', 'last stage'];
  const where = htmlTable(header, rows, 'lklrrrrr', { caption: 'Which field sits where', tall: true });
  const names = unplaced.map((one) => [one]);
  const missing = unplaced.length === 0 ? '' : htmlTable(['field'], names, 'l', { caption: 'Without a container' });
  const all = htmlTable(['containers', 'used', 'of', 'field bits'], used, 'krrr', {
    caption: 'Containers of the header vector',
  });
  return `${missing}${phvMap(fit)}${all}<details><summary>All ${count(map.length)} pieces</summary>${where}</details>`;
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
  const entries = fit.tables.reduce((sum, one) => sum + one.entries, 0);
  const caption = `${count(fit.tables.length)} tables with ${count(entries)} entries, in program order${more}`;
  return htmlTable(header, rows, 'lllrrrrrrl', { caption, tall: rows.length > 20 });
}

/** Sections on the fit of a program. */
export function fitSections(fit: FitReport): Section[] {
  return [
    {
      id: 'stages',
      title: 'Stages and resources',
      body: `${problems(fit)}${facts(fit)}${heatMap(fit)}<details><summary>Totals of the whole chip</summary>${totals(fit)}</details>`,
    },
    { id: 'phv', title: 'Header vector (PHV)', body: phv(fit) },
    { id: 'tables', title: 'Tables', body: tables(fit) },
  ];
}
