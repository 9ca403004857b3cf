/** The compiler's whole path: float model + calibration rows → Mapped → program placed on a chip (ARCHITECTURE.md). */
import { buildFront, type Front, type FrontOptions, modelStateBits } from '../features/index.ts';
import type { ModelSpec, OnnxModel } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import type { Placement, Program } from '../program/index.ts';
import type { Chip, FitReport } from '../switch/index.ts';
import type { FeatureRows } from '../traffic/index.ts';
import { type FusionOptions, mapModel, type PassReport } from './fusion/index.ts';
import { frontInputs } from './lower/assemble.ts';
import { type LayoutReport, searchLayout } from './lower/index.ts';
import type { TableNetwork } from './lower/network.ts';
import type { Mapped } from './mapped.ts';
import type { MapGraph } from './primitives/index.ts';
import { type StateModel, splitState } from './state/index.ts';
import { runStrategy, type StrategyOptions } from './strategy.ts';
import { graphOnSwitch, inputScales, switchClamps } from './ticks.ts';

export interface CompileInput {
  readonly name: string;
  readonly model: OnnxModel;
  readonly spec: ModelSpec;
  /**
   * Rows as the switch computes them, in the order of spec.features (of `splitState`'s for models with a state); the train split
   * calibrates, validation stops fine-tuning.
   */
  readonly calibration: FeatureRows;
  readonly chip: Chip;
  /** Slots, policy, ticks of the program front. */
  readonly front?: Omit<FrontOptions, 'features' | 'window' | 'clamp'>;
  /** Groups of the Partition and other options of the graph. */
  readonly graph?: Omit<FusionOptions, 'features' | 'window'>;
  readonly strategy?: StrategyOptions;
  /** Models with a state: bits of a unit's register (default 8). */
  readonly stateBits?: 8 | 16;
  /** Take the first layout whose program is accepted (`compile --like`); without one, the best as ever. */
  readonly accept?: (program: Program) => boolean;
  readonly progress?: Progress;
}

export interface CompiledModel {
  readonly program: Program;
  readonly placement: Placement;
  /** False when the chip cannot hold it; the placement is then the nearest that was found. */
  readonly fits: boolean;
  readonly mapped: Mapped;
  /** What each fusion pass saved. */
  readonly passes: readonly PassReport[];
  readonly front: Front;
  /** Bits per flow as the paper counts them: kept indices and the clock; 0 without flow state. */
  readonly stateBits: number;
  readonly layout: LayoutReport;
  /** Resources by stage, critical path, what is short and what would help. */
  readonly fit: FitReport;
}

/** Rows of one split, in order. */
export function rowsOfSplit(
  rows: FeatureRows,
  split: number,
): { rows: number; values: Float64Array; label: Int16Array } {
  const width = rows.count === 0 ? 0 : rows.values.length / rows.count;
  const chosen: number[] = [];
  for (let r = 0; r < rows.count; r++) if (rows.split[r] === split) chosen.push(r);
  const values = new Float64Array(chosen.length * width);
  const label = new Int16Array(chosen.length);
  chosen.forEach((r, i) => {
    for (let c = 0; c < width; c++) values[i * width + c] = rows.values[r * width + c];
    label[i] = rows.label[r];
  });
  return { rows: chosen.length, values, label };
}

function checkCalibration({ calibration, spec }: Pick<CompileInput, 'calibration' | 'spec'>, rows: number): void {
  const { features } = calibration;
  if (features.join() !== spec.features.join()) {
    fail({
      code: 'COMPILE-FEATURES',
      message: 'the calibration rows do not hold the features the model reads',
      need: spec.features.join(', '),
      have: features.join(', '),
    });
  }
  if (rows === 0) {
    fail({
      code: 'COMPILE-CALIBRATION',
      message: 'there are no calibration rows in the train split',
      hint: 'the dataset needs packets in its train split',
    });
  }
}

function verdictOf(spec: ModelSpec, graph: MapGraph): TableNetwork['verdict'] {
  if (spec.verdict === 'argmax') return { kind: 'argmax', value: graph.output };
  const { threshold } = spec;
  return { kind: 'score', value: graph.output, divide: 1, ...(threshold === undefined ? {} : { threshold }) };
}

/**
 * Compiles a float model: graph, fuzzy matching on the calibration rows, fixed point, tables, placement.
 * Throws COMPILE-* for an operator without a rule, features that do not match, or a sum that cannot be held.
 */
export function compileModel(input: CompileInput): CompiledModel {
  const { model, spec } = input;
  const { tickBits } = input.front ?? {};
  const { stateBits: bits } = input;
  if (spec.state === undefined) {
    if (bits === undefined) return compileRows(input, undefined);
    fail({
      code: 'COMPILE-STATE',
      message: 'register bits are chosen for a model without a state',
      where: input.name,
      hint: 'leave stateBits (--state-bits) out, or name the state in the model (pegasim.state)',
    });
  }
  const state = splitState(model, spec, {
    ...(tickBits === undefined ? {} : { tickBits }),
    ...(bits === undefined ? {} : { bits }),
  });
  return compileRows({ ...input, model: state.head, spec: state.spec }, state);
}

/** A model of rows or windows; `state`: its features are units of that cell. */
function compileRows(input: CompileInput, state: StateModel | undefined): CompiledModel {
  const { spec, chip, progress } = input;
  const train = rowsOfSplit(input.calibration, 0);
  checkCalibration(input, train.rows);
  progress?.('compile: graph', 0);
  const { graph, reports: passes } = mapModel(input.model, {
    ...input.graph,
    features: spec.features,
    window: spec.window,
  });
  const tickBits = input.front?.tickBits ?? 16;
  const scales = inputScales(spec.features, spec.units, tickBits);
  const clamp = state?.clamp ?? switchClamps(spec.features, spec.clamp ?? {}, scales);
  const kept = state === undefined ? {} : { state: state.cell };
  const front = buildFront({ ...input.front, ...kept, features: spec.features, window: spec.window, clamp });
  const onSwitch = graphOnSwitch(graph, scales, spec.clamp ?? {});
  const features = front.features.map(({ feature, bits }) => ({
    name: feature,
    bits,
    ...(clamp[feature] === undefined ? {} : { clamp: clamp[feature] }),
  }));
  const verdict = verdictOf(spec, graph);
  const ranges = features.map((f) => ({ min: 0, max: f.clamp ?? 2 ** f.bits - 1 }));
  const made = runStrategy({
    graph: onSwitch,
    train,
    validation: rowsOfSplit(input.calibration, 1),
    features,
    inputs: Array.from({ length: graph.values[0].size }, (_, i) => ranges[i % ranges.length]),
    verdict,
    classes: spec.classes,
    options: input.strategy ?? {},
    explain: input.graph?.explain ?? false,
    ...(progress === undefined ? {} : { progress }),
  });
  progress?.('compile: layout', 0);
  const compiled = searchLayout(input.name, made.fixed, front, chip, {
    inputs: frontInputs(front, made.fixed),
    lanes: input.strategy?.lanes ?? 'auto',
    compare: input.graph?.explain ?? false,
    ...(input.accept === undefined ? {} : { accept: input.accept }),
  });
  const { lowered, program, placement, fits, report: fit, choice } = compiled;
  const mapped: Mapped = {
    version: 1,
    name: input.name,
    float: made.float,
    fixed: made.fixed,
    formats: made.formats,
    strategy: made.steps,
    calibrationRows: train.rows,
    tables: lowered.report,
    sums: lowered.sums,
  };
  const stateBits = modelStateBits(front, lowered.rings);
  return { program, placement, fits, mapped, passes, front, stateBits, fit, layout: choice };
}
