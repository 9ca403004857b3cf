/** The steps of a scenario as jobs of their own: train, fit, replay, verify (compile: compile-task.ts). Files in, files out. */

import { resolve } from 'node:path';
import { type VerifyResult, type VerifyRunner, verifyTableModel } from '../compiler/index.ts';
import { runEngine } from '../engine/index.ts';
import { checkWritable, writeFile } from '../files.ts';
import { type ModelSpec, openReference } from '../model/index.ts';
import { fail } from '../problem.ts';
import { assertValid, readPgs } from '../program/index.ts';
import { type Replay, replay } from '../replay/index.ts';
import { chipRules, type FitReport, placeProgram, runReference } from '../switch/index.ts';
import { openCache } from './cache.ts';
import { chipFor, reserved } from './chips.ts';
import { floatModel, readFloatModel, referenceOptions } from './float-model.ts';
import { idealOptions, loadScenarioDataset, timeUnits } from './inputs.ts';
import type { ModelSummary } from './result.ts';
import { isRows } from './rows.ts';
import type { DatasetOptions, FlowOptions, ModelId, ModelOptions, ReplayChoices } from './scenario.ts';
import { type ProgramMeta, progressOf, type Shared, type Source, taskRows } from './task-rows.ts';
import { modelShape, trainStep } from './train.ts';

export interface TrainTask extends Shared {
  readonly dataset: DatasetOptions;
  readonly model: ModelOptions & { train: ModelId };
  readonly flow: FlowOptions;
  readonly workers: number;
  readonly out: string;
}

/** Train one of the models on a dataset's train split and write it as ONNX. */
export async function trainTask(task: TrainTask): Promise<{ dataset: Source; model: ModelSummary; bytes: number }> {
  checkWritable(task.out);
  const { rows, unitNs, source } = await taskRows(task, task.dataset, modelShape(task.model.train));
  const units = Object.fromEntries(Object.keys(timeUnits(rows.features, 0)).map((name) => [name, unitNs]));
  const trainedOn = isRows(task.dataset) ? 'file' : 'switch';
  const trained = await trainStep(openCache(undefined), rows, task.model, { units, trainedOn }, task.progress);
  writeFile(task.out, trained.onnx);
  const model = floatModel(trained, task.model, rows, trainedOn);
  return { dataset: source, model: model.summary, bytes: trained.onnx.length };
}

/** Check a compiled program against a chip. @throws ProblemError PROGRAM-*, FIT-CHIP */
export function fitTask(path: string, options: { target?: string; reserve?: string }): FitReport {
  const { program, meta } = readPgs(path);
  const { chip } = meta as unknown as ProgramMeta;
  const asked = options.target === undefined ? chip : chipFor(options.target);
  return placeProgram(program, asked, reserved(options.reserve)).report;
}

export interface ReplayTask extends Shared {
  readonly program: string;
  readonly dataset: DatasetOptions;
  /** Float model to compare with. */
  readonly model?: string;
  readonly choices: ReplayChoices;
}

/** A float model of other classes or features says nothing about this program. */
function checkSameModel(where: string, model: ModelSpec, program: ModelSpec): void {
  for (const part of ['classes', 'features'] as const) {
    if (model[part].join() === program[part].join()) continue;
    fail({
      code: 'RUN-CLASSES',
      where,
      message: `the float model has other ${part} than the program`,
      need: program[part].join(', '),
      have: model[part].join(', '),
    });
  }
}

/** Replay a dataset through a compiled program. */
export async function replayTask(task: ReplayTask): Promise<Replay> {
  const { program, placement, meta } = readPgs(task.program);
  const { spec, flow, chip } = meta as unknown as ProgramMeta;
  assertValid(program, chipRules(chip));
  if (spec === null || placement === undefined) {
    fail({
      code: 'RUN-INJECTED',
      where: task.program,
      message: 'this program reads injected features, not packets',
      hint: 'table models are run with `pegasim verify`',
    });
  }
  const model = task.model === undefined ? undefined : readFloatModel(task.model);
  if (model !== undefined) checkSameModel(task.model ?? '', model.spec, spec);
  const started = performance.now();
  const dataset = await loadScenarioDataset(task.dataset, task.progress);
  const readSeconds = (performance.now() - started) / 1e3;
  const reference =
    model === undefined ? undefined : await openReference(model.onnx, referenceOptions(task.model ?? '', model.spec));
  try {
    const { acceptDamage: _accept, ...choices } = task.choices;
    const { trainedOn } = model?.spec ?? spec;
    const own = { ...spec, ...(trainedOn === undefined ? {} : { trainedOn }) };
    const run = { dataset, program, placement, spec: own, ideal: idealOptions(spec, flow), ...choices };
    const done = await replay({ ...run, ...(reference ? { reference } : {}), ...progressOf(task) });
    return { ...done, timing: { ...done.timing, readSeconds } };
  } finally {
    await reference?.close();
  }
}

/** Run a table model's vectors through the reference pipeline and the engine, comparing every output. */
export function verifyTask(path: string, options: { target: string; workers: number } & Shared): Promise<VerifyResult> {
  const reference: VerifyRunner = (program, placement, input, observe) =>
    runReference(program, placement, input, { state: 'continuous', observe });
  const engine: VerifyRunner = (program, placement, input, observe, progress) =>
    runEngine(program, placement, input, {
      state: 'continuous',
      observe,
      ...(options.workers > 0 ? { workers: options.workers } : {}),
      ...(progress ? { progress } : {}),
    });
  return verifyTableModel(resolve(path), {
    chip: chipFor(options.target),
    runners: { reference, engine },
    ...progressOf(options),
  });
}
