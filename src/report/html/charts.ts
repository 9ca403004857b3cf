/** The kinds of charts of a report: bars, waterfall, lines, scatter. Each takes plain data and a caption, and gives a figure. */

import {
  axisLook,
  type ChartText,
  FLOAT,
  figure,
  GAIN,
  GRID,
  INK,
  LOSS,
  legendLook,
  SOFT,
  SURFACE,
  SWITCH,
  shortened,
} from './chart.ts';
import { signedPoints } from './main-figure.ts';

/** The two sides are drawn alike everywhere: float grey, switch in the accent. */
const SIDE_COLOURS: Readonly<Record<string, string>> = { float: FLOAT, switch: SWITCH, before: FLOAT, after: SWITCH };
const OTHER_COLOURS = [SWITCH, FLOAT, 'var(--series-c)', 'var(--series-d)', 'var(--series-e)', 'var(--series-f)'];

function colourOf(name: string, i: number): string {
  return SIDE_COLOURS[name] ?? OTHER_COLOURS[i % OTHER_COLOURS.length] ?? SWITCH;
}

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Grouped horizontal bars, one group a category, the first on top. Values are written at the ends of the bars. */
export function barChart(
  categories: readonly string[],
  series: readonly Series[],
  text: ChartText & { max?: number; shown?: (value: number) => string },
): string {
  const shown = text.shown ?? ((value: number) => value.toFixed(3));
  const one = (narrow: boolean): number => categories.length * (series.length * (narrow ? 15 : 17) + 12) + 64;
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, show: series.length > 1 },
      grid: {
        left: 4,
        right: narrow ? 40 : 52,
        top: series.length > 1 ? 28 : 8,
        bottom: 4,
        outerBoundsMode: 'same',
        outerBoundsContain: 'all',
      },
      xAxis: { type: 'value', min: 0, max: text.max ?? null, splitNumber: narrow ? 3 : 5, ...axisLook },
      yAxis: {
        type: 'category',
        inverse: true,
        data: categories.map((name) => shortened(name, narrow ? 16 : 30)),
        ...axisLook,
        axisLabel: { color: INK, interval: 0 },
        axisTick: { show: false },
      },
      series: series.map(({ name, values }, i) => ({
        type: 'bar',
        name,
        data: [...values],
        barWidth: narrow ? 11 : 13,
        barGap: '20%',
        itemStyle: { color: colourOf(name, i), borderRadius: [0, 3, 3, 0] },
        label: {
          show: true,
          position: 'right',
          color: INK,
          fontSize: 11,
          formatter: ({ value }: { value: number }) => shown(value),
        },
      })),
    }),
    one,
    text,
  );
}

/** One bar in parts that add up to a whole: what became of the packets, who owned the slots. Parts of nothing are left out. */
export function partsChart(
  rows: readonly { name: string; parts: readonly { name: string; value: number }[] }[],
  text: ChartText,
): string {
  const names = [
    ...new Set(rows.flatMap(({ parts }) => parts.filter(({ value }) => value > 0).map(({ name }) => name))),
  ];
  const colours = [SWITCH, 'var(--series-c)', 'var(--series-e)', LOSS, 'var(--series-d)', FLOAT];
  const share = (row: (typeof rows)[number], name: string): number | null => {
    const whole = row.parts.reduce((sum, { value }) => sum + value, 0);
    const part = row.parts.find((one) => one.name === name)?.value ?? 0;
    return part === 0 ? null : (part / whole) * 100;
  };
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, type: 'plain', data: names },
      grid: {
        left: 4,
        right: 20,
        top: 10 + legendRows(names, narrow) * 22,
        bottom: 4,
        outerBoundsMode: 'same',
        outerBoundsContain: 'all',
      },
      xAxis: {
        type: 'value',
        min: 0,
        max: 100,
        interval: 25,
        ...axisLook,
        axisLabel: { color: SOFT, formatter: '{value} %' },
        splitNumber: 4,
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rows.map(({ name }) => name),
        ...axisLook,
        axisLabel: { color: INK },
        axisTick: { show: false },
      },
      series: names.map((name, i) => ({
        type: 'bar',
        stack: 'all',
        name,
        data: rows.map((row) => share(row, name)),
        barWidth: 26,
        itemStyle: { color: colours[i % colours.length], borderColor: SURFACE, borderWidth: 1 },
      })),
    }),
    (narrow) => rows.length * 44 + 40 + legendRows(names, narrow) * 22,
    text,
  );
}

/** Lines a legend takes, guessed from its letters. */
function legendRows(names: readonly string[], narrow: boolean): number {
  const pixels = names.reduce((sum, name) => sum + name.length * 8 + 34, 0);
  return Math.max(1, Math.ceil(pixels / (narrow ? 320 : 860)));
}

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

/** A waterfall: the first and last bar stand on the axis, those between show what each step took or gave. */
export function waterfallChart(steps: readonly WaterfallStep[], text: ChartText): string {
  const values = steps.map(({ value }) => value);
  const floor = waterfallFloor(values);
  const digits = Math.max(...values) - floor < 0.02 ? 3 : 2;
  const change = (i: number): number => (values[i] ?? 0) - (values[i - 1] ?? 0);
  const middle = (i: number): boolean => i > 0 && i < steps.length - 1;
  const column = (pick: (i: number) => number | null): (number | null)[] => steps.map((_, i) => pick(i));
  const points = (i: number): string => signedPoints(change(i));
  const part = (name: string, color: string, data: (number | null)[]): object => ({
    type: 'bar',
    stack: 'w',
    name,
    data,
    z: 3,
    itemStyle: { color, borderRadius: name === 'level' ? [4, 4, 0, 0] : 2 },
    barWidth: '62%',
    barMinHeight: name === 'base' ? 0 : 2,
    silent: name === 'base',
    label: { show: false },
  });
  // The top of each bar carries its label; a line series without line or symbols is what places it there.
  const tops = steps.map(({ value }, i) => (middle(i) ? Math.max(value, values[i - 1] ?? value) : value));
  const labels = {
    type: 'line',
    data: tops,
    z: 5,
    symbolSize: 0.1,
    lineStyle: { width: 0 },
    label: {
      show: true,
      position: 'top',
      color: INK,
      fontWeight: 600,
      formatter: ({ dataIndex: i }: { dataIndex: number }) => (middle(i) ? points(i) : (values[i] ?? 0).toFixed(4)),
    },
  };
  const connector = (i: number): object => ({
    type: 'line',
    z: 2,
    data: steps.map((_, k) => (k === i || k === i + 1 ? (values[i] ?? 0) : null)),
    symbol: 'none',
    lineStyle: { color: SOFT, width: 1, type: 'dotted' },
  });
  return figure(
    ({ narrow }) => ({
      grid: { left: 4, right: 8, top: 24, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'all' },
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
      series: [
        ...steps.slice(0, -1).map((_, i) => connector(i)),
        part(
          'base',
          'transparent',
          column((i) => (middle(i) ? Math.min(values[i] ?? 0, values[i - 1] ?? 0) : 0)),
        ),
        part(
          'level',
          SWITCH,
          column((i) => (middle(i) ? null : (values[i] ?? 0))),
        ),
        part(
          'gain',
          GAIN,
          column((i) => (middle(i) && change(i) > 0 ? change(i) : null)),
        ),
        part(
          'loss',
          LOSS,
          column((i) => (middle(i) && change(i) < 0 ? -change(i) : null)),
        ),
        labels,
      ],
    }),
    (narrow) => (narrow ? 300 : 340),
    text,
  );
}

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
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
      grid: { left: 4, right: 16, top: 48, bottom: 6, outerBoundsMode: 'same', outerBoundsContain: 'all' },
      xAxis: {
        type: 'category',
        data: [...categories],
        name: text.x,
        nameLocation: 'middle',
        nameGap: 28,
        boundaryGap: false,
        ...axisLook,
      },
      yAxis: {
        type: 'value',
        name: text.y,
        min: Math.max(0, Math.floor(least * 10 - 0.5) / 10),
        max: 1,
        splitNumber: narrow ? 3 : 5,
        ...axisLook,
        nameTextStyle: { color: SOFT, align: 'left' },
      },
      series: series.map(({ name, values }, i) => line(name, i, [...values])),
    }),
    (narrow) => (narrow ? 260 : 300),
    text,
  );
}

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

/** ROC curves on the unit square, with the line of chance. */
export function rocChart(curves: readonly Curve[], text: ChartText): string {
  const unit = { type: 'value', min: 0, max: 1, ...axisLook };
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, data: curves.map(({ name }) => name) },
      grid: {
        left: 4,
        right: narrow ? 16 : 380,
        top: 48,
        bottom: 6,
        outerBoundsMode: 'same',
        outerBoundsContain: 'all',
      },
      xAxis: { ...unit, name: 'false positive rate', nameLocation: 'middle', nameGap: 28 },
      yAxis: { ...unit, name: 'true positive rate', nameTextStyle: { color: SOFT, align: 'left' } },
      series: [
        {
          type: 'line',
          name: 'chance',
          data: [
            [0, 0],
            [1, 1],
          ],
          symbol: 'none',
          lineStyle: { color: GRID, width: 1.5, type: 'dotted' },
        },
        ...curves.map(({ name, points }, i) => {
          const side = name.startsWith('float') ? 'float' : 'switch';
          return {
            ...(line(
              side,
              i,
              points.map((point) => [...point]),
              false,
            ) as object),
            name,
          };
        }),
      ],
    }),
    (narrow) => (narrow ? 330 : 420),
    text,
  );
}

export interface ScatterPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Series and legend entry; points of one group look alike. */
  readonly group: string;
}

/** Points with names: accuracy against a resource. Names that would overlap are moved or left out; the table has them all. */
export function scatterChart(points: readonly ScatterPoint[], text: ChartText & { x: string; y: string }): string {
  const groups = [...new Set(points.map(({ group }) => group))];
  const looks: Record<string, { color: string; symbol: string }> = {
    pass: { color: GAIN, symbol: 'circle' },
    FAIL: { color: LOSS, symbol: 'diamond' },
  };
  return figure(
    ({ narrow }) => ({
      legend: { ...legendLook, show: groups.length > 1 },
      grid: {
        left: 4,
        right: narrow ? 24 : 40,
        top: groups.length > 1 ? 52 : 28,
        bottom: 6,
        outerBoundsMode: 'same',
        outerBoundsContain: 'all',
      },
      xAxis: {
        type: 'value',
        name: text.x,
        nameLocation: 'middle',
        nameGap: 28,
        scale: true,
        boundaryGap: ['8%', '25%'],
        ...axisLook,
      },
      yAxis: {
        type: 'value',
        name: text.y,
        scale: true,
        boundaryGap: ['10%', '10%'],
        ...axisLook,
        nameTextStyle: { color: SOFT, align: 'left' },
      },
      series: groups.map((group, i) => ({
        type: 'scatter',
        name: group,
        symbol: looks[group]?.symbol ?? 'circle',
        symbolSize: 11,
        itemStyle: {
          color: looks[group]?.color ?? colourOf(group, i),
          opacity: 0.9,
          borderColor: SURFACE,
          borderWidth: 1,
        },
        data: points.filter((one) => one.group === group).map(({ name, x, y }) => ({ name, value: [x, y] })),
        label: {
          show: true,
          position: 'right',
          color: INK,
          fontSize: 11,
          formatter: ({ name }: { name: string }) => shortened(name, narrow ? 18 : 34),
        },
        labelLayout: { hideOverlap: true },
      })),
    }),
    (narrow) => (narrow ? 300 : 360),
    text,
  );
}
