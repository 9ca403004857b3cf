/** The compile step: model + rows as the switch computes them → placed program, kept by content. */

import { type CompiledModel, compileModel } from '../compiler/index.ts';
import { type ModelSpec, parseOnnx } from '../model/index.ts';
import type { Progress } from '../problem.ts';
import { assertValid } from '../program/index.ts';
import { type Chip, chipRules } from '../switch/index.ts';
import type { FeatureRows } from '../traffic/index.ts';
import { type Cache, cached, contentKey } from './cache.ts';
import { flowFront } from './inputs.ts';
import type { CompileSummary } from './result.ts';
import type { CompileChoices, FlowOptions } from './scenario.ts';
import { limitTrainRows } from './train.ts';

/** What later steps need of a compiled model; the front is in the program. */
export type CompiledArtefact = Pick<
  CompiledModel,
  'program' | 'placement' | 'fits' | 'fit' | 'mapped' | 'passes' | 'layout'
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
}

/**
 * Compile, or take the same compilation from the cache.
 * @throws ProblemError COMPILE-*
 */
export function compileStep(cache: Cache, step: CompileStep, progress?: Progress): Promise<CompiledArtefact> {
  const { name, onnx, spec, chip, choices, flow, explain = false } = step;
  const { maxRows, ...strategy } = choices;
  const rows = limitTrainRows(step.rows, maxRows);
  const key = contentKey(
    'compile',
    name,
    onnx,
    spec,
    chip,
    strategy,
    flow,
    rows.values,
    rows.label,
    rows.split,
    explain,
  );
  return cached(cache, 'compile', key, async () => {
    const { program, placement, fits, fit, mapped, passes, layout } = compileModel({
      name,
      model: parseOnnx(onnx, name),
      spec,
      calibration: rows,
      chip,
      front: { ...flowFront(flow), ...saluOf(chip) },
      graph: { explain },
      strategy,
      ...(progress === undefined ? {} : { progress }),
    });
    // PROGRAM semantics: a program that the chip could not execute never runs on it.
    assertValid(program, chipRules(chip));
    return { program, placement, fits, fit, mapped, passes, layout };
  });
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
    entries: compiled.program.tables.reduce((sum, table) => sum + table.entries.count, 0),
    steps: compiled.mapped.strategy.map(({ name, agreement }) => ({ name, agreement })),
  };
}
