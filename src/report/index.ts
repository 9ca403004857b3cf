/** report: results → terminal text, JSON, HTML, JUnit XML, CSV. Pure functions of results; reads and writes nothing. */

export * from './compare-text.ts';
export * from './dataset-text.ts';
export * from './explain-text.ts';
export * from './fit-text.ts';
export { resultPage } from './html/result-page.ts';
export { type Reported, studyPage } from './html/study-page.ts';
export { junitXml } from './junit.ts';
export * from './replay-text.ts';
export * from './result-text.ts';
export * from './task-text.ts';
export * from './text-table.ts';
export * from './verdicts-csv.ts';
export * from './waterfall-text.ts';
