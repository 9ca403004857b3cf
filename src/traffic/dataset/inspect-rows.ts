/** What is in a CSV of feature rows: features and their ranges, classes, splits, repeated rows, and every cell that is no number. */
import { ProblemError } from '../../problem.ts';
import { TEST, TRAIN, VALIDATION } from '../columns.ts';
import { type CsvTable, readCsv } from './csv.ts';
import type { ProblemReport } from './inspect.ts';
import { chooseColumns, loadRows, type RowsSpec } from './rows.ts';

/** One feature column. */
export interface FeatureRange {
  /** Name in the catalogue (docs/features.md) where it is known, else that of the column. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly distinct: number;
}

/** One class: rows, and how many of them are in each split. */
export interface RowClassReport {
  readonly name: string;
  readonly rows: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** The whole of a CSV. */
export interface RowsReport {
  readonly path: string;
  readonly rows: number;
  readonly features: readonly FeatureRange[];
  readonly classes: readonly RowClassReport[];
  /** Rows whose features and class equal those of an earlier row. */
  readonly repeated: number;
  /** Rows with a cell that is no number. */
  readonly unreadable: number;
  readonly problems: readonly ProblemReport[];
}

/** Problems listed one by one; `unreadable` counts all. */
const MOST_LISTED = 20;

/**
 * Look a CSV of feature rows over. Rows that cannot be read and splits that do not work out are reported, not thrown.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE, TRAFFIC-CSV, TRAFFIC-COLUMN
 */
export function inspectRows(spec: RowsSpec): RowsReport {
  const table = readCsv(spec.path);
  const columns = chooseColumns(table, spec);
  const problems: ProblemReport[] = [];
  const good = table.rows.map((row, r) => {
    const wrong = columns.find(([at]) => row[at]!.trim() === '' || !Number.isFinite(Number(row[at])));
    if (wrong === undefined) return true;
    const [at] = wrong;
    const reason = `"${row[at]}" in column "${table.columns[at]}" is no number`;
    problems.push({ file: `${spec.path}:${table.lines[r]}`, reason });
    return false;
  });
  const unreadable = problems.length;
  return {
    path: spec.path,
    rows: table.rows.length,
    features: columns.map(([at, name]) => rangeOf(table, good, at, name)),
    classes: unreadable === 0 ? classesOf(spec, problems) : [],
    repeated: repeatedRows(table, columns),
    unreadable,
    problems: problems.slice(0, MOST_LISTED),
  };
}

function rangeOf(table: CsvTable, good: readonly boolean[], at: number, name: string): FeatureRange {
  const values = new Set(table.rows.filter((_, r) => good[r]).map((row) => Number(row[at])));
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return { name, least: values.size === 0 ? 0 : least, most: values.size === 0 ? 0 : most, distinct: values.size };
}

function repeatedRows(table: CsvTable, columns: readonly [number, string][]): number {
  const label = table.columns.findIndex((name) => name === 'class' || name === 'label');
  const seen = new Set(table.rows.map((row) => [...columns.map(([at]) => row[at]), row[label]].join(',')));
  return table.rows.length - seen.size;
}

function classesOf(spec: RowsSpec, problems: ProblemReport[]): RowClassReport[] {
  try {
    const { classes, label, split } = loadRows(spec);
    const reports = classes.map((name) => ({ name, rows: 0, train: 0, validation: 0, test: 0 }));
    label.forEach((c, r) => {
      if (c < 0) return;
      const report = reports[c]!;
      report.rows++;
      if (split[r] === TRAIN) report.train++;
      else if (split[r] === VALIDATION) report.validation++;
      else if (split[r] === TEST) report.test++;
    });
    return reports;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    problems.push({ file: error.problem.where ?? spec.path, reason: error.problem.message });
    return [];
  }
}
