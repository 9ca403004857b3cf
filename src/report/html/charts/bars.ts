/** Grouped bars. */

import { axisLook, type ChartText, figure, INK, legendLook, shortened } from '../chart.ts';
import { axisGrid, colourOf, namesDown, type Series } from './axes.ts';

/** Grouped horizontal bars, one group a category, the first on top. Values are written at the ends of the bars. */
export function barChart(
  categories: readonly string[],
  series: readonly Series[],
  text: ChartText & { max?: number; shown?: (value: number) => string },
): string {
  const shown = text.shown ?? ((value: number) => value.toFixed(3));
  const several = series.length > 1;
  const label = {
    show: true,
    position: 'right',
    color: INK,
    fontSize: 11,
    formatter: ({ value }: { value: number }) => shown(value),
  };
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, show: several },
      grid: axisGrid({ right: narrow ? 40 : 52, top: several ? 28 : 8, bottom: 4 }),
      xAxis: { type: 'value', min: 0, max: text.max ?? null, splitNumber: narrow ? 3 : 5, ...axisLook },
      yAxis: namesDown(
        categories.map((name) => shortened(name, narrow ? 16 : 30)),
        { interval: 0 },
      ),
      series: series.map(({ name, values }, i) => ({
        type: 'bar',
        name,
        data: [...values],
        barWidth: narrow ? 11 : 13,
        barGap: '20%',
        itemStyle: { color: colourOf(name, i), borderRadius: [0, 3, 3, 0] },
        label,
      })),
    }),
    (narrow) => categories.length * (series.length * (narrow ? 15 : 17) + 12) + 64,
    text,
  );
}
