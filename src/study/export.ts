/** Feature matrices for training elsewhere: ideal values and those the switch computes, on the same packets, with labels and split. */

import { join } from 'node:path';
import { idealRows, type PacketRows } from '../features/index.ts';
import { checkWritable, writeFile } from '../files.ts';
import type { Progress } from '../problem.ts';
import { type LoadedDataset, writeRows } from '../traffic/index.ts';
import { type InputShape, idealOptions, loadScenarioDataset, switchRows, timeUnits } from './inputs.ts';
import { encodeNpy } from './npy.ts';
import type { DatasetOptions, FlowOptions } from './scenario.ts';

export interface ExportTask {
  readonly dataset: DatasetOptions;
  readonly shape: InputShape;
  readonly flow: FlowOptions;
  readonly workers: number;
  readonly format: 'csv' | 'npy';
  readonly out: string;
  readonly progress?: Progress;
}

export interface ExportOutcome {
  readonly rows: number;
  readonly columns: number;
  readonly files: readonly string[];
  /** Rows by split: train, validation, test. */
  readonly splits: readonly [number, number, number];
  /** Values of the switch that are not the ideal ones. */
  readonly different: number;
  readonly dataset: LoadedDataset;
}

/**
 * Write `ideal` and `switch` matrices, `labels`, `split`, `flow` (npy) and `columns.json` (names, classes, unit of time, metadata for ONNX) into a folder.
 * @throws ProblemError of the dataset and the features; FILE-WRITE
 */
export async function exportFeatures(task: ExportTask): Promise<ExportOutcome> {
  const { shape, flow, out, format, workers, progress } = task;
  checkWritable(join(out, 'columns.json'));
  const dataset = await loadScenarioDataset(task.dataset, progress);
  const run = { workers, state: 'perCapture', ...(progress ? { progress } : {}) } as const;
  const real = await switchRows(dataset, shape, flow, run);
  const ideal = idealRows(dataset, shape.features, { ...idealOptions(shape, flow), window: shape.window });
  const columns = {
    features: shape.features,
    window: shape.window,
    classes: dataset.classes,
    split: ['train', 'validation', 'test'],
    tickNs: 2 ** flow.tickBits,
    metadata: metadataOf(shape, dataset.classes, flow),
  };
  writeFile(join(out, 'columns.json'), `${JSON.stringify(columns, null, 2)}\n`);
  const files = format === 'csv' ? csvFiles(out, ideal, real) : npyFiles(out, shape.window, ideal, real);
  const different = real.values.reduce((sum, value, i) => sum + (value === ideal.values[i] ? 0 : 1), 0);
  const splits = [0, 1, 2].map((one) => real.split.reduce((sum, split) => sum + (split === one ? 1 : 0), 0));
  return {
    rows: real.count,
    columns: real.count === 0 ? 0 : real.values.length / real.count,
    files: [...files, 'columns.json'].map((name) => join(out, name)),
    splits: splits as [number, number, number],
    different,
    dataset,
  };
}

/** What the ONNX file must say of its input, as `metadata_props` take it: one JSON text per key. */
function metadataOf(shape: InputShape, classes: readonly string[], flow: FlowOptions): Record<string, string> {
  const units = timeUnits(shape.features, flow.tickBits);
  return {
    'pegasim.features': JSON.stringify(shape.features),
    'pegasim.window': JSON.stringify(shape.window),
    'pegasim.classes': JSON.stringify(classes),
    ...(Object.keys(units).length === 0 ? {} : { 'pegasim.units': JSON.stringify(units) }),
  };
}

function csvFiles(out: string, ideal: PacketRows, real: PacketRows): string[] {
  writeRows(join(out, 'ideal.csv'), ideal);
  writeRows(join(out, 'switch.csv'), real);
  return ['ideal.csv', 'switch.csv'];
}

function npyFiles(out: string, window: number, ideal: PacketRows, real: PacketRows): string[] {
  const { count } = real;
  const width = real.features.length;
  const shape = window === 1 ? [count, width] : [count, window, width];
  const files: Record<string, Uint8Array> = {
    'ideal.npy': encodeNpy(ideal.values, shape),
    'switch.npy': encodeNpy(real.values, shape),
    'labels.npy': encodeNpy(real.label, [count]),
    'split.npy': encodeNpy(real.split, [count]),
    'flow.npy': encodeNpy(real.flow, [count]),
  };
  for (const [name, bytes] of Object.entries(files)) writeFile(join(out, name), bytes);
  return Object.keys(files);
}
