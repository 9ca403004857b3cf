/** Results as a Markdown table, one row a scenario: what the docs quote. */

import type { ScenarioResult } from '../study/index.ts';
import { count } from './text-table.ts';

const percent = (value: unknown, digits: number): string =>
  typeof value === 'number' ? (100 * value).toFixed(digits) : '';

function row({ name, compile, figures, fit }: ScenarioResult): string[] {
  const auc = figures.auc !== undefined;
  return [
    name,
    auc ? 'AUC' : 'macro-F1',
    percent(auc ? figures.floatAuc : figures.floatMacroF1, 2),
    percent(auc ? figures.auc : figures.macroF1, 2),
    percent(figures.gapToFloat, 2),
    fit.fits ? 'yes' : 'no',
    `${fit.stages.used}`,
    percent(figures.sram, 1),
    percent(figures.tcam, 1),
    `${compile.stateBits}`,
    `${figures.bitsPerFlow ?? 0}`,
    count(compile.tables),
  ];
}

const HEAD = [
  'scenario',
  'figure',
  'float, %',
  'switch, %',
  'gap, points',
  'fits',
  'stages',
  'SRAM, %',
  'TCAM, %',
  'model state, bits/flow',
  'registers, bits/flow',
  'tables',
];

/**
 * One Markdown table. Model state counts kept indices and the clock as the paper does; registers are everything a slot holds, hash and
 * counters included.
 */
export function resultsMarkdown(results: readonly ScenarioResult[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = HEAD.map((_, i) => (i < 2 ? '---' : '--:'));
  return `${[HEAD, rule, ...results.map(row)].map(line).join('\n')}\n`;
}
