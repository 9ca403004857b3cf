/** One scenario from captures to verdicts: load → features → train → compile → replay, each step kept by content. */

import { existsSync } from 'node:fs';
import type { PacketRows } from '../features/index.ts';
import { readFile } from '../files.ts';
import { openReference } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import { engineState, type Replay, replay } from '../replay/index.ts';
import type { Chip } from '../switch/index.ts';
import { generateTraces, type LoadedDataset, parseTraceSpec } from '../traffic/index.ts';
import { type Cache, cached, contentKey } from './cache.ts';
import { chipFor } from './chips.ts';
import { type CompiledArtefact, compileStep, compileSummary } from './compile.ts';
import { type Curves, curvesOf } from './curves.ts';
import { treeDigest } from './digests.ts';
import { checkExpectations } from './expectations.ts';
import { figuresOf } from './figures.ts';
import { type FloatModel, floatModel, givenModel, referenceOptions } from './float-model.ts';
import { type InputShape, idealOptions, loadScenarioDataset, registersOf, switchRows, timeUnits } from './inputs.ts';
import { recordOf, type VerdictRecord } from './record.ts';
import type { ScenarioResult, ScenarioTiming } from './result.ts';
import { isRows } from './rows.ts';
import type { Scenario } from './scenario.ts';
import { modelShape, trainStep } from './train.ts';
import { roomyFlow, type Waterfall, waterfallOf } from './waterfall.ts';

export interface StudyContext {
  readonly cache: Cache;
  readonly progress?: Progress;
}

/** What the replay step keeps: everything that depends on the verdicts. */
export interface Played extends Omit<Replay, 'dataset'> {
  readonly waterfall: Waterfall;
  readonly curves: Curves;
  readonly record: VerdictRecord;
}

/** Everything a scenario made, for results, reports and `explain`. */
export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly result: ScenarioResult;
  readonly timing: ScenarioTiming;
  /** As loaded; a replay may have merged or limited its flows (`replayedDataset`). */
  readonly dataset: LoadedDataset;
  readonly model: FloatModel;
  readonly compiled: CompiledArtefact;
  readonly replay: Played;
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

/** What the steps of a run share. */
interface Run {
  readonly scenario: Scenario;
  readonly context: StudyContext;
  readonly dataset: LoadedDataset;
  /** Key of the dataset's options and content; '' when nothing is kept. */
  readonly data: string;
  readonly chip: Chip;
  readonly clock: Clock;
}

/**
 * Run one scenario.
 * @throws ProblemError of any step; STUDY-MODEL for a model section this run cannot use
 */
export async function runScenario(scenario: Scenario, context: StudyContext): Promise<ScenarioRun> {
  const clock = new Clock();
  const chip = chipFor(scenario.target);
  const dataset = await clock.time('load', () => loadData(scenario, context.progress));
  const data = context.cache.folder === undefined ? '' : dataKey(scenario);
  const run: Run = { scenario, context, dataset, data, chip, clock };
  const { model, compiled, rows } = await modelAndProgram(run);
  const played = await clock.time('replay', () => replayStep(run, { model, compiled, rows }));
  const result = resultOf(scenario, model, compiled, played);
  const timing = { steps: clock.steps, cached: [...context.cache.hits], replay: played.timing, seconds: clock.total() };
  return { scenario, result, timing, dataset, model, compiled, replay: played };
}

/** Key of a scenario's data: options and the content of every file they name. */
export function dataKey({ dataset }: Scenario): string {
  const { path, labels, generate: _generate, split, ...rest } = dataset;
  const { file, ...dealt } = split;
  const files = [path, labels, file].map((name) => (name === undefined ? [] : treeDigest(name)));
  return contentKey('data', rest, dealt, files);
}

const progressOf = ({ progress }: StudyContext): { progress?: Progress } => (progress ? { progress } : {});

async function modelAndProgram(run: Run) {
  const { scenario, context, clock, chip } = run;
  const { flow, model: options, compile: choices } = scenario;
  const given = options.train === undefined ? givenModel(scenario) : undefined;
  const shape: InputShape = given?.spec ?? modelShape(options.train!);
  const rows = await clock.time('features', () => rowsStep(run, shape));
  const about = { units: timeUnits(shape.features, flow.tickBits), trainedOn: 'switch' } as const;
  const train = async (): Promise<FloatModel> => {
    const recipe = { ...options, train: options.train! };
    return floatModel(await trainStep(context.cache, rows, recipe, about, context.progress), options, rows);
  };
  const model = given ?? (await clock.time('train', train));
  // Runs of one file share a program where only their replays differ, so it is not named after the run.
  const name = scenario.origin?.study ?? scenario.name;
  const own = await clock.time('features', () => calibrationRows(run, model, rows));
  const step = { name, onnx: model.onnx, spec: model.spec, rows: own, chip, choices, flow };
  const compiled = await clock.time('compile', () => compileStep(context.cache, step, context.progress));
  return { model, compiled, rows };
}

/** Rows that calibrate: the training's own, or the registers of a model with a state. */
async function calibrationRows(run: Run, model: FloatModel, rows: PacketRows): Promise<PacketRows> {
  const registers = registersOf(model, model.summary.name, run.scenario.flow, run.scenario.compile);
  return registers === undefined ? rows : rowsStep(run, registers.shape);
}

/**
 * Rows for training and calibration: as the switch computes them with a slot for every flow. What sharing slots costs is the replay's to
 * show, not the training's to learn.
 */
function rowsStep({ scenario, context, dataset, data }: Run, shape: InputShape): Promise<PacketRows> {
  const state = scenario.replay.state === 'continuous' ? 'continuous' : 'perCapture';
  const flow = roomyFlow(dataset, scenario.flow, state);
  const { workers } = scenario.replay;
  const { features, window, units, clamp = {}, cell = null } = shape;
  const key = contentKey('features', data, { features, window, units, clamp }, cell, flow, state);
  return cached(context.cache, 'features', key, () =>
    switchRows(dataset, shape, flow, { state, workers, ...progressOf(context) }),
  );
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
  return loadScenarioDataset(scenario.dataset, progress);
}

interface Made {
  readonly model: FloatModel;
  readonly compiled: CompiledArtefact;
  readonly rows: PacketRows;
}

/** Key of a program: what it does and where it is placed. */
export function programKey({ program, placement }: Pick<CompiledArtefact, 'program' | 'placement'>): string {
  return contentKey('program', program, placement);
}

function replayStep(run: Run, made: Made): Promise<Played> {
  const { scenario, context, data } = run;
  const { workers: _workers, acceptDamage: _accept, ...choices } = scenario.replay;
  const { onnx, spec } = made.model;
  const key = contentKey('replay', data, programKey(made.compiled), onnx, spec, scenario.flow, choices);
  return cached(context.cache, 'replay', key, () => play(run, made));
}

async function play({ scenario, context, dataset }: Run, { model, compiled, rows }: Made): Promise<Played> {
  const { acceptDamage: _accept, ...choices } = scenario.replay;
  const { spec } = model;
  const { program, placement, mapped } = compiled;
  const reference = await openReference(model.onnx, referenceOptions(model.summary.name, spec));
  try {
    const more = progressOf(context);
    const ideal = idealOptions(spec, scenario.flow);
    const { dataset: replayed, ...played } = await replay({
      dataset,
      program,
      placement,
      spec,
      reference,
      ideal,
      ...choices,
      ...more,
    });
    const state = engineState(choices.state);
    const registers = registersOf(model, model.summary.name, scenario.flow, scenario.compile);
    const kept = registers === undefined ? {} : { registers };
    const input = {
      dataset: replayed,
      spec,
      ...kept,
      flow: scenario.flow,
      choices: { state, workers: choices.workers },
    };
    // A merged trace has its own packets: its rows are made anew.
    const own = replayed === dataset ? { rows } : {};
    const waterfall = await waterfallOf({ ...input, mapped, reference, replay: played, ...own, ...more });
    const curves = curvesOf(replayed, played.verdicts);
    return { ...played, waterfall, curves, record: recordOf(replayed, played.verdicts, played.result.classes) };
  } finally {
    await reference.close();
  }
}

function resultOf(scenario: Scenario, model: FloatModel, compiled: CompiledArtefact, played: Played): ScenarioResult {
  const figures = figuresOf(played.result, compiled.fit);
  // Baselines are compared by those who know the scenario's file (`runOrRecall`).
  const expectations = checkExpectations(scenario.expect, { ...figures, verdictsEqual: false }, scenario.name);
  return {
    schema: 'pegasim/result',
    version: 1,
    name: scenario.name,
    about: scenario.about ?? null,
    model: model.summary,
    compile: compileSummary(compiled, scenario.compile),
    flow: scenario.flow,
    fit: compiled.fit,
    replay: played.result,
    waterfall: played.waterfall,
    curves: played.curves,
    figures,
    expectations,
    pass: expectations.every(({ pass }) => pass),
  };
}
