/** What the charts share: room around the axes, axes of names, of values and of quantities with a title, colours of series. */

import { axisLook, FLOAT, INK, SOFT, SWITCH } from '../chart.ts';

/** The two sides are drawn alike everywhere: float grey, switch in the accent. */
const SIDE_COLOURS: Readonly<Record<string, string>> = { float: FLOAT, switch: SWITCH, before: FLOAT, after: SWITCH };
const OTHER_COLOURS = [SWITCH, FLOAT, 'var(--series-c)', 'var(--series-d)', 'var(--series-e)', 'var(--series-f)'];

/** Colour of series `i`: that of its side, else one by its number. */
export function colourOf(name: string, i: number): string {
  return SIDE_COLOURS[name] ?? OTHER_COLOURS[i % OTHER_COLOURS.length] ?? SWITCH;
}

/** One series over the categories of a chart; null where it has no value. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** The axis grid: pixels kept free around it; the axes' labels stay inside. */
export function axisGrid(free: { readonly top: number; readonly right: number; readonly bottom: number }): object {
  return { left: 4, ...free, outerBoundsMode: 'same', outerBoundsContain: 'all' };
}

/** Names down the left side, the first on top. */
export function namesDown(names: readonly string[], label: object = {}): object {
  return {
    type: 'category',
    inverse: true,
    data: [...names],
    ...axisLook,
    axisLabel: { color: INK, ...label },
    axisTick: { show: false },
  };
}

/** Title of a horizontal axis, below its middle. */
export function titleBelow(name: string): object {
  return { name, nameLocation: 'middle', nameGap: 28 };
}

/** Title of a vertical axis, above it. */
export function titleAbove(name: string): object {
  return { name, nameTextStyle: { color: SOFT, align: 'left' } };
}
