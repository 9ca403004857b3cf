/** The columns a run yields, and how verdict, logits and observed fields are read at the end of the pipeline. */

import type { Program } from '../../program/index.ts';
import { OUTCOME_NO_VERDICT, OUTCOME_VERDICT } from '../../program/index.ts';
import { type FieldSlot, type Layout, lowMask, shiftedLo, signed, slotOf } from './layout.ts';

export interface Columns {
  readonly outcome: Uint8Array;
  readonly verdict: Int16Array;
  readonly logits: Int32Array;
  readonly observed: Record<string, Uint32Array>;
}

/** Columns for `count` packets: no verdict anywhere, all values 0. */
export function allocateColumns(count: number, program: Program, observe: readonly FieldSlot[]): Columns {
  const observed: Record<string, Uint32Array> = {};
  for (const slot of observe) {
    observed[slot.name] = new Uint32Array(count);
    if (slot.wide) observed[`${slot.name}.hi`] = new Uint32Array(count);
  }
  return {
    outcome: new Uint8Array(count),
    verdict: new Int16Array(count).fill(-1),
    logits: new Int32Array(count * program.verdict.logits.length),
    observed,
  };
}

/** Reads the verdict of a packet that went through the whole pipeline. */
export function compileVerdict(program: Program, layout: Layout) {
  const { verdict } = program;
  const valid = verdict.valid ? slotOf(layout, verdict.valid) : undefined;
  const klass = verdict.class ? slotOf(layout, verdict.class) : undefined;
  const logits = verdict.logits.map((logit) => ({ ...logit, slot: slotOf(layout, logit.field) }));
  return (words: Uint32Array, columns: Columns, packet: number): void => {
    if (valid && words[valid.at] === 0) {
      columns.outcome[packet] = OUTCOME_NO_VERDICT;
      return;
    }
    columns.outcome[packet] = OUTCOME_VERDICT;
    if (klass && verdict.kind !== 'none') columns.verdict[packet] = words[klass.at];
    for (let l = 0; l < logits.length; l++) {
      const { slot, low, bits, signed: isSigned } = logits[l];
      const raw = shiftedLo(words[slot.at], slot.wide ? words[slot.at + 1] : 0, low);
      const cut = bits >= 32 ? raw : raw & lowMask(bits);
      columns.logits[packet * logits.length + l] = isSigned ? signed(cut, Math.min(bits, 32)) : cut;
    }
  };
}

/** Copies the observed fields of one packet. */
export function readObserved(
  observe: readonly FieldSlot[],
  words: Uint32Array,
  columns: Columns,
  packet: number,
): void {
  for (const slot of observe) {
    columns.observed[slot.name][packet] = words[slot.at];
    if (slot.wide) columns.observed[`${slot.name}.hi`][packet] = words[slot.at + 1];
  }
}
