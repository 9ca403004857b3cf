/**
 * A recurrent state in the flow's registers: every packet adds to each unit what its features say, and the sum stops at the cell's
 * bounds. That is all a recurrence can be in one pass: a register array is in one stage and is accessed once per packet
 * (TARGETS.md §7), so the new state of a unit is what one stateful ALU makes of that unit's old state and of numbers known before.
 */

import { fail } from '../problem.ts';
import type { Instruction, Operand, StatefulAction, Step, Table } from '../program/index.ts';
import { addField, type Draft, keyless, registerTable } from './draft.ts';
import { type Feature, featureField, type IdealContext } from './feature.ts';
import type { FrontSettings } from './options.ts';
import { FLOW } from './slot.ts';

export interface StateCell {
  /** Bits of a unit's register. */
  readonly bits: 8 | 16;
  readonly units: number;
  /** Every unit's value in front of a flow's first packet, signed. */
  readonly start: number;
  /** What the value v of a feature adds to unit u: values[v × units + u], signed. Larger values than there are rows read the last row. */
  readonly tables: readonly { readonly feature: string; readonly values: Int32Array }[];
}

/** Name of unit `unit` as a feature: its register after this packet, plus 2^(bits − 1), so that it is unsigned. */
export function stateName(unit: number): string {
  return `state[${unit}]`;
}

const field = (name: string): Operand => ({ kind: 'field', field: name });
const sumField = (unit: number): string => `meta.state_sum_${unit}`;
const unitsOf = (cell: StateCell): readonly number[] => Array.from({ length: cell.units }, (_, unit) => unit);

/** Rows of a cell's table. */
export function stateRows(cell: StateCell, table: number): number {
  return cell.tables[table].values.length / cell.units;
}

/** The exact table of one feature (a field of at most 32 bits): sets the units' sums (the first), or adds to them. */
function addLookup(draft: Draft, cell: StateCell, which: number, source: string): Step {
  const { feature, values } = cell.tables[which];
  const rows = stateRows(cell, which);
  const name = `state_${featureField(feature).replace('meta.', '')}`;
  const instructions = unitsOf(cell).map((unit): Instruction => {
    const [dst, b] = [sumField(unit), { kind: 'param', param: `d${unit}` } as const];
    return which === 0 ? { op: 'set', dst, a: b } : { op: 'add', dst, a: field(dst), b };
  });
  draft.actions.push({
    name,
    params: unitsOf(cell).map((unit) => ({ name: `d${unit}`, bits: cell.bits })),
    instructions,
  });
  const data = Uint32Array.from(values, (value) => (value & (2 ** cell.bits - 1)) >>> 0);
  const table: Table = {
    name,
    gress: 'ingress',
    keys: [{ field: source, match: 'exact' }],
    actions: [name],
    // Values beyond the rows read the last one: the whole field is matched, not its low bits.
    defaultAction: { action: name, data: [...data.slice(-cell.units)] },
    size: rows,
    entries: {
      count: rows,
      keyWords: 1,
      value: Uint32Array.from({ length: rows }, (_, row) => row),
      mask: new Uint32Array(rows).fill(2 ** draft.fields.get(source)!.bits - 1),
      priority: new Uint32Array(rows),
      action: new Uint8Array(rows),
      dataWords: cell.units,
      data,
    },
    note: `what ${feature} adds to the state`,
  };
  draft.tables.push(table);
  return { kind: 'apply', table: name };
}

/** The sum, or for a flow's first packet the start and the sum, saturating. */
function unitAction(cell: StateCell, unit: number, result: string): Omit<StatefulAction, 'name' | 'register'> {
  const sum = { kind: 'input', index: 0 } as const;
  const start = { kind: 'const', value: cell.start } as const;
  return {
    inputs: [field(sumField(unit)), field(FLOW.same)],
    conditions: [{ op: 'eq', signed: false, a: { kind: 'input', index: 1 }, b: { kind: 'const', value: 0 } }],
    updates: [
      cell.start === 0
        ? { cell: 'lo', when: 0b10, op: 'set', a: sum }
        : { cell: 'lo', when: 0b10, op: 'addSatS', a: sum, b: start },
      { cell: 'lo', when: 0b01, op: 'addSatS', a: { kind: 'lo' }, b: sum },
    ],
    outputs: [{ dst: result, value: 'newLo' }],
  };
}

/**
 * Add the cell: one exact table per feature, one register per unit. `sources`: the fields of the cell's features, in order.
 * The features must have been realised, the slot added.
 */
export function addState(draft: Draft, settings: FrontSettings, cell: StateCell, sources: readonly string[]): void {
  for (const unit of unitsOf(cell)) addField(draft, sumField(unit), cell.bits, 'metadata', 'what this packet adds');
  const { late } = draft.phases;
  sources.forEach((source, which) => {
    late.push(addLookup(draft, cell, which, source));
  });
  const results = unitsOf(cell).map((unit) => addField(draft, featureField(stateName(unit)), cell.bits));
  results.forEach((result, unit) => {
    const register = {
      name: `state_${unit}`,
      cellBits: cell.bits,
      pair: false,
      size: settings.slots,
      initial: [0],
      note: `unit ${unit} of the recurrent state`,
    } as const;
    late.push(registerTable(draft, register, unitAction(cell, unit, result), FLOW.slot));
  });
  const half: Operand = { kind: 'const', value: 2 ** (cell.bits - 1) };
  const lift = results.map((dst): Instruction => ({ op: 'xor', dst, a: field(dst), b: half }));
  late.push(keyless(draft, 'state_unsigned', lift, undefined, 'signed to unsigned, in the same order'));
}

function missing(): never {
  return fail({
    code: 'FEATURE-OPTION',
    message: 'a unit of a recurrent state needs the cell that computes it',
    hint: 'state[i] are inputs of compiled models with a state, no features of their own',
  });
}

/** The unit over each flow with unlimited state, from ideal feature values. */
function idealUnit(context: IdealContext, unit: number): Uint32Array {
  const cell = context.options.state ?? missing();
  const half = 2 ** (cell.bits - 1);
  const columns = cell.tables.map(({ feature }) => context.column(feature));
  const out = new Uint32Array(context.position.length);
  for (let i = 0; i < out.length; i++) {
    if (context.position[i] === 0) continue;
    const before = context.previous[i];
    let sum = before < 0 ? cell.start : out[before] - half;
    cell.tables.forEach(({ values }, t) => {
      sum += values[Math.min(columns[t][i], stateRows(cell, t) - 1) * cell.units + unit];
    });
    out[i] = Math.max(-half, Math.min(half - 1, sum)) + half;
  }
  return out;
}

/** `state[3]` as a feature, or undefined for other names. */
export function stateFeature(name: string): Feature | undefined {
  const match = /^state\[(\d+)\]$/.exec(name);
  if (!match) return undefined;
  const unit = Number(match[1]);
  return {
    name,
    bits: 16,
    doc: `unit ${unit} of the recurrent state after this packet`,
    idealDoc: 'the saturating sum over the flow so far, from ideal features',
    switchDoc: 'one register; the first packet of a flow in its slot starts it anew',
    stateful: true,
    ideal: (context) => idealUnit(context, unit),
    realise: (draft, settings) => {
      if (unit >= (settings.state ?? missing()).units) missing();
      return addField(draft, featureField(name), settings.state?.bits ?? 8);
    },
  };
}
