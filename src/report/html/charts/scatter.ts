/** Named points. */

import { axisLook, type ChartText, figure, GAIN, INK, LOSS, legendLook, SURFACE, shortened } from '../chart.ts';
import { axisGrid, colourOf, titleAbove, titleBelow } from './axes.ts';

export interface ScatterPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Series and legend entry; points of one group look alike. */
  readonly group: string;
}

const LOOKS: Readonly<Record<string, { readonly color: string; readonly symbol: string }>> = {
  pass: { color: GAIN, symbol: 'circle' },
  FAIL: { color: LOSS, symbol: 'diamond' },
};

/** The points of one group with their names. */
function pointsOf(group: string, i: number, points: readonly ScatterPoint[], narrow: boolean): object {
  const look = LOOKS[group] ?? { color: colourOf(group, i), symbol: 'circle' };
  return {
    type: 'scatter',
    name: group,
    symbol: look.symbol,
    symbolSize: 11,
    itemStyle: { color: look.color, opacity: 0.9, borderColor: SURFACE, borderWidth: 1 },
    data: points.filter((one) => one.group === group).map(({ name, x, y }) => ({ name, value: [x, y] })),
    label: {
      show: true,
      position: 'right',
      color: INK,
      fontSize: 11,
      formatter: ({ name }: { name: string }) => shortened(name, narrow ? 18 : 34),
    },
    labelLayout: { hideOverlap: true },
  };
}

/** Accuracy against a resource. Names that would overlap are moved or left out; the table has them all. */
export function scatterChart(points: readonly ScatterPoint[], text: ChartText & { x: string; y: string }): string {
  const groups = [...new Set(points.map(({ group }) => group))];
  const several = groups.length > 1;
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, show: several },
      grid: axisGrid({ right: narrow ? 24 : 40, top: several ? 52 : 28, bottom: 6 }),
      xAxis: { type: 'value', ...titleBelow(text.x), scale: true, boundaryGap: ['8%', '25%'], ...axisLook },
      yAxis: { type: 'value', scale: true, boundaryGap: ['10%', '10%'], ...axisLook, ...titleAbove(text.y) },
      series: groups.map((group, i) => pointsOf(group, i, points, narrow)),
    }),
    (narrow) => (narrow ? 300 : 360),
    text,
  );
}
