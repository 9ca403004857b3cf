/** The results of a matrix for the terminal: a row per run, and a grid when two options vary. */

import type { Figures, MatrixTable } from '../study/index.ts';
import { percent, printable, score, textTable } from './text-table.ts';

type Row = MatrixTable['rows'][number];

/** Class figures' AUC stands in for macro-F1 where scores are judged. */
function mainFigure({ figures }: Row): number | undefined {
  return numberOf(figures, figures.auc === undefined ? 'macroF1' : 'auc');
}

function numberOf(figures: Figures, name: string): number | undefined {
  const value = figures[name];
  return typeof value === 'number' ? value : undefined;
}

function rowsText({ options, rows }: MatrixTable): string {
  const isScore = rows.some(({ figures }) => figures.auc !== undefined);
  const header = [...options, isScore ? 'AUC' : 'macro-F1', 'float', 'coverage', 'stages', 'SRAM', 'TCAM', 'fits', ''];
  const lines = rows.map((row) => [
    ...row.texts.map(printable),
    score(mainFigure(row)),
    score(numberOf(row.figures, isScore ? 'floatAuc' : 'floatMacroF1')),
    percent(numberOf(row.figures, 'coverage') ?? 0),
    String(row.figures.stages ?? ''),
    percent(numberOf(row.figures, 'sram') ?? 0),
    percent(numberOf(row.figures, 'tcam') ?? 0),
    row.figures.fits === true ? 'yes' : 'NO',
    row.pass ? 'pass' : 'FAIL',
  ]);
  return textTable([header, ...lines], `${'l'.repeat(options.length)}rrrrrrll`);
}

/** One figure over the last two options, a grid for each choice of the others. */
function gridText(table: MatrixTable, title: string, cell: (row: Row) => string): string {
  const [down, across] = [table.options.length - 2, table.options.length - 1];
  const textOf = (row: Row, at: number): string => printable(row.texts[at] ?? '');
  const leading = (row: Row): string =>
    table.options
      .slice(0, down)
      .map((option, at) => `${option} ${textOf(row, at)}, `)
      .join('');
  const heads = [...new Set(table.rows.map((row) => textOf(row, across)))];
  const grids = [...new Set(table.rows.map(leading))].map((choice) => {
    const own = table.rows.filter((row) => leading(row) === choice);
    const lines = [...new Set(own.map((row) => textOf(row, down)))].map((head) => {
      const cells = heads.map((one) => own.find((row) => textOf(row, down) === head && textOf(row, across) === one));
      return [head, ...cells.map((row) => (row === undefined ? '–' : cell(row)))];
    });
    const place = `${choice}${table.options[down]} down, ${table.options[across]} across`;
    return `${title}, ${place}\n${textTable([['', ...heads], ...lines], `l${'r'.repeat(heads.length)}`)}`;
  });
  return grids.join('\n\n');
}

/** The rows; with two options or more also grids of accuracy and coverage. */
export function matrixText(table: MatrixTable): string {
  const blocks = [`${printable(table.name)}: ${table.rows.length} runs`, rowsText(table)];
  if (table.options.length >= 2) {
    const isScore = table.rows.some(({ figures }) => figures.auc !== undefined);
    blocks.push(gridText(table, isScore ? 'AUC' : 'macro-F1', (row) => score(mainFigure(row))));
    blocks.push(gridText(table, 'coverage', (row) => percent(numberOf(row.figures, 'coverage') ?? 0)));
  }
  return blocks.join('\n\n');
}
