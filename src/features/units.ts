/**
 * Units of time features: a model trained in one unit (100 µs) runs on a switch whose tick is 2^k ns, because a switch
 * cannot divide. Thresholds and embedding rows are moved to ticks at compile time; the error is that of the tick.
 */

import { fail } from '../problem.ts';
import { roundHalfEven } from './ipd.ts';

export interface TimeScale {
  /** One tick on the switch is 2^tickBits ns. */
  readonly tickBits: number;
  /** Nanoseconds per unit of the model. */
  readonly unitNs: number;
}

/** Features counted in units of time. */
export const TIME_FEATURES: readonly string[] = ['pkt.ipd', 'flow.max_ipd', 'flow.min_ipd'];

const SCALES: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };

/** `100us` → 100,000 ns. Throws FEATURE-UNIT. */
export function unitNs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s)$/.exec(text.trim());
  const value = match ? Number(match[1]) * SCALES[match[2]] : 0;
  if (value > 0) return value;
  return fail({ code: 'FEATURE-UNIT', message: `"${text}" is no unit of time`, hint: 'write 100us, 65536ns or 1ms' });
}

/** The model's value for a switch value: that many ticks, in units, half to even. */
export function unitOfTick(tick: number, scale: TimeScale): number {
  return roundHalfEven((tick * 2 ** scale.tickBits) / scale.unitNs);
}

/** Threshold in ticks: x ≤ threshold in units ⇔ tick ≤ result, for every tick. −1 when even tick 0 is above. */
export function tickThreshold(threshold: number, scale: TimeScale): number {
  if (threshold < 0) return -1;
  // unitOfTick never decreases: start near and step to the edge.
  let tick = Math.max(0, Math.floor((threshold * scale.unitNs) / 2 ** scale.tickBits));
  while (unitOfTick(tick + 1, scale) <= threshold) tick++;
  while (tick >= 0 && unitOfTick(tick, scale) > threshold) tick--;
  return tick;
}

/**
 * Rows of an embedding table in ticks: entry d is the row (in units, at most rows − 1) that tick d reads. Ticks beyond the end read the
 * last entry, which is the last row.
 */
export function tickRows(rows: number, scale: TimeScale): Int32Array {
  const last = tickThreshold(rows - 2, scale) + 1;
  return Int32Array.from({ length: last + 1 }, (_, tick) => Math.min(unitOfTick(tick, scale), rows - 1));
}

/** Smallest tick that reads as `clamp` units or more: the switch's clamp for a model's clamp. */
export function tickClamp(clamp: number, scale: TimeScale): number {
  return tickThreshold(clamp - 1, scale) + 1;
}
