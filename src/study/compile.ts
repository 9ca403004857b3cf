/** The compile step: model + rows as the switch computes them → placed program, kept by content. */

import { type CompiledModel, compileModel } from '../compiler/index.ts';
import { conformPlacement, conformTo } from '../emit/index.ts';
import { type ModelSpec, parseOnnx } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import { assertValid, type Placement, type Program } from '../program/index.ts';
import { type Chip, chipRules, placeProgram } from '../switch/index.ts';
import type { FeatureRows } from '../traffic/index.ts';
import { type Cache, cached, contentKey } from './cache.ts';
import { flowFront } from './inputs.ts';
import type { CompileSummary } from './result.ts';
import type { CompileChoices, FlowOptions } from './scenario.ts';
import { limitTrainRows } from './train.ts';

/** What later steps need of a compiled model; the front is in the program. */
export type CompiledArtefact = Pick<
  CompiledModel,
  'program' | 'placement' | 'fits' | 'fit' | 'mapped' | 'passes' | 'layout' | 'stateBits'
>;

export interface CompileStep {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly spec: ModelSpec;
  readonly rows: FeatureRows;
  readonly chip: Chip;
  readonly choices: CompileChoices;
  readonly flow: FlowOptions;
  /** Also report what each fusion pass saved against the unfused network. */
  readonly explain?: boolean;
  /** An older program whose tables, widths, sizes and placement are kept: only entries and default data are new. */
  readonly like?: OldProgram;
}

/** The program that `--like` names. */
export interface OldProgram {
  readonly program: Program;
  readonly placement?: Placement;
}

/**
 * Compile, or take the same compilation from the cache.
 * @throws ProblemError COMPILE-*
 */
export function compileStep(cache: Cache, step: CompileStep, progress?: Progress): Promise<CompiledArtefact> {
  const { name, onnx, spec, chip, choices, flow, explain = false, like } = step;
  const { maxRows, stateBits: registerBits, ...strategy } = choices;
  const rows = limitTrainRows(step.rows, maxRows);
  const key = contentKey(
    'compile',
    name,
    onnx,
    spec,
    chip,
    strategy,
    ...(registerBits === undefined ? [] : [registerBits]),
    flow,
    rows.values,
    rows.label,
    rows.split,
    explain,
    like?.program ?? null,
  );
  return cached(cache, 'compile', key, async () => {
    const compiled = compileModel({
      name,
      model: parseOnnx(onnx, name),
      spec,
      calibration: rows,
      chip,
      front: { ...flowFront(flow), ...saluOf(chip) },
      graph: { explain },
      strategy,
      ...(registerBits === undefined ? {} : { stateBits: registerBits }),
      ...(like === undefined ? {} : { accept: (one: Program) => conformTo(one, like.program).problems.length === 0 }),
      ...(progress === undefined ? {} : { progress }),
    });
    const { mapped, passes, layout, stateBits } = compiled;
    const { program, placement, fits, fit } = like === undefined ? compiled : likeOld(compiled.program, like, chip);
    // PROGRAM semantics: a program that the chip could not execute never runs on it.
    assertValid(program, chipRules(chip));
    return { program, placement, fits, fit, mapped, passes, layout, stateBits };
  });
}

/**
 * The program in the old one's shape and place.
 * @throws ProblemError EMIT-LIKE (something other than entries differs), EMIT-LIKE-SIZE (a table has too many of them)
 */
export function likeOld(
  program: Program,
  old: OldProgram,
  chip: Chip,
): Pick<CompiledModel, 'program' | 'placement' | 'fits' | 'fit'> {
  const conformed = conformTo(program, old.program);
  if (conformed.program === undefined) fail(conformed.problems[0]);
  const { program: kept } = conformed;
  const placed = placeProgram(kept, chip);
  const placement = conformPlacement(old.placement ?? placed.placement, kept);
  return { program: kept, placement, fits: placed.fits, fit: placed.report };
}

/** A chip whose stateful ALU hands out one word keeps some flow state in a register more (features/options.ts). */
function saluOf(chip: Chip): { readonly salu?: 'one-word' } {
  return chip.stateful.outputs === 1 ? { salu: 'one-word' } : {};
}

/** The figures of a compilation that results carry. */
export function compileSummary(compiled: CompiledArtefact, options: CompileChoices): CompileSummary {
  return {
    options,
    calibrationRows: compiled.mapped.calibrationRows,
    tables: compiled.program.tables.length,
    stateBits: compiled.stateBits,
    entries: compiled.program.tables.reduce((sum, table) => sum + table.entries.count, 0),
    steps: compiled.mapped.strategy,
  };
}
