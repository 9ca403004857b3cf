/** Scenarios of one matrix: the figure over two of its axes as a shaded table, over one as a line. */

import type { ScenarioResult } from '../../study/index.ts';
import { percent, score } from '../text-table.ts';
import { categoryLines } from './charts/index.ts';
import { mainFigure } from './main-figure.ts';
import { type HeatCell, heatTable } from './tables.ts';

interface Axis {
  readonly option: string;
  readonly values: readonly string[];
}

interface Study {
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly runs: readonly { readonly at: ReadonlyMap<string, string>; readonly result: ScenarioResult }[];
}

/** The scenario's own name and its matrix options, from `name[option=value,…]`; undefined for a scenario without a matrix. */
export function matrixLabel(name: string): { base: string; options: [string, string][] } | undefined {
  const match = /^(.*)\[([^\]]+=[^\]]*)\]$/.exec(name);
  if (match === null) return undefined;
  const [, base = '', label = ''] = match;
  const options = label.split(/,(?=[\w.]+=)/).map((part): [string, string] => {
    const at = part.indexOf('=');
    return [part.slice(0, at), part.slice(at + 1)];
  });
  return { base, options };
}

/** A name short enough for a point of a chart: of a matrix, the base and the values. */
export function shortName(name: string): string {
  const label = matrixLabel(name);
  return label === undefined ? name : `${label.base}: ${label.options.map(([, value]) => value).join(', ')}`;
}

/** The matrices among the results, in order of appearance; axes with a single value are left out. */
export function studiesOf(results: readonly ScenarioResult[]): Study[] {
  const groups = new Map<string, { at: Map<string, string>; result: ScenarioResult }[]>();
  for (const result of results) {
    const label = matrixLabel(result.name);
    if (label === undefined) continue;
    const group = groups.get(label.base) ?? [];
    groups.set(label.base, group);
    group.push({ at: new Map(label.options), result });
  }
  return [...groups].flatMap(([name, runs]): Study[] => {
    const options = [...new Set(runs.flatMap(({ at }) => [...at.keys()]))];
    const axes = options
      .map((option) => ({ option, values: [...new Set(runs.map(({ at }) => at.get(option) ?? '–'))] }))
      .filter(({ values }) => values.length > 1);
    return axes.length === 0 ? [] : [{ name, axes, runs }];
  });
}

type Run = Study['runs'][number];

const tail = (option: string): string => option.split('.').at(-1) ?? option;

function shadeBy(values: readonly number[]): (value: number) => number {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return (value) => (most - least < 1e-9 ? 0.5 : 0.08 + (0.92 * (value - least)) / (most - least));
}

function table(runs: readonly Run[], rows: Axis, columns: Axis, where: string): string {
  const name = mainFigure((runs[0] as Run).result).name;
  const shade = shadeBy(runs.map(({ result }) => mainFigure(result).ours));
  const cells = rows.values.map((row) =>
    columns.values.map((column): HeatCell | null => {
      const run = runs.find(({ at }) => at.get(rows.option) === row && at.get(columns.option) === column);
      if (run === undefined) return null;
      const { ours } = mainFigure(run.result);
      const small = `${percent(run.result.replay.switch.coverage)} covered${run.result.fit.fits ? '' : ', does not fit'}`;
      return { text: score(ours), small, shade: shade(ours) };
    }),
  );
  const caption = `${name} by ${rows.option} (rows) and ${columns.option} (columns)${where}`;
  return heatTable(rows.values, columns.values, cells, {
    caption,
    corner: `${tail(rows.option)} \\ ${tail(columns.option)}`,
  });
}

/** Lines beyond this many cannot be told apart. */
const MOST_LINES = 6;

/** One line for each column of a table, along its rows. */
function lines(runs: readonly Run[], rows: Axis, columns: Axis, where: string): string {
  if (rows.values.length < 3 || columns.values.length > MOST_LINES) return '';
  const name = mainFigure((runs[0] as Run).result).name;
  const series = columns.values.map((column) => ({
    name: `${tail(columns.option)} ${column}`,
    values: rows.values.map((row) => {
      const run = runs.find(({ at }) => at.get(rows.option) === row && at.get(columns.option) === column);
      return run === undefined ? null : mainFigure(run.result).ours;
    }),
  }));
  const caption = `${name} by ${rows.option}, a line for each ${columns.option}${where}`;
  return categoryLines(rows.values, series, { caption, x: tail(rows.option), y: name });
}

function curve({ runs }: Study, axis: Axis): string {
  const of = (value: string): ScenarioResult | undefined =>
    runs.find(({ at }) => at.get(axis.option) === value)?.result;
  const results = axis.values.map(of);
  const name = mainFigure((runs[0] as Run).result).name;
  const ours = { name: 'switch', values: results.map((one) => (one === undefined ? null : mainFigure(one).ours)) };
  const floats = results.map((one) => (one === undefined ? null : (mainFigure(one).theirs ?? null)));
  const series = floats.some((one) => one !== null) ? [{ name: 'float', values: floats }, ours] : [ours];
  return categoryLines(axis.values, series, { caption: `${name} by ${axis.option}`, x: tail(axis.option), y: name });
}

/** One matrix: the last two axes as a table, one table for each combination of the others. */
function study(one: Study): string {
  const { axes, runs } = one;
  const [rows, columns] = axes.slice(-2);
  if (rows === undefined) return '';
  if (columns === undefined) return curve(one, rows);
  const others = axes.slice(0, -2);
  const keyOf = ({ at }: Run): string => others.map(({ option }) => `${option}=${at.get(option) ?? '–'}`).join(', ');
  return [...new Set(runs.map(keyOf))]
    .map((key) => {
      const some = runs.filter((run) => keyOf(run) === key);
      const where = key === '' ? '' : `, ${key}`;
      return `<div class="pair">${table(some, rows, columns, where)}${lines(some, rows, columns, where)}</div>`;
    })
    .join('\n');
}

/** All matrices among the results. */
export function matrices(results: readonly ScenarioResult[]): { readonly name: string; readonly body: string }[] {
  return studiesOf(results).map((one) => ({ name: one.name, body: study(one) }));
}
