/** What a run changed against its committed baseline: figures, flipped verdicts, and where the walks of the flipped packets part. */

import type { ScenarioResult } from '../../study/index.ts';
import { count } from '../text-table.ts';
import { barChart } from './charts/index.ts';
import { escapeHtml } from './escape.ts';
import { cards } from './page.ts';
import { htmlTable } from './tables.ts';

type Baseline = NonNullable<ScenarioResult['baseline']>;

/** Causes drawn as bars; the table has all. */
const MOST_CAUSES = 12;

function shown(value: number | boolean | null): string {
  if (value === null) return '–';
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}

function causes(baseline: Baseline): string {
  if (baseline.causes.length === 0) return '';
  const name = ({ kind, stage, what }: Baseline['causes'][number]): string =>
    `${kind} ${what}${stage === null ? '' : `, stage ${stage}`}`;
  const first = baseline.causes.slice(0, MOST_CAUSES);
  const chart = barChart(first.map(name), [{ name: 'packets', values: first.map((one) => one.packets) }], {
    caption: `Where the walks of ${count(baseline.walked)} flipped packets part from those of the baseline`,
    shown: count,
  });
  const rows = baseline.causes.map((one) => [
    one.kind,
    one.stage === null ? '–' : String(one.stage),
    one.what,
    count(one.packets),
    one.before,
    one.after,
  ]);
  const header = ['cause', 'stage', 'where', 'packets', 'before (first packet)', 'after (first packet)'];
  return `${chart}${htmlTable(header, rows, 'lrkrkk', { caption: 'Causes, most packets first' })}`;
}

function flips(baseline: Baseline): string {
  if (baseline.flips.length === 0) return '';
  const rows = baseline.flips.map((one) => [
    one.capture,
    String(one.packet),
    one.label,
    one.before ?? 'none',
    one.after ?? 'none',
    one.cause === null ? '–' : `${one.cause.kind} ${one.cause.what}`,
  ]);
  const header = ['capture', 'packet', 'true class', 'before', 'after', 'cause'];
  const caption = `${count(rows.length)} of ${count(baseline.flipped)} flipped packets; pegasim explain walks each`;
  return `<details><summary>Flipped packets</summary>${htmlTable(header, rows, 'krlllk', { caption, tall: rows.length > 20 })}</details>`;
}

/** The section on the baseline; empty without one. */
export function baselineSection({ baseline }: ScenarioResult): string {
  if (baseline === undefined) return '';
  const head = cards([
    { name: 'baseline', value: baseline.status, note: baseline.file },
    { name: 'verdicts flipped', value: count(baseline.flipped), note: `of ${count(baseline.compared)} compared` },
    { name: 'wrong before, right now', value: count(baseline.gained) },
    { name: 'right before, wrong now', value: count(baseline.lost) },
  ]);
  const changed = [
    ...baseline.figures.map(({ figure, before, after }) => [figure, shown(before), shown(after)]),
    ...baseline.classes.map((one) => [`F1 ${one.class}`, shown(one.before), shown(one.after)]),
  ];
  const figures =
    changed.length === 0
      ? ''
      : htmlTable(['figure', 'before', 'after'], changed, 'krr', { caption: 'Figures that changed' });
  const differs =
    baseline.differs.length === 0 ? '' : `<p>Not the same: ${escapeHtml(baseline.differs.join(', '))}.</p>`;
  const why = baseline.unexplained === null ? '' : `<p>${escapeHtml(baseline.unexplained)}</p>`;
  return `${head}${differs}${why}${causes(baseline)}${flips(baseline)}${figures}`;
}
