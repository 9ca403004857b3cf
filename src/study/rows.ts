/** Feature-row CSV files as training and calibration data: no packets, so nothing to replay. */

import { TIME_FEATURES } from '../features/index.ts';
import { type FeatureRows, loadRows, type RowsSpec } from '../traffic/index.ts';
import { datasetSpec } from './inputs.ts';
import type { DatasetOptions } from './scenario.ts';

/** The published rows count time in 0.1 ms. */
const PUBLISHED_UNIT_NS = 100_000;

export function isRows(options: DatasetOptions): boolean {
  return /\.csv$/i.test(options.path);
}

/** Nanoseconds per unit of the rows' time features. */
export function rowsUnitNs(options: DatasetOptions): number {
  return options.unitNs ?? PUBLISHED_UNIT_NS;
}

/** The dataset section as the reader of feature rows takes it. */
export function rowsSpec(options: DatasetOptions): RowsSpec {
  const { split } = datasetSpec(options);
  return {
    path: options.path,
    ...(options.labelColumn === 'class' ? {} : { labelColumn: options.labelColumn }),
    ...(options.classes === undefined ? {} : { classes: options.classes }),
    ...(split === undefined ? {} : { split }),
  };
}

/** @throws ProblemError TRAFFIC-* with file and line */
export function loadScenarioRows(options: DatasetOptions): FeatureRows {
  return loadRows(rowsSpec(options));
}

/** The rows as a switch with ticks of 2^tickBits ns would hold them: time features to the nearest tick. */
export function rowsInTicks(rows: FeatureRows, unitNs: number, tickBits: number): FeatureRows {
  const scale = unitNs / 2 ** tickBits;
  const width = rows.features.length;
  const isTime = rows.features.map((name) => TIME_FEATURES.includes(name));
  const values = Float64Array.from(rows.values, (value, i) => (isTime[i % width] ? Math.round(value * scale) : value));
  return { ...rows, values };
}
