/** The kinds of charts of a report, one a file. Each takes plain data and a caption, and gives a figure. */
export { barChart } from './bars.ts';
export { categoryLines, rocChart } from './lines.ts';
export { partsChart } from './parts.ts';
export { type ScatterPoint, scatterChart } from './scatter.ts';
export { waterfallChart, waterfallFloor } from './waterfall.ts';
