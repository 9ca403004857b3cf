/**
 * What the compiler knows about a compiled model: trees, float leaf values, formats, provenance. Plain data, kept in a section of
 * its own in the `.pgs` file for `explain` and the loss waterfall; engine, switch and emit never read it.
 */
import type { Formats } from './fixedpoint/index.ts';
import type { TableReport } from './lower/context.ts';
import { evaluateNetwork } from './lower/index.ts';
import type { TableNetwork } from './lower/network.ts';

/** One step of the strategy and what it did to the calibration rows. */
export interface StrategyStep {
  readonly name: string;
  /** Share of calibration rows with the float model's class (argmax) after this step. */
  readonly agreement: number;
  /** Macro-F1 on the validation rows (argmax models whose data have such rows). */
  readonly validation?: number;
  /** What it did, in words. */
  readonly note: string;
}

export interface Mapped {
  readonly version: 1;
  readonly name: string;
  /** Tables with float leaf values: fuzzy matching without fixed point. */
  readonly float: TableNetwork;
  /** The integer tables that were lowered. */
  readonly fixed: TableNetwork;
  /** integer = float × scale, by value and element. */
  readonly formats: Formats;
  readonly strategy: readonly StrategyStep[];
  readonly calibrationRows: number;
  readonly tables: readonly TableReport[];
  readonly sums: readonly {
    readonly value: string;
    readonly bits: number;
    readonly banks: number;
    readonly ranges: readonly { readonly min: number; readonly max: number }[];
  }[];
}

export interface MappedResult {
  /** Logits or score, rows × size; fixed point ones are scaled back to float units. */
  readonly outputs: Float64Array;
  readonly size: number;
  /** First maximum (argmax); 1 over the threshold (score, 0 without one). */
  readonly classes: Int16Array;
}

/**
 * Evaluates the mapped network on input rows (row-major; window models oldest packet first), as the switch sees them.
 * `fixedPoint: false` is "fuzzy matching in float": the step of the waterfall before rounding.
 */
export function evaluateMapped(
  mapped: Mapped,
  rows: { readonly count: number; readonly values: ArrayLike<number> },
  options: { readonly fixedPoint: boolean },
): MappedResult {
  const network = options.fixedPoint ? mapped.fixed : mapped.float;
  const { verdict } = network;
  const result = evaluateNetwork(network, rows.values, rows.count);
  const size = network.values[verdict.value].size;
  const outputs = Float64Array.from(result.values[verdict.value]);
  if (options.fixedPoint) {
    const scales = mapped.formats[verdict.value];
    for (let i = 0; i < outputs.length; i++) outputs[i] /= scales[i % size];
  }
  if (verdict.kind === 'argmax') return { outputs, size, classes: result.classes };
  const limit = verdict.threshold === undefined ? Number.POSITIVE_INFINITY : verdict.threshold * verdict.divide;
  const raw = result.values[verdict.value];
  return { outputs, size, classes: Int16Array.from(raw, (v) => (v > limit ? 1 : 0)) };
}
