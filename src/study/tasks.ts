/** The steps of a scenario as jobs of their own: train, compile, fit, replay, verify. Files in, files out. */

import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  compileInjected,
  type LayoutReport,
  type PassReport,
  readTableModel,
  type TableReport,
  type VerifyResult,
  type VerifyRunner,
  verifyTableModel,
} from '../compiler/index.ts';
import { runEngine } from '../engine/index.ts';
import { checkWritable, writeFile } from '../files.ts';
import { type ModelSpec, openReference } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import { assertValid, readPgs, writePgs } from '../program/index.ts';
import { type Replay, replay } from '../replay/index.ts';
import { type Chip, chipRules, type FitReport, placeProgram, runReference } from '../switch/index.ts';
import type { FeatureRows, LoadedDataset } from '../traffic/index.ts';
import { contentKey, openCache } from './cache.ts';
import { chipFor, reserved } from './chips.ts';
import { type CompiledArtefact, compileStep, compileSummary, likeOld, type OldProgram } from './compile.ts';
import { floatModel, readFloatModel, referenceOptions } from './float-model.ts';
import { type InputShape, idealOptions, loadScenarioDataset, registersOf, switchRows, timeUnits } from './inputs.ts';
import type { CompileSummary, ModelSummary } from './result.ts';
import { isRows, loadScenarioRows, rowsInTicks, rowsUnitNs } from './rows.ts';

import type { CompileChoices, DatasetOptions, FlowOptions, ModelId, ModelOptions, ReplayChoices } from './scenario.ts';
import { modelShape, trainStep } from './train.ts';

interface Shared {
  readonly progress?: Progress;
}

const progressOf = ({ progress }: Shared): Shared => (progress ? { progress } : {});
const nothingKept = openCache(undefined);

export interface TrainTask extends Shared {
  readonly dataset: DatasetOptions;
  readonly model: ModelOptions & { train: ModelId };
  readonly flow: FlowOptions;
  readonly workers: number;
  readonly out: string;
}

/** Warnings and damage of whatever the rows came from. */
type Source = Pick<LoadedDataset, 'warnings' | 'damage'>;

/** Rows for training or calibration, from captures or from a CSV of feature rows, and the unit of their time features in ns. */
async function taskRows(
  task: Shared & { workers: number; flow: FlowOptions },
  options: DatasetOptions,
  shape: InputShape,
): Promise<{ rows: FeatureRows; unitNs: number; source: Source }> {
  if (isRows(options)) {
    return { rows: loadScenarioRows(options), unitNs: rowsUnitNs(options), source: { warnings: [], damage: [] } };
  }
  const source = await loadScenarioDataset(options, task.progress);
  const run = { workers: task.workers, state: 'perCapture', ...progressOf(task) } as const;
  return { rows: await switchRows(source, shape, task.flow, run), unitNs: 2 ** task.flow.tickBits, source };
}

/** Train one of the models on a dataset's train split and write it as ONNX. */
export async function trainTask(task: TrainTask): Promise<{ dataset: Source; model: ModelSummary; bytes: number }> {
  checkWritable(task.out);
  const { rows, unitNs, source } = await taskRows(task, task.dataset, modelShape(task.model.train));
  const units = Object.fromEntries(Object.keys(timeUnits(rows.features, 0)).map((name) => [name, unitNs]));
  const trainedOn = isRows(task.dataset) ? 'file' : 'switch';
  const trained = await trainStep(nothingKept, rows, task.model, { units, trainedOn }, task.progress);
  writeFile(task.out, trained.onnx);
  const model = floatModel(trained, task.model, rows, trainedOn);
  return { dataset: source, model: model.summary, bytes: trained.onnx.length };
}

export interface CompileTask extends Shared {
  /** ONNX file, or a table-model folder or its model.json. */
  readonly model: string;
  /** Calibration data; not for table models. */
  readonly dataset?: DatasetOptions;
  readonly flow: FlowOptions;
  readonly choices: CompileChoices;
  /** Chip; that of `like` where it is not given. */
  readonly target?: string;
  /** An older program whose P4 is kept: same tables, sizes and placement, new entries only. */
  readonly like?: string;
  readonly workers: number;
  readonly out: string;
  /** Also count the unfused network, so that the report shows what each fusion pass saves. */
  readonly explain?: boolean;
}

/** What the compiler did. */
export interface CompileExplanation {
  /** What each fusion pass saved; the unfused network only with `explain`. */
  readonly passes: readonly PassReport[];
  /** Entries per table against the naive expansion. */
  readonly tables: readonly TableReport[];
  /** Accumulators, joined indices and packed lanes, and what the layout without them would take (placed only with `explain`). */
  readonly layout: LayoutReport;
}

export interface CompileOutcome {
  readonly program: string;
  readonly out: string;
  readonly fits: boolean;
  readonly summary: CompileSummary | null;
  readonly tables: number;
  readonly entries: number;
  readonly fit: FitReport;
  readonly explanation?: CompileExplanation;
  readonly warnings: readonly string[];
}

/** What a `.pgs` file remembers of its making. */
export interface ProgramMeta {
  readonly spec: ModelSpec | null;
  readonly flow: FlowOptions;
  readonly choices: CompileChoices | null;
  /** The whole chip: a custom one has no name to find it by. */
  readonly chip: Chip;
  readonly model: string;
}

export function isTableModel(path: string): boolean {
  return path.endsWith('.json') || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** Compile a model and write the program. */
export async function compileTask(task: CompileTask): Promise<CompileOutcome> {
  checkWritable(task.out);
  const { chip, like } = targetOf(task);
  if (isTableModel(task.model)) return compileTables(task, chip, like);
  const model = readFloatModel(task.model);
  if (task.dataset === undefined) {
    fail({ code: 'CLI-USAGE', message: 'compiling a float model needs calibration data', hint: 'give --data FOLDER' });
  }
  if (model.spec.state !== undefined && isRows(task.dataset)) {
    fail({
      code: 'COMPILE-CALIBRATION',
      message: 'a model with a state calibrates on what its registers hold, and rows of a file have no flows',
      where: task.dataset.path,
      hint: 'give captures as --data',
    });
  }
  const registers = registersOf(model, task.model, task.flow, task.choices);
  const made = await taskRows(task, task.dataset, registers?.shape ?? model.spec);
  const rows = isRows(task.dataset) ? rowsInTicks(made.rows, made.unitNs, task.flow.tickBits) : made.rows;
  const name = basename(task.model).replace(/\.onnx$/, '');
  const step = {
    name,
    onnx: model.onnx,
    spec: model.spec,
    rows,
    chip,
    choices: task.choices,
    flow: task.flow,
    explain: task.explain ?? false,
    ...(like === undefined ? {} : { like }),
  };
  const compiled = await compileStep(nothingKept, step, task.progress);
  const meta: ProgramMeta = {
    spec: model.spec,
    flow: task.flow,
    choices: task.choices,
    chip,
    model: basename(task.model),
  };
  const inputs = contentKey(model.onnx, rows.values, task.flow, task.choices, chip);
  writePgs(task.out, {
    program: compiled.program,
    placement: compiled.placement,
    mapped: compiled.mapped,
    meta: { ...meta },
    inputs,
  });
  const summary = compileSummary(compiled, task.choices);
  const explanation = { passes: compiled.passes, tables: compiled.mapped.tables, layout: compiled.layout };
  return { ...outcome(compiled, task), summary, explanation, warnings: made.source.warnings };
}

/** The chip, and the program whose shape is kept. A program placed on one chip is no pattern for another. */
function targetOf(task: CompileTask): { chip: Chip; like?: OldProgram } {
  if (task.like === undefined) return { chip: chipFor(task.target ?? 'tofino2') };
  const { program, placement, meta } = readPgs(task.like);
  const { chip } = meta as unknown as ProgramMeta;
  if (task.target !== undefined && chipFor(task.target).name !== chip.name) {
    fail({
      code: 'EMIT-LIKE',
      message: 'the older program was compiled for another chip',
      where: task.like,
      need: chip.name,
      have: task.target,
      hint: 'leave --target out',
    });
  }
  return { chip, like: { program, ...(placement === undefined ? {} : { placement }) } };
}

function compileTables(task: CompileTask, chip: Chip, like: OldProgram | undefined): CompileOutcome {
  const model = readTableModel(resolve(task.model));
  const made = compileInjected(model, {
    chip,
    lanes: task.choices.lanes ?? 'auto',
    compare: task.explain ?? false,
  });
  const kept = like === undefined ? { fit: made.report } : likeOld(made.program, like, chip);
  const compiled = { ...made, ...kept };
  assertValid(compiled.program, chipRules(chip));
  const meta: ProgramMeta = { spec: null, flow: task.flow, choices: null, chip, model: model.name };
  writePgs(task.out, {
    program: compiled.program,
    placement: compiled.placement,
    meta: { ...meta },
    inputs: contentKey(model.name, chip),
  });
  const explanation = { passes: [], tables: compiled.lowered.report, layout: compiled.choice };
  return { ...outcome(compiled, task), summary: null, explanation, warnings: [] };
}

function outcome({ program, fits, fit }: Pick<CompiledArtefact, 'program' | 'fits' | 'fit'>, task: CompileTask) {
  const entries = program.tables.reduce((sum, table) => sum + table.entries.count, 0);
  return {
    program: program.name,
    out: task.out,
    fits,
    tables: program.tables.length,
    entries,
    fit,
  };
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
