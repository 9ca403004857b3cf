/** The loss waterfall. */

import { axisLook, type ChartText, figure, GAIN, INK, LOSS, SOFT, SWITCH } from '../chart.ts';
import { signedPoints } from '../main-figure.ts';
import { axisGrid } from './axes.ts';

export interface WaterfallStep {
  readonly name: string;
  readonly value: number;
}

/** A round number at or below the lowest value, far enough below that the first and last bar have some height. */
export function waterfallFloor(values: readonly number[]): number {
  const least = Math.min(...values);
  const range = Math.max(Math.max(...values) - least, 0.004);
  const step = 10 ** Math.floor(Math.log10(range));
  return Math.max(0, Number((Math.floor((least - range * 0.7) / step) * step).toFixed(6)));
}

/** Steps between the first and the last, and what each took or gave. */
interface Changes {
  readonly values: readonly number[];
  readonly middle: (i: number) => boolean;
  readonly change: (i: number) => number;
}

function changesOf(steps: readonly WaterfallStep[]): Changes {
  const values = steps.map(({ value }) => value);
  return {
    values,
    middle: (i) => i > 0 && i < steps.length - 1,
    change: (i) => (values[i] ?? 0) - (values[i - 1] ?? 0),
  };
}

/** Stacked bars: an invisible base, the two levels that stand on the axis, gains and losses. */
function stackedBars({ values, middle, change }: Changes): object[] {
  const part = (name: string, color: string, pick: (i: number) => number | null): object => ({
    type: 'bar',
    stack: 'w',
    name,
    data: values.map((_, i) => pick(i)),
    z: 3,
    itemStyle: { color, borderRadius: name === 'level' ? [4, 4, 0, 0] : 2 },
    barWidth: '62%',
    barMinHeight: name === 'base' ? 0 : 2,
    silent: name === 'base',
    label: { show: false },
  });
  return [
    part('base', 'transparent', (i) => (middle(i) ? Math.min(values[i] ?? 0, values[i - 1] ?? 0) : 0)),
    part('level', SWITCH, (i) => (middle(i) ? null : (values[i] ?? 0))),
    part('gain', GAIN, (i) => (middle(i) && change(i) > 0 ? change(i) : null)),
    part('loss', LOSS, (i) => (middle(i) && change(i) < 0 ? -change(i) : null)),
  ];
}

/** The top of each bar carries its label; a line series without line or symbols is what places it there. */
function barLabels({ values, middle, change }: Changes): object {
  return {
    type: 'line',
    data: values.map((value, i) => (middle(i) ? Math.max(value, values[i - 1] ?? value) : value)),
    z: 5,
    symbolSize: 0.1,
    lineStyle: { width: 0 },
    label: {
      show: true,
      position: 'top',
      color: INK,
      fontWeight: 600,
      formatter: ({ dataIndex: i }: { dataIndex: number }) =>
        middle(i) ? signedPoints(change(i)) : (values[i] ?? 0).toFixed(4),
    },
  };
}

/** Dotted lines from each bar's level to the next bar. */
function connectors({ values }: Changes): object[] {
  return values.slice(0, -1).map((value, i) => ({
    type: 'line',
    z: 2,
    data: values.map((_, k) => (k === i || k === i + 1 ? value : null)),
    symbol: 'none',
    lineStyle: { color: SOFT, width: 1, type: 'dotted' },
  }));
}

/** The first and last bar stand on the axis, those between show what each step took or gave. */
export function waterfallChart(steps: readonly WaterfallStep[], text: ChartText): string {
  const changes = changesOf(steps);
  const floor = waterfallFloor(changes.values);
  const digits = Math.max(...changes.values) - floor < 0.02 ? 3 : 2;
  return figure(
    ({ narrow }) => ({
      grid: axisGrid({ right: 8, top: 24, bottom: 8 }),
      xAxis: {
        type: 'category',
        data: steps.map(({ name }) => name),
        ...axisLook,
        axisTick: { show: false },
        axisLabel: {
          color: INK,
          interval: 0,
          width: narrow ? 52 : 110,
          overflow: 'break',
          fontSize: narrow ? 9.5 : 12.5,
        },
      },
      yAxis: {
        type: 'value',
        min: floor,
        splitNumber: 4,
        ...axisLook,
        axisLabel: { color: SOFT, formatter: (value: number) => value.toFixed(digits) },
      },
      series: [...connectors(changes), ...stackedBars(changes), barLabels(changes)],
    }),
    (narrow) => (narrow ? 300 : 340),
    text,
  );
}
