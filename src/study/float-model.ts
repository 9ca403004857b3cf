/** The float model of a scenario: trained here, or an ONNX file with its spec. */

import { basename } from 'node:path';
import { readFile } from '../files.ts';
import { type ModelSpec, parseOnnx, type ReferenceOptions, readModelSpec, type TrainedModel } from '../model/index.ts';
import { fail } from '../problem.ts';
import { type FeatureRows, TRAIN } from '../traffic/index.ts';
import type { ModelSummary } from './result.ts';
import type { ModelOptions, Scenario } from './scenario.ts';

export interface FloatModel {
  readonly onnx: Uint8Array;
  readonly spec: ModelSpec;
  readonly summary: ModelSummary;
}

/** A training's outcome as a float model. */
export function floatModel(
  trained: TrainedModel,
  { seed, maxRows }: ModelOptions,
  all: FeatureRows,
  trainedOn: 'switch' | 'file' = 'switch',
): FloatModel {
  const { onnx, spec, id, parameters, history, best, alarm } = trained;
  const total = all.split.reduce((sum, split) => sum + (split === TRAIN ? 1 : 0), 0);
  const rows = Math.min(total, maxRows ?? total);
  return {
    onnx,
    spec,
    summary: {
      source: 'trained',
      name: id,
      features: spec.features,
      window: spec.window,
      classes: spec.classes,
      training: {
        seed,
        rows,
        parameters,
        epochs: history.length,
        best: best.epoch,
        validation: best.validation,
        trainedOn,
        ...(alarm === undefined ? {} : { alarm }),
      },
    },
  };
}

/** The model that a scenario names. @throws ProblemError STUDY-MODEL for a table model, MODEL-* */
export function givenModel(scenario: Scenario): FloatModel {
  const { onnx: file } = scenario.model;
  if (file === undefined) {
    fail({
      code: 'STUDY-MODEL',
      message: 'a table model has no float side to run a scenario with',
      where: scenario.name,
      hint: 'use `pegasim verify` for table models, or give model.onnx or model.train',
    });
  }
  return readFloatModel(file);
}

/** An ONNX file with its spec. @throws ProblemError MODEL-* */
export function readFloatModel(file: string): FloatModel {
  const onnx = readFile(file);
  const spec = readModelSpec(parseOnnx(onnx, file), file);
  const { features, window, classes } = spec;
  return { onnx, spec, summary: { source: 'onnx', name: basename(file), features, window, classes } };
}

/** How a spec's float model is opened. */
export function referenceOptions(file: string, { state }: ModelSpec): ReferenceOptions {
  return { file, ...(state === undefined ? {} : { state }) };
}
