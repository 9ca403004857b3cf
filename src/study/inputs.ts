/** From a scenario's dataset to the rows a model is trained, calibrated and judged on: features as the switch computes them, and ideal ones beside. */

import { splitState } from '../compiler/index.ts';
import { runEngine } from '../engine/index.ts';
import {
  type FrontOptions,
  featureProgram,
  type IdealOptions,
  type PacketRows,
  packetRows,
  type StateCell,
  TIME_FEATURES,
  tickClamp,
} from '../features/index.ts';
import { type ModelSpec, type OnnxModel, parseOnnx } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import type { StateMode } from '../program/index.ts';
import { chipNamed, placeProgram } from '../switch/index.ts';
import type { Dataset, DatasetSpec, LoadedDataset } from '../traffic/index.ts';
import { loadDataset } from '../traffic/index.ts';
import type { CompileChoices, DatasetOptions, FlowOptions } from './scenario.ts';

/** What a model reads, independent of where the model comes from. Clamps in the model's own unit. */
export interface InputShape extends Pick<ModelSpec, 'features' | 'window' | 'units' | 'clamp'> {
  /** The features are units of this cell. */
  readonly cell?: StateCell;
}

/** What a model with a state leaves to compile: the registers as inputs, and what reads them. */
export interface Registers {
  readonly shape: InputShape;
  /** Registers' values → logits. */
  readonly head: OnnxModel;
}

/** The registers of a model with a state; undefined for others. @throws ProblemError COMPILE-STATE */
export function registersOf(
  { onnx, spec }: { readonly onnx: Uint8Array; readonly spec: ModelSpec },
  name: string,
  { tickBits }: FlowOptions,
  { stateBits }: Pick<CompileChoices, 'stateBits'>,
): Registers | undefined {
  if (spec.state === undefined) return undefined;
  const bits = stateBits === undefined ? {} : { bits: stateBits };
  const { cell, clamp, spec: own, head } = splitState(parseOnnx(onnx, name), spec, { tickBits, ...bits });
  return { shape: { features: own.features, window: 1, units: {}, clamp, cell }, head };
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

/** Nanoseconds per unit of the model's time features; the switch's tick when it names none. */
export function modelUnitNs({ features, units }: InputShape, tickBits: number): number {
  const named = [...new Set(features.flatMap((name) => units[name] ?? []))];
  if (named.length > 1) {
    fail({
      code: 'STUDY-UNITS',
      message: 'the time features of one model must share a unit',
      have: named.map((ns) => `${ns} ns`).join(', '),
    });
  }
  return named[0] ?? 2 ** tickBits;
}

/** The model's clamps as the switch's: time features in ticks. */
function switchClamp(shape: InputShape, tickBits: number): Record<string, number> {
  const scale = { tickBits, unitNs: modelUnitNs(shape, tickBits) };
  const same = scale.unitNs === 2 ** tickBits;
  const clamps = Object.entries(shape.clamp ?? {});
  return Object.fromEntries(
    clamps.map(([name, value]) => [name, same || !TIME_FEATURES.includes(name) ? value : tickClamp(value, scale)]),
  );
}

/** Options of the program front that a scenario's flow section sets. */
export function flowFront(flow: FlowOptions): Omit<FrontOptions, 'features' | 'window' | 'clamp'> {
  return {
    slots: flow.slots,
    symmetric: flow.symmetric,
    policy: flow.policy,
    ...(flow.timeoutMs === undefined ? {} : { timeoutNs: flow.timeoutMs * 1e6 }),
    tickBits: flow.tickBits,
    ...(flow.ipd === undefined ? {} : { ipd: flow.ipd }),
    ...(flow.windows === 'published' ? { publishedCount: true, publishedOrder: true } : {}),
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
  const { features: names, window, cell } = shape;
  const kept = cell === undefined ? {} : { state: cell };
  const front = { ...flowFront(flow), ...kept, clamp: switchClamp(shape, flow.tickBits), flow: window > 1 };
  const program = featureProgram(names, front);
  const { placement } = placeProgram(program, chipNamed('unbounded'));
  const fields = program.features.map(({ field }) => field);
  const { workers, ...rest } = options;
  const run = await runEngine(
    program,
    placement,
    { kind: 'packets', packets: dataset.packets },
    { ...rest, ...(workers > 0 ? { workers } : {}), observe: fields },
  );
  const columns = fields.map((field) => run.observed[field] as Uint32Array);
  return packetRows(dataset, names, columns, { window });
}

/** Options of ideal values for the same inputs, in the model's unit. */
export function idealOptions(shape: InputShape, flow: FlowOptions): IdealOptions {
  return { unitNs: modelUnitNs(shape, flow.tickBits), ...(shape.clamp === undefined ? {} : { clamp: shape.clamp }) };
}
