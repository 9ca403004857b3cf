/** From a scenario's dataset to the rows a model is trained, calibrated and judged on: features as the switch computes them, and ideal ones beside. */

import { runEngine } from '../engine/index.ts';
import { type FrontOptions, featureProgram, idealRows, type PacketRows, packetRows } from '../features/index.ts';
import type { Progress } from '../problem.ts';
import type { StateMode } from '../program/index.ts';
import { chipNamed, placeProgram } from '../switch/index.ts';
import type { Dataset, DatasetSpec, LoadedDataset } from '../traffic/index.ts';
import { loadDataset } from '../traffic/index.ts';
import type { DatasetOptions, FlowOptions } from './scenario.ts';

/** What a model reads, independent of where the model comes from. */
export interface InputShape {
  readonly features: readonly string[];
  readonly window: number;
  /** Upper bounds per feature, in its own unit. */
  readonly clamp: Readonly<Record<string, number>>;
  /** First packet of max/min ipd (2 unless the model says otherwise). */
  readonly ipdFrom?: number;
}

/** The dataset section as the traffic room takes it. */
export function datasetSpec(options: DatasetOptions, progress?: Progress): DatasetSpec {
  const { split } = options;
  return {
    path: options.path,
    ...(options.labels === undefined ? {} : { labels: options.labels }),
    ...(options.labelColumn === 'class' ? {} : { labelColumn: options.labelColumn }),
    ...(options.classes === undefined ? {} : { classes: options.classes }),
    ...(options.gapMs === undefined ? {} : { gap: options.gapMs }),
    split: {
      by: split.file === undefined ? split.by : 'list',
      seed: split.seed,
      fractions: [split.train, split.validation, split.test],
      ...(split.file === undefined ? {} : { file: split.file }),
    },
    ...(progress === undefined ? {} : { progress }),
  };
}

export function loadScenarioDataset(options: DatasetOptions, progress?: Progress): Promise<LoadedDataset> {
  return loadDataset(datasetSpec(options, progress));
}

/** Options of the program front for a model's inputs and a scenario's flow section. */
export function frontOptions(shape: InputShape, flow: FlowOptions): FrontOptions {
  return {
    features: shape.features,
    slots: flow.slots,
    symmetric: flow.symmetric,
    policy: flow.policy,
    ...(flow.timeoutMs === undefined ? {} : { timeoutNs: flow.timeoutMs * 1e6 }),
    tickBits: flow.tickBits,
    ...(shape.ipdFrom === undefined ? {} : { ipdFrom: shape.ipdFrom }),
    clamp: shape.clamp,
    flow: shape.window > 1,
  };
}

/** Units of the time features under these options, in ns: what goes into the model's metadata. */
export function timeUnits(features: readonly string[], tickBits: number): Record<string, number> {
  return Object.fromEntries(features.filter((name) => name.endsWith('ipd')).map((name) => [name, 2 ** tickBits]));
}

/**
 * Feature values as the switch computes them: a feature-only program run over every packet. Windows are formed over the true
 * flows; what slot collisions cost is the replay's to show.
 */
export async function switchRows(
  dataset: Dataset,
  shape: InputShape,
  flow: FlowOptions,
  options: { workers: number; state: StateMode; progress?: Progress },
): Promise<PacketRows> {
  const { features: names, ...front } = frontOptions(shape, flow);
  const program = featureProgram(names, front);
  const { placement } = placeProgram(program, chipNamed('unbounded'));
  const fields = program.features.map(({ field }) => field);
  const run = await runEngine(program, placement, { kind: 'packets', packets: dataset.packets }, { ...options, observe: fields });
  const columns = fields.map((field) => run.observed[field] as Uint32Array);
  return packetRows(dataset, names, columns, { window: shape.window });
}

/** The same rows from ideal values. */
export function idealInputRows(dataset: Dataset, shape: InputShape, flow: FlowOptions): PacketRows {
  return idealRows(dataset, shape.features, {
    window: shape.window,
    unitNs: 2 ** flow.tickBits,
    clamp: shape.clamp,
    ...(shape.ipdFrom === undefined ? {} : { ipdFrom: shape.ipdFrom }),
  });
}
