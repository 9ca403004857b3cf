/** One scenario from captures to verdicts: load → features → train → compile → fit → replay → expectations. */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { PacketRows } from '../features/index.ts';
import { readFile } from '../files.ts';
import { type ModelSpec, openReference, parseOnnx, readModelSpec, type TrainedModel } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import { type Replay, replay } from '../replay/index.ts';
import { type Chip, type FitReport, placeProgram } from '../switch/index.ts';
import { type FeatureRows, generateTraces, type LoadedDataset, parseTraceSpec, TRAIN } from '../traffic/index.ts';
import type { Cache } from './cache.ts';
import { chipFor } from './chips.ts';
import { type CompiledArtefact, compileStep, compileSummary } from './compile.ts';
import { curvesOf } from './curves.ts';
import { checkExpectations } from './expectations.ts';
import { figuresOf } from './figures.ts';
import { type InputShape, idealOptions, loadScenarioDataset, switchRows, timeUnits } from './inputs.ts';
import type { ModelSummary, ScenarioResult, ScenarioTiming } from './result.ts';
import { isRows } from './rows.ts';
import type { ModelOptions, Scenario } from './scenario.ts';
import { modelShape, trainStep } from './train.ts';
import { type Waterfall, waterfallOf } from './waterfall.ts';

export interface StudyContext {
  readonly cache: Cache;
  readonly progress?: Progress;
}

/** The float model of a scenario, trained or read. */
export interface FloatModel {
  readonly onnx: Uint8Array;
  readonly spec: ModelSpec;
  readonly summary: ModelSummary;
}

/** Everything a scenario made, for results, reports and `explain`. */
export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly result: ScenarioResult;
  readonly timing: ScenarioTiming;
  readonly dataset: LoadedDataset;
  readonly model: FloatModel;
  readonly compiled: CompiledArtefact;
  readonly replay: Replay;
}

/** Names steps and the seconds each took. */
class Clock {
  readonly steps: Record<string, number> = {};
  private readonly start = performance.now();

  async time<T>(step: string, work: () => Promise<T> | T): Promise<T> {
    const start = performance.now();
    const value = await work();
    this.steps[step] = (this.steps[step] ?? 0) + (performance.now() - start) / 1e3;
    return value;
  }

  total(): number {
    return (performance.now() - this.start) / 1e3;
  }
}

/**
 * Run one scenario.
 * @throws ProblemError of any step; STUDY-MODEL for a model section this run cannot use
 */
export async function runScenario(scenario: Scenario, context: StudyContext): Promise<ScenarioRun> {
  const { cache, progress } = context;
  const clock = new Clock();
  const chip = chipFor(scenario.target);
  const dataset = await clock.time('load', () => loadData(scenario, progress));
  const { model, compiled, rows } = await modelAndProgram(scenario, context, dataset, chip, clock);
  const fit = await clock.time('fit', () => placeProgram(compiled.program, chip).report);
  const { played, waterfall } = await replayStep(scenario, { dataset, model, compiled, rows, clock }, progress);
  const curves = curvesOf(dataset, played.verdicts);
  const result = { ...resultOf(scenario, model, compiled, fit, played), waterfall, curves };
  const timing = { steps: clock.steps, cached: [...cache.hits], replay: played.timing, seconds: clock.total() };
  return { scenario, result, timing, dataset, model, compiled, replay: played };
}

async function modelAndProgram(
  scenario: Scenario,
  context: StudyContext,
  dataset: LoadedDataset,
  chip: Chip,
  clock: Clock,
) {
  const { cache, progress } = context;
  const { flow, model: options } = scenario;
  const given = options.train === undefined ? givenModel(scenario) : undefined;
  const shape: InputShape = given?.spec ?? modelShape(options.train!);
  const { state, workers } = scenario.replay;
  const rows = await clock.time('features', () =>
    switchRows(dataset, shape, flow, { state, workers, ...(progress ? { progress } : {}) }),
  );
  const model =
    given ??
    (await clock.time('train', async () => {
      const trained = await trainStep(
        cache,
        rows,
        { ...options, train: options.train! },
        timeUnits(shape.features, flow.tickBits),
        progress,
      );
      return floatModel(trained, options, rows);
    }));
  const step = { name: scenario.name, onnx: model.onnx, spec: model.spec, rows, chip, choices: scenario.compile, flow };
  const compiled = await clock.time('compile', () => compileStep(cache, step, progress));
  return { model, compiled, rows };
}

async function loadData(scenario: Scenario, progress: Progress | undefined): Promise<LoadedDataset> {
  const { path, generate } = scenario.dataset;
  if (isRows(scenario.dataset)) {
    fail({
      code: 'STUDY-ROWS',
      where: path,
      message: 'feature rows hold no packets to replay',
      hint: 'train and compile take them; scenarios need captures',
    });
  }
  if (generate !== undefined && !existsSync(path)) {
    generateTraces(parseTraceSpec(readFile(generate).toString('utf8'), generate), path, progress ? { progress } : {});
  }
  const dataset = await loadScenarioDataset(scenario.dataset, progress);
  return dataset;
}

/** A training's outcome as a float model. */
export function floatModel(
  trained: TrainedModel,
  { seed, maxRows }: ModelOptions,
  all: FeatureRows,
  trainedOn: 'switch' | 'file' = 'switch',
): FloatModel {
  const { onnx, spec, id, parameters, history, best } = trained;
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
      },
    },
  };
}

function givenModel(scenario: Scenario): FloatModel {
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

async function replayStep(
  scenario: Scenario,
  made: { dataset: LoadedDataset; model: FloatModel; compiled: CompiledArtefact; rows: PacketRows; clock: Clock },
  progress: Progress | undefined,
): Promise<{ played: Replay; waterfall: Waterfall }> {
  const { dataset, model, compiled, rows, clock } = made;
  const { split, state, workers } = scenario.replay;
  const reference = await openReference(model.onnx, { file: model.summary.name });
  try {
    const more = progress ? { progress } : {};
    const { spec } = model;
    const run = { dataset, program: compiled.program, placement: compiled.placement, spec, reference };
    const ideal = idealOptions(spec, scenario.flow);
    const played = await clock.time('replay', () => replay({ ...run, ideal, split, state, workers, ...more }));
    const { mapped } = compiled;
    const choices = { state, workers };
    const waterfall = await clock.time('waterfall', () =>
      waterfallOf({ dataset, spec, flow: scenario.flow, choices, mapped, reference, replay: played, rows, ...more }),
    );
    return { played, waterfall };
  } finally {
    await reference.close();
  }
}

function resultOf(
  scenario: Scenario,
  model: FloatModel,
  compiled: CompiledArtefact,
  fit: FitReport,
  played: Replay,
): ScenarioResult {
  const figures = figuresOf(played.result, fit);
  const expectations = checkExpectations(scenario.expect, figures, scenario.name);
  return {
    schema: 'pegasim/result',
    version: 1,
    name: scenario.name,
    about: scenario.about ?? null,
    model: model.summary,
    compile: compileSummary(compiled, scenario.compile),
    flow: scenario.flow,
    fit,
    replay: played.result,
    figures,
    expectations,
    pass: expectations.every(({ pass }) => pass),
  };
}
