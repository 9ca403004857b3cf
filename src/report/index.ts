/** report: results → terminal text, JSON, HTML, JUnit XML, CSV. Pure functions of results; reads and writes nothing. */

export * from './baseline-text.ts';
export * from './classify-text.ts';
export * from './compare-text.ts';
export * from './dataset-text.ts';
export * from './explain-text.ts';
export * from './fit-text.ts';
export type { Reported } from './html/study-page.ts';
export { junitXml } from './junit.ts';
export * from './matrix-text.ts';
export * from './models-text.ts';
export * from './replay-text.ts';
export * from './result-text.ts';
export * from './results-markdown.ts';
export * from './task-text.ts';
export * from './text-table.ts';
export * from './verdicts-csv.ts';
export * from './waterfall-text.ts';

/** The pages, on demand: the charting library is loaded by those who draw. */
export function loadPages(): Promise<typeof import('./html/index.ts')> {
  return import('./html/index.ts');
}
