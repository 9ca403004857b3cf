/** Lines: over categories, and receiver operating characteristics. */

import { axisLook, type ChartText, figure, GRID, legendLook, SURFACE } from '../chart.ts';
import { axisGrid, colourOf, type Series, titleAbove, titleBelow } from './axes.ts';

/** Lines of the two sides are told apart by their dashes too, others by colour and legend. */
function line(name: string, i: number, data: unknown[], symbols = true): object {
  const color = colourOf(name, i);
  const dashed = name === 'float' || name === 'before';
  return {
    type: 'line',
    name,
    data,
    showSymbol: symbols,
    symbol: 'circle',
    symbolSize: dashed ? 6 : 5,
    itemStyle: { color: dashed ? SURFACE : color, borderColor: color, borderWidth: dashed ? 1.5 : 0 },
    lineStyle: { color, width: 2, type: dashed ? 'dashed' : 'solid' },
  };
}

/** Lines over categories of equal width: accuracy by position in the flow. */
export function categoryLines(
  categories: readonly string[],
  series: readonly Series[],
  text: ChartText & { x: string; y: string },
): string {
  const all = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const least = Math.min(...all);
  return figure(
    ({ narrow }) => ({
      legend: legendLook,
      grid: axisGrid({ right: 16, top: 48, bottom: 6 }),
      xAxis: { type: 'category', data: [...categories], ...titleBelow(text.x), boundaryGap: false, ...axisLook },
      yAxis: {
        type: 'value',
        min: Math.max(0, Math.floor(least * 10 - 0.5) / 10),
        max: 1,
        splitNumber: narrow ? 3 : 5,
        ...axisLook,
        ...titleAbove(text.y),
      },
      series: series.map(({ name, values }, i) => line(name, i, [...values])),
    }),
    (narrow) => (narrow ? 260 : 300),
    text,
  );
}

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** The diagonal: what guessing gives. */
const CHANCE = {
  type: 'line',
  name: 'chance',
  data: [
    [0, 0],
    [1, 1],
  ],
  symbol: 'none',
  lineStyle: { color: GRID, width: 1.5, type: 'dotted' },
};

/** ROC curves on the unit square, with the line of chance. */
export function rocChart(curves: readonly Curve[], text: ChartText): string {
  const unit = { type: 'value', min: 0, max: 1, ...axisLook };
  const drawn = curves.map(({ name, points }, i) => {
    const side = name.startsWith('float') ? 'float' : 'switch';
    const data = points.map((point) => [...point]);
    return { ...line(side, i, data, false), name };
  });
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, data: curves.map(({ name }) => name) },
      grid: axisGrid({ right: narrow ? 16 : 380, top: 48, bottom: 6 }),
      xAxis: { ...unit, ...titleBelow('false positive rate') },
      yAxis: { ...unit, ...titleAbove('true positive rate') },
      series: [CHANCE, ...drawn],
    }),
    (narrow) => (narrow ? 330 : 420),
    text,
  );
}
