/** Feature-row datasets: a CSV of integers per packet or window, with a class, and a split by column, by listed group, or dealt. */
import { fail } from '../../problem.ts';
import { type FeatureRows, NO_SPLIT } from '../columns.ts';
import { type CsvTable, findColumn, needColumn, readCsv } from './csv.ts';
import { splitOfName } from './labels.ts';
import type { SplitSpec } from './spec.ts';
import { checkSplit, dealGroups, dealItems } from './split.ts';
import { readSplitList } from './split-list.ts';

/** A CSV of feature rows. */
export interface RowsSpec {
  readonly path: string;
  /** CSV column → feature name, in model order. Default: the published MLP-B column names, else every other column under its own name. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Column with the class name; default "class", else "label". */
  readonly labelColumn?: string;
  /** Rows of one group stay in one split; default "run" when there is such a column. */
  readonly groupColumn?: string;
  readonly classes?: readonly string[];
  readonly split?: SplitSpec;
}

/** Column names of the published MLP-B rows (lengths are frame lengths, times in 0.1 ms) → FEATURES.md. */
export const PUBLISHED_COLUMNS: Readonly<Record<string, string>> = {
  ip_ihl: 'ip.ihl',
  length: 'frame.len',
  protocol: 'ip.protocol',
  tos: 'ip.tos',
  tcp_data_offset: 'tcp.data_offset',
  max_length: 'flow.max_len',
  min_length: 'flow.min_len',
  max_ipd: 'flow.max_ipd',
  min_ipd: 'flow.min_ipd',
  ipd: 'pkt.ipd',
};

const NOT_FEATURES = ['run', 'label', 'class', 'split', 'group', 'flow', 'file', 'capture'];

/** Feature columns of a table: position and feature name. @throws ProblemError TRAFFIC-COLUMN */
export function chooseColumns(table: CsvTable, spec: RowsSpec): [column: number, feature: string][] {
  if (spec.columns !== undefined) {
    return Object.entries(spec.columns).map(([column, feature]) => [needColumn(table, column), feature]);
  }
  const published = Object.entries(PUBLISHED_COLUMNS);
  if (published.every(([column]) => table.columns.includes(column))) {
    return published.map(([column, feature]) => [table.columns.indexOf(column), feature]);
  }
  const left = [spec.labelColumn, spec.groupColumn, spec.split?.column, ...NOT_FEATURES];
  const rest = table.columns
    .map((name, at) => [at, name] as [number, string])
    .filter(([, name]) => !left.includes(name));
  if (rest.length === 0)
    fail({ code: 'TRAFFIC-COLUMN', message: 'the rows have no feature columns', where: table.path });
  return rest;
}

function readValues(table: CsvTable, columns: readonly [number, string][]): Uint32Array | Float64Array {
  const width = columns.length;
  const values = new Float64Array(table.rows.length * width);
  let whole = true;
  table.rows.forEach((row, r) => {
    columns.forEach(([at], f) => {
      const text = row[at]!;
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value)) {
        const where = `${table.path}:${table.lines[r]}`;
        fail({ code: 'TRAFFIC-ROW', message: `"${text}" in column "${table.columns[at]}" is no number`, where });
      }
      whole = whole && value >= 0 && value <= 0xffff_ffff && Number.isInteger(value);
      values[r * width + f] = value;
    });
  });
  return whole ? Uint32Array.from(values) : values;
}

/** Class names in order: by the integer "label" column where there is one beside the names, else sorted (numbers by value). */
function orderClasses(table: CsvTable, at: number): string[] {
  const label = findColumn(table, ['label']);
  const rank = new Map<string, number>();
  for (const row of table.rows)
    if (!rank.has(row[at]!)) rank.set(row[at]!, label < 0 ? Number.NaN : Number(row[label]));
  const names = [...rank.keys()];
  const numeric = names.every((name) => Number.isInteger(rank.get(name)));
  return numeric ? names.sort((a, b) => rank.get(a)! - rank.get(b)!) : names.sort();
}

function readClasses(table: CsvTable, spec: RowsSpec): { classes: readonly string[]; label: Int16Array } {
  const at =
    spec.labelColumn === undefined ? findColumn(table, ['class', 'label']) : needColumn(table, spec.labelColumn);
  if (at < 0) {
    fail({ code: 'TRAFFIC-UNLABELLED', message: 'the rows have no column "class" or "label"', where: table.path });
  }
  const classes = spec.classes ?? orderClasses(table, at);
  const numberOf = new Map(classes.map((name, c) => [name, c]));
  const label = Int16Array.from(table.rows, (row) => numberOf.get(row[at]!) ?? -1);
  classes.forEach((name, c) => {
    if (!label.includes(c))
      fail({ code: 'TRAFFIC-CLASS-EMPTY', message: `class "${name}" has no rows`, where: table.path });
  });
  return { classes, label };
}

function groupColumn(table: CsvTable, spec: RowsSpec): number {
  return spec.groupColumn === undefined
    ? findColumn(table, ['run', 'group', 'flow'])
    : needColumn(table, spec.groupColumn);
}

/** Deal whole groups: a run of near-equal rows must not be on both sides. */
function splitByGroup(
  table: CsvTable,
  group: number,
  label: Int16Array,
  classCount: number,
  split: SplitSpec,
): Uint8Array {
  const numberOf = new Map<string, number>();
  const groupOf = table.rows.map((row) => {
    const name = row[group]!;
    if (!numberOf.has(name)) numberOf.set(name, numberOf.size);
    return numberOf.get(name)!;
  });
  const weight = new Float64Array(numberOf.size * classCount);
  groupOf.forEach((g, r) => {
    if (label[r]! >= 0) weight[g * classCount + label[r]!]!++;
  });
  const dealt = dealGroups(weight, numberOf.size, classCount, split.seed ?? 1, split.fractions);
  return Uint8Array.from(groupOf, (g) => dealt[g]!);
}

function splitRows(table: CsvTable, label: Int16Array, classCount: number, spec: RowsSpec): Uint8Array {
  const group = groupColumn(table, spec);
  const split = spec.split ?? { by: table.columns.includes('split') ? 'column' : group >= 0 ? 'file' : 'flow' };
  if (split.by === 'column') {
    const at = needColumn(table, split.column ?? 'split');
    return Uint8Array.from(table.rows, (row, r) => splitOfName(row[at]!, `${table.path}:${table.lines[r]}`));
  }
  if (split.by === 'list') {
    if (split.file === undefined)
      fail({ code: 'TRAFFIC-SPLIT', message: 'a split by list needs its file', need: 'split.file' });
    const list = readSplitList(split.file);
    if (list.byRow !== undefined) return Uint8Array.from(table.rows, (_, r) => list.byRow!.get(r) ?? NO_SPLIT);
    if (group < 0)
      fail({
        code: 'TRAFFIC-SPLIT',
        message: 'the list goes by group, but the rows have no group column',
        where: table.path,
      });
    return Uint8Array.from(table.rows, (row) => list.byName.get(row[group]!) ?? NO_SPLIT);
  }
  if (split.by === 'file' && group >= 0) return splitByGroup(table, group, label, classCount, split);
  return dealItems(label, classCount, split.seed ?? 1, split.fractions);
}

/**
 * Load feature rows.
 * @throws ProblemError TRAFFIC-CSV, TRAFFIC-COLUMN, TRAFFIC-ROW (with the line), TRAFFIC-UNLABELLED, TRAFFIC-CLASS-EMPTY, TRAFFIC-SPLIT
 */
export function loadRows(spec: RowsSpec): FeatureRows {
  const table = readCsv(spec.path);
  if (table.rows.length === 0) fail({ code: 'TRAFFIC-EMPTY', message: 'the file has no rows', where: spec.path });
  const columns = chooseColumns(table, spec);
  const values = readValues(table, columns);
  const { classes, label } = readClasses(table, spec);
  const split = splitRows(table, label, classes.length, spec);
  label.forEach((c, r) => {
    if (c < 0) split[r] = NO_SPLIT;
  });
  checkSplit(label, split, classes, spec.split?.by ?? 'flow');
  return { features: columns.map(([, feature]) => feature), classes, count: table.rows.length, values, label, split };
}
