/**
 * One chart as SVG text, drawn by Apache ECharts without a browser. Every chart is drawn twice, for a laptop and for a phone; the style
 * sheet shows the one that fits. Colours are CSS variables of the page, so one drawing serves the light and the dark theme.
 */

import { createHash } from 'node:crypto';
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import { type EChartsCoreOption, init, setPlatformAPI, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml } from './escape.ts';

use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent]);
use([LabelLayout, SVGRenderer]);

/**
 * Widths of letters as a share of the font size, at the wide end of the fonts a browser may choose: without a browser nothing can be
 * measured, and labels that are given too much room never run into each other.
 */
function letterWidth(letter: string): number {
  if (/[iljtfI.,:;|!' ()[\]]/.test(letter)) return 0.4;
  if (/[mwMW@%]/.test(letter)) return 0.95;
  if (/\p{Mark}/u.test(letter)) return 0;
  return letter > '\u2e80' ? 1.05 : /[A-Z]/.test(letter) ? 0.74 : 0.63;
}

setPlatformAPI({
  measureText: (text, font) => {
    const size = Number(/(\d+(?:\.\d+)?)px/.exec(font ?? '')?.[1] ?? 12);
    return { width: [...text].reduce((sum, letter) => sum + letterWidth(letter), 0) * size };
  },
});

/** CSS variables, defined in style.ts for both themes. */
export const INK = 'var(--ink)';
export const SOFT = 'var(--soft)';
export const GRID = 'var(--grid)';
export const SURFACE = 'var(--surface)';
export const FLOAT = 'var(--float)';
export const SWITCH = 'var(--switch)';
export const GAIN = 'var(--gain)';
export const LOSS = 'var(--loss)';

export interface ChartText {
  /** What the chart shows: its caption, and its name for screen readers. */
  readonly caption: string;
  /** The figures of the chart as an HTML table, folded away below it. */
  readonly table?: string;
}

/** Where a chart is drawn: pixels of the drawing, and whether it is the narrow one. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
}

/** Widths of the two drawings in pixels: inside a section of a laptop's page, and of a phone 390 pixels wide. */
const WIDE = 900;
const NARROW = 336;

/**
 * ECharts numbers ids and classes through the life of the process. Named after the drawing's own content they are the same in every run,
 * and two charts of a page share an id only when they are the same drawing.
 */
function stableIds(svg: string): string {
  const names = new Map<string, string>();
  const plain = svg.replace(/zr\d+-([a-z]+)-?(\d+)/g, (whole, kind: string) => {
    const name = names.get(whole) ?? `${kind}${names.size}`;
    names.set(whole, name);
    return `§${name}`;
  });
  const mark = createHash('sha256').update(plain).digest('hex').slice(0, 8);
  return plain.replaceAll('§', `c${mark}-`);
}

function drawOne(option: EChartsCoreOption, { width, height, narrow }: Canvas, caption: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  const textStyle = { color: INK, fontFamily: 'inherit', fontSize: narrow ? 11 : 12.5 };
  chart.setOption({ animation: false, textStyle, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return stableIds(svg)
    .replace(
      /<svg width="\d+" height="\d+"/,
      `<svg class="${narrow ? 'narrow' : 'broad'}" role="img" aria-label="${escapeHtml(caption)}"`,
    )
    .replace(/ xmlns(:xlink)?="[^"]*"/g, '')
    .replace(/ (xml:space="preserve"|baseProfile="full"|version="1\.1")/g, '');
}

/**
 * A figure with both drawings, its caption, and its numbers below.
 * @param option the ECharts option for one of the two canvases
 * @param height pixels of a drawing, from its kind
 */
export function figure(
  option: (canvas: Canvas) => EChartsCoreOption,
  height: (narrow: boolean) => number,
  text: ChartText,
): string {
  const drawings = [false, true].map((narrow) => {
    const canvas = { width: narrow ? NARROW : WIDE, height: Math.round(height(narrow)), narrow };
    return drawOne(option(canvas), canvas, text.caption);
  });
  const numbers = text.table === undefined ? '' : `<details><summary>The numbers</summary>${text.table}</details>`;
  return `<figure class="chart"><figcaption>${escapeHtml(text.caption)}</figcaption>${drawings.join('')}${numbers}</figure>`;
}

/** Axis lines, ticks and labels in the page's colours. */
export const axisLook = {
  axisLine: { lineStyle: { color: GRID } },
  axisTick: { lineStyle: { color: GRID } },
  axisLabel: { color: SOFT },
  splitLine: { lineStyle: { color: GRID } },
  nameTextStyle: { color: SOFT },
};

/** A legend above the chart; nothing in it is clickable. */
export const legendLook = {
  top: 0,
  left: 0,
  itemWidth: 14,
  itemHeight: 10,
  selectedMode: false,
  textStyle: { color: INK },
};

/** Text that fits a label of so many characters, cut in the middle: beginnings and ends tell class names apart. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}
