/** Compilation as a job of its own: a model file and calibration data in, a `.pgs` file out. */

import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  compileInjected,
  type LayoutReport,
  type PassReport,
  readTableModel,
  type TableReport,
} from '../compiler/index.ts';
import { checkWritable } from '../files.ts';
import { fail } from '../problem.ts';
import { assertValid, readPgs, writePgs } from '../program/index.ts';
import { type Chip, chipRules, type FitReport } from '../switch/index.ts';
import { contentKey, openCache } from './cache.ts';
import { chipFor } from './chips.ts';
import { type CompiledArtefact, compileStep, compileSummary, likeOld, type OldProgram } from './compile.ts';
import { readFloatModel } from './float-model.ts';
import { registersOf } from './inputs.ts';
import type { CompileSummary } from './result.ts';
import { isRows, rowsInTicks } from './rows.ts';
import type { CompileChoices, DatasetOptions, FlowOptions } from './scenario.ts';
import { type ProgramMeta, type Shared, taskRows } from './task-rows.ts';

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
  const compiled = await compileStep(openCache(undefined), step, task.progress);
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

/** Table models have no fuzzy index and no state to give bits to. @throws ProblemError COMPILE-INDEX-BITS, COMPILE-STATE */
function checkTableChoices({ model, choices }: CompileTask): void {
  const refuse = (code: string, what: string, option: string): never =>
    fail({ code, message: `${what} are chosen for a table model`, where: model, hint: `leave ${option} out` });
  if (choices.indexBits !== undefined) refuse('COMPILE-INDEX-BITS', 'bits of index', '--index-bits');
  if (choices.stateBits !== undefined) refuse('COMPILE-STATE', 'register bits', '--state-bits');
}

function compileTables(task: CompileTask, chip: Chip, like: OldProgram | undefined): CompileOutcome {
  checkTableChoices(task);
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
