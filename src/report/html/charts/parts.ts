/** Bars in parts that add up to a whole. */

import { axisLook, type ChartText, FLOAT, figure, LOSS, legendLook, SOFT, SURFACE, SWITCH } from '../chart.ts';
import { axisGrid, namesDown } from './axes.ts';

/** One bar: what its parts are, in any unit. */
export interface PartsRow {
  readonly name: string;
  readonly parts: readonly { readonly name: string; readonly value: number }[];
}

const COLOURS = [SWITCH, 'var(--series-c)', 'var(--series-e)', LOSS, 'var(--series-d)', FLOAT];

/** Part of the row's whole in percent; null for nothing. */
function share(row: PartsRow, name: string): number | null {
  const whole = row.parts.reduce((sum, { value }) => sum + value, 0);
  const part = row.parts.find((one) => one.name === name)?.value ?? 0;
  return part === 0 ? null : (part / whole) * 100;
}

/** Lines a legend takes, guessed from its letters. */
function legendRows(names: readonly string[], narrow: boolean): number {
  const pixels = names.reduce((sum, name) => sum + name.length * 8 + 34, 0);
  return Math.max(1, Math.ceil(pixels / (narrow ? 320 : 860)));
}

/** What became of the packets, who owned the slots: one bar a row. Parts of nothing are left out. */
export function partsChart(rows: readonly PartsRow[], text: ChartText): string {
  const some = rows.flatMap(({ parts }) => parts.filter(({ value }) => value > 0).map(({ name }) => name));
  const names = [...new Set(some)];
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, type: 'plain', data: names },
      grid: axisGrid({ right: 20, top: 10 + legendRows(names, narrow) * 22, bottom: 4 }),
      xAxis: {
        type: 'value',
        min: 0,
        max: 100,
        interval: 25,
        ...axisLook,
        axisLabel: { color: SOFT, formatter: '{value} %' },
        splitNumber: 4,
      },
      yAxis: namesDown(rows.map(({ name }) => name)),
      series: names.map((name, i) => ({
        type: 'bar',
        stack: 'all',
        name,
        data: rows.map((row) => share(row, name)),
        barWidth: 26,
        itemStyle: { color: COLOURS[i % COLOURS.length], borderColor: SURFACE, borderWidth: 1 },
      })),
    }),
    (narrow) => rows.length * 44 + 40 + legendRows(names, narrow) * 22,
    text,
  );
}
