/** `pegasim verify`: a table model's program, run on every row of its vectors, against the document's own outputs (TABLE-MODEL.md, end). */

import { injectedColumns } from '../../features/index.ts';
import { fail, type Progress } from '../../problem.ts';
import type { Placement, Program, RunColumns, RunInput } from '../../program/index.ts';
import type { Chip } from '../../switch/index.ts';
import type { TableNetwork } from '../lower/network.ts';
import { compileInjected } from './compile.ts';
import { arrayOf, readTableModel, type TableModel } from './document.ts';

/** Runs a placed program; `observe` names fields whose final values are wanted. The reference pipeline or the engine. */
export type VerifyRunner = (
  program: Program,
  placement: Placement,
  input: RunInput,
  observe: readonly string[],
  progress?: Progress,
) => RunColumns | Promise<RunColumns>;

/** How one executor's outputs compare with the document's. */
export interface VerifyRun {
  readonly executor: string;
  readonly rows: number;
  readonly equalRows: number;
  /** Comparisons made and equal, by what was compared. */
  readonly compared: Readonly<Record<string, { readonly values: number; readonly equal: number }>>;
  /** First differing row, and where. */
  readonly firstDifference?: {
    readonly row: number;
    readonly what: string;
    readonly expected: number;
    readonly got: number;
  };
  readonly accuracy?: number;
  readonly macroF1?: number;
}

/** Injected columns: one packet a row, or the window's packets one after the other. */
export function injectedRows(
  model: TableModel,
  maxRows = Number.POSITIVE_INFINITY,
): {
  readonly input: RunInput;
  readonly rows: number;
  readonly packets: number;
} {
  const name = model.vectors.input;
  if (name === undefined) {
    fail({
      code: 'COMPILE-NO-VECTORS',
      message: 'the document names no vectors.input to verify with',
      where: model.path,
    });
  }
  const { data, shape } = arrayOf(model, name, 'vectors.input');
  const packets = model.input.kind === 'window' ? (model.input.length ?? 1) : 1;
  const { features, bits } = model.input;
  const rows = Math.min(shape[0], maxRows);
  const columns = injectedColumns(data, rows, { features, bits, window: packets });
  return { input: { kind: 'injected', ...columns }, rows, packets };
}

interface Tally {
  readonly compared: Record<string, { values: number; equal: number }>;
  readonly wrong: Uint8Array;
  first?: { row: number; what: string; expected: number; got: number };
}

function compareValue(tally: Tally, what: string, row: number, expected: number, got: number): void {
  tally.compared[what] ??= { values: 0, equal: 0 };
  const count = tally.compared[what];
  count.values++;
  if (expected === got) {
    count.equal++;
    return;
  }
  tally.wrong[row] = 1;
  if (tally.first === undefined || row < tally.first.row) tally.first = { row, what, expected, got };
}

/** Where the fields of a step's leaf numbers are: field by leaf, and the packet of the window at which it is read. */
export interface LeafColumn {
  readonly step: number;
  /** Position within the step's leaves of one row. */
  readonly at: number;
  readonly field: string;
  readonly packet: number;
}

/** Compares one executor's columns with the document's arrays. Verdicts are read at the last packet of each row. */
export function compareRun(
  model: TableModel,
  executor: string,
  columns: RunColumns,
  rows: number,
  packets: number,
  leaves: readonly LeafColumn[],
): VerifyRun {
  const tally: Tally = { compared: {}, wrong: new Uint8Array(rows) };
  const { vectors } = model;
  const last = (row: number): number => row * packets + packets - 1;
  const outputs = vectors.logits ?? vectors.score;
  if (outputs !== undefined) {
    const { data, shape } = arrayOf(model, outputs, 'vectors');
    const n = shape[1] ?? 1;
    const what = vectors.logits === undefined ? 'score' : 'logits';
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < n; c++) compareValue(tally, what, r, data[r * n + c], columns.logits[last(r) * n + c]);
  }
  if (vectors.pred !== undefined) {
    const { data } = arrayOf(model, vectors.pred, 'vectors.pred');
    for (let r = 0; r < rows; r++) compareValue(tally, 'predictions', r, data[r], columns.verdict[last(r)]);
  }
  for (const leaf of leaves) {
    const { data, shape } = arrayOf(model, vectors.leaves![String(leaf.step)], 'vectors.leaves');
    const width = shape.slice(1).reduce((product, n) => product * n, 1);
    const column = columns.observed[leaf.field];
    for (let r = 0; r < Math.min(rows, shape[0]); r++) {
      const got = column[r * packets + leaf.packet];
      compareValue(tally, `leaves of step ${leaf.step}`, r, data[r * width + leaf.at], got);
    }
  }
  let equalRows = 0;
  for (let r = 0; r < rows; r++) equalRows += 1 - tally.wrong[r];
  const base = { executor, rows, equalRows, compared: tally.compared };
  const scores =
    vectors.labels === undefined
      ? {}
      : quality(arrayOf(model, vectors.labels, 'vectors.labels').data, columns, rows, last);
  return { ...base, ...(tally.first === undefined ? {} : { firstDifference: tally.first }), ...scores };
}

/** Accuracy and macro-F1 (classes without rows and predictions are left out; undefined precision counts 0). */
function quality(
  labels: Int32Array,
  columns: RunColumns,
  rows: number,
  last: (row: number) => number,
): { accuracy: number; macroF1: number } {
  const classes = labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  const hit = new Float64Array(classes);
  const predicted = new Float64Array(classes);
  const actual = new Float64Array(classes);
  let right = 0;
  for (let r = 0; r < rows; r++) {
    const got = columns.verdict[last(r)];
    if (got >= 0 && got < classes) predicted[got]++;
    actual[labels[r]]++;
    if (got === labels[r]) {
      hit[got]++;
      right++;
    }
  }
  let sum = 0;
  let present = 0;
  for (let c = 0; c < classes; c++) {
    if (predicted[c] + actual[c] === 0) continue;
    present++;
    sum += (2 * hit[c]) / (predicted[c] + actual[c]);
  }
  return { accuracy: right / rows, macroF1: sum / present };
}

export interface VerifyOptions {
  /** Default `unbounded`. */
  readonly chip: Chip;
  /** Executors in order, by the name they are reported under. */
  readonly runners: Readonly<Record<string, VerifyRunner>>;
  readonly progress?: Progress;
  /** Only the first rows (default all). */
  readonly maxRows?: number;
}

export interface VerifyResult {
  readonly model: string;
  readonly chip: string;
  readonly fits: boolean;
  readonly stages: number;
  readonly rows: number;
  readonly runs: readonly VerifyRun[];
  /** True when every executor gave every row as expected. */
  readonly equal: boolean;
}

/** Fields of kept leaf numbers that the document has expected values for; leaves of earlier packets are read at their packet. */
function leafColumns(model: TableModel, network: TableNetwork, fields: ReadonlyMap<string, string>): LeafColumn[] {
  const columns: LeafColumn[] = [];
  for (const map of network.maps) {
    if (map.kind !== 'tree' && map.kind !== 'leaf') continue;
    for (const { step, leaves, packet } of map.origins ?? []) {
      if (model.vectors.leaves?.[String(step)] === undefined) continue;
      leaves.forEach((at, t) => {
        const field = fields.get(`${map.name}/${t}`);
        if (field !== undefined) columns.push({ step, at, field, packet: packet ?? network.window - 1 });
      });
    }
  }
  return columns;
}

/**
 * Compiles the document for the chip, runs every row of `vectors.input` through each runner and compares logits or scores,
 * predictions and leaves. Throws COMPILE-NO-VECTORS when the document has no input vectors.
 */
export async function verifyTableModel(path: string, options: VerifyOptions): Promise<VerifyResult> {
  const model = readTableModel(path);
  const { input, rows, packets } = injectedRows(model, options.maxRows);
  const compiled = compileInjected(model, { chip: options.chip, keepLeaves: options.chip.name === 'unbounded' });
  const leaves = leafColumns(model, compiled.network, compiled.lowered.leafFields);
  const observe = [...new Set(leaves.map((leaf) => leaf.field))];
  const runs: VerifyRun[] = [];
  for (const [name, runner] of Object.entries(options.runners)) {
    const columns = await runner(compiled.program, compiled.placement, input, observe, options.progress);
    runs.push(compareRun(model, name, columns, rows, packets, leaves));
  }
  return {
    model: model.name,
    chip: options.chip.name,
    fits: compiled.fits,
    stages: compiled.placement.stages,
    rows,
    runs,
    equal: runs.every((run) => run.equalRows === rows),
  };
}
