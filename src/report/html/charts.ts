/**
 * Charts as SVG text, drawn by Apache ECharts without a browser. Colours are CSS variables of the page, so one drawing serves the
 * light and the dark theme. Every chart has a title and a description for screen readers.
 */

import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml } from './escape.ts';

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** CSS variables defined in style.ts. */
const INK = 'var(--ink)';
const FAINT = 'var(--line)';
export const SERIES = ['var(--series-a)', 'var(--series-b)', 'var(--series-c)', 'var(--series-d)'];

export interface ChartText {
  /** What the chart shows, for screen readers and as the figure's caption. */
  readonly caption: string;
  readonly width?: number;
  readonly height?: number;
}

/** Render one option to an accessible inline SVG figure. */
function draw(option: EChartsCoreOption, { caption, width = 640, height = 320 }: ChartText): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: { color: INK, fontFamily: 'inherit' }, color: SERIES, ...option });
  const svg = chart
    .renderToSVGString()
    .replace(/<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${escapeHtml(caption)}"`)
    .replace(/ xmlns:xlink="[^"]*"/, '');
  chart.dispose();
  return `<figure class="chart">${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

const axisLook = {
  axisLine: { lineStyle: { color: FAINT } },
  axisTick: { lineStyle: { color: FAINT } },
  axisLabel: { color: INK },
  splitLine: { lineStyle: { color: FAINT } },
  nameTextStyle: { color: INK },
};

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Grouped bars over categories. */
export function barChart(
  categories: readonly string[],
  series: readonly Series[],
  text: ChartText & { axis?: string; max?: number },
): string {
  return draw(
    {
      legend: { top: 0, textStyle: { color: INK } },
      grid: { left: 56, right: 16, top: 36, bottom: 44, containLabel: false },
      xAxis: {
        type: 'category',
        data: [...categories],
        ...axisLook,
        axisLabel: { color: INK, interval: 0, width: 90, overflow: 'truncate' },
      },
      yAxis: { type: 'value', name: text.axis ?? '', max: text.max ?? null, ...axisLook },
      series: series.map(({ name, values }) => ({
        type: 'bar',
        name,
        data: [...values],
        label: {
          show: series.length * categories.length <= 16,
          position: 'top',
          color: INK,
          formatter: ({ value }: { value: number }) => short(value),
        },
      })),
    },
    text,
  );
}

/** A waterfall: the first and last bar stand on the axis, those between show what each step took or gave. */
export function waterfallChart(steps: readonly { name: string; value: number }[], text: ChartText): string {
  const values = steps.map(({ value }) => value);
  const floor = Math.max(0, Math.floor((Math.min(...values) - 0.05) * 20) / 20);
  const lower = steps.map(({ value }, i) =>
    i === 0 || i === steps.length - 1 ? floor : Math.min(value, values[i - 1] ?? value),
  );
  const bar = (pick: (i: number) => number | null): (number | null)[] => steps.map((_, i) => pick(i));
  const change = (i: number): number => (values[i] ?? 0) - (values[i - 1] ?? 0);
  const middle = (i: number): boolean => i > 0 && i < steps.length - 1;
  const points = (i: number): string => `${change(i) > 0 ? '+' : ''}${(change(i) * 100).toFixed(2)}`;
  const label = ({ dataIndex }: { dataIndex: number }): string =>
    middle(dataIndex) ? points(dataIndex) : (values[dataIndex] ?? 0).toFixed(4);
  const part = (name: string, color: string, data: (number | null)[]): object => ({
    type: 'bar',
    stack: 'w',
    name,
    data,
    itemStyle: { color },
    barWidth: '55%',
    label: { show: name !== 'base', position: 'top', color: INK, formatter: label },
  });
  return draw(
    {
      grid: { left: 56, right: 16, top: 24, bottom: 64 },
      xAxis: {
        type: 'category',
        data: steps.map(({ name }) => name),
        ...axisLook,
        axisLabel: { color: INK, interval: 0, width: 100, overflow: 'break' },
      },
      yAxis: { type: 'value', min: floor, ...axisLook },
      series: [
        {
          ...part(
            'base',
            'transparent',
            lower.map((value) => value - 0),
          ),
          silent: true,
        },
        part(
          'level',
          SERIES[0] ?? INK,
          bar((i) => (middle(i) ? null : (values[i] ?? 0) - floor)),
        ),
        part(
          'gain',
          SERIES[2] ?? INK,
          bar((i) => (middle(i) && change(i) > 0 ? change(i) : null)),
        ),
        part(
          'loss',
          SERIES[1] ?? INK,
          bar((i) => (middle(i) && change(i) <= 0 ? -change(i) : null)),
        ),
      ],
    },
    text,
  );
}

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** Lines over numeric axes (ROC, accuracy by packet position). */
export function lineChart(curves: readonly Curve[], text: ChartText & { x: string; y: string; yMax?: number }): string {
  return draw(
    {
      legend: { top: 0, textStyle: { color: INK } },
      grid: { left: 56, right: 24, top: 36, bottom: 48 },
      xAxis: { type: 'value', name: text.x, nameLocation: 'middle', nameGap: 28, ...axisLook },
      yAxis: { type: 'value', name: text.y, max: text.yMax ?? null, ...axisLook },
      series: curves.map(({ name, points }) => ({
        type: 'line',
        name,
        showSymbol: false,
        data: points.map((point) => [...point]),
      })),
    },
    text,
  );
}

/** Points with labels (accuracy against resources). */
export function scatterChart(
  points: readonly { name: string; x: number; y: number }[],
  text: ChartText & { x: string; y: string },
): string {
  return draw(
    {
      grid: { left: 64, right: 32, top: 24, bottom: 48 },
      xAxis: { type: 'value', name: text.x, nameLocation: 'middle', nameGap: 28, scale: true, ...axisLook },
      yAxis: { type: 'value', name: text.y, scale: true, ...axisLook },
      series: [
        {
          type: 'scatter',
          data: points.map(({ name, x, y }) => ({ name, value: [x, y] })),
          label: { show: points.length <= 24, position: 'right', color: INK, formatter: '{b}' },
        },
      ],
    },
    text,
  );
}

function short(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 10 ? value.toFixed(3) : value.toFixed(1);
}
