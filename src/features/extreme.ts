/** Registers holding a running maximum or minimum of a flow: one access per packet, two SALU conditions. */

import type { SaluOperand, StatefulAction } from '../program/index.ts';
import { addField, type Draft, registerTable } from './draft.ts';
import { featureField } from './feature.ts';
import type { FrontSettings } from './options.ts';
import { FLOW } from './slot.ts';

export interface ExtremeSpec {
  readonly name: string;
  readonly kind: 'max' | 'min';
  readonly cellBits: 16 | 32;
  /** Field of the value. */
  readonly input: string;
  /** `first`: the flow's first packet sets the register. `none`: nothing seen yet, the result is 0. */
  readonly start: 'first' | 'none';
  /** Counts as first while this field is at most the limit (default: `meta.flow_same` is 0). */
  readonly until?: { readonly count: string; readonly limit: number };
  readonly phase: 'state' | 'late';
}

const LO: SaluOperand = { kind: 'lo' };
const VALUE: SaluOperand = { kind: 'input', index: 0 };
const GATE: SaluOperand = { kind: 'input', index: 1 };

/** c0: (re)start, c1: the value is a new extreme. */
function extremeAction(spec: ExtremeSpec, result: string): Omit<StatefulAction, 'name' | 'register'> {
  const until = spec.until ?? { count: FLOW.same, limit: 0 };
  const conditions = [
    { op: 'le', signed: false, a: GATE, b: { kind: 'const', value: until.limit } },
    { op: spec.kind === 'max' ? 'gt' : 'lt', signed: false, a: VALUE, b: LO },
  ] as const;
  const inputs = [
    { kind: 'field', field: spec.input },
    { kind: 'field', field: until.count },
  ] as const;
  if (spec.start === 'first')
    return {
      inputs,
      conditions,
      updates: [{ cell: 'lo', when: 0b1110, op: 'set', a: VALUE }],
      outputs: [{ dst: result, value: 'newLo' }],
    };
  // All ones is the neutral element of min; it is never shown.
  const neutral: SaluOperand = { kind: 'const', value: spec.kind === 'max' ? 0 : -1 };
  return {
    inputs,
    conditions,
    updates: [
      { cell: 'lo', when: 0b1010, op: 'set', a: neutral },
      { cell: 'lo', when: 0b0100, op: 'set', a: VALUE },
    ],
    outputs: [{ dst: result, when: 0b0101, value: 'newLo' }],
  };
}

/** Add the register of one extreme; returns the field of its result. */
export function addExtreme(draft: Draft, settings: FrontSettings, spec: ExtremeSpec): string {
  const result = addField(draft, featureField(spec.name), spec.cellBits);
  const register = {
    name: spec.name.replace('.', '_'),
    cellBits: spec.cellBits,
    pair: false,
    size: settings.slots,
    initial: [0],
    note: spec.name,
  } as const;
  draft.phases[spec.phase].push(registerTable(draft, register, extremeAction(spec, result), FLOW.slot));
  return result;
}
