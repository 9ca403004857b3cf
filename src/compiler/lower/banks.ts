/** Accumulators of a SumReduce: the banks of one value, what a table adds to a bank, and how banks are added up. */
import { fieldOperand, type Instruction, keyless, paramOperand } from '../../program/index.ts';
import { liveColumns } from './columns.ts';
import { addAction, addPhase, addTable, declare, type LowerContext, tableName } from './context.ts';
import { LANE_FIELD, type Lane, type LanePlan, laneWord, slotsOf } from './lanes.ts';
import type { ExactMap, IndexMap, TreeMap } from './network.ts';

/** How one value's accumulators are laid out. */
export interface SumPlan {
  /** Container width of every element. */
  readonly bits: 8 | 16 | 32;
  /** Independent accumulators per element; added up at the end. */
  readonly banks: number;
  /** Elements share fields (`bits` is then the fields' width); absent: one field an element. */
  readonly lanes?: LanePlan;
  /** Name of the value whose fields are taken over (reuse.ts); absent: fields of its own. */
  readonly fieldsOf?: string;
}

/** One set of accumulators. A slot is an element, or a packed field of several. */
export interface Bank {
  readonly field: (slot: number) => string;
  readonly written: Set<number>;
  /** Slots that any bank of the value has written: packed fields start once (see LanePlan). */
  readonly started: Set<number>;
}

/** Slot s of bank b: `nn.h1_3` (bank 0, the final sum), `nn.h1_3_b1`; elements 6 and 7 packed: `nn.h1_6to7`. */
export function bankField(context: LowerContext, value: number, slot: number, bank: number, plan: SumPlan): string {
  const name = (plan.fieldsOf ?? context.network.values[value].name).replace(/[^A-Za-z0-9]+/g, '_');
  const packed = plan.lanes?.slots[slot];
  const last = packed?.[packed.length - 1].element ?? slot;
  const first = packed?.[0].element ?? slot;
  return `nn.${name}_${first}${last > first ? `to${last}` : ''}${bank === 0 ? '' : `_b${bank}`}`;
}

/** What a map does to a bank: instructions on parameters v0.., and the parameters' values by table row. */
interface Adding {
  readonly instructions: Instruction[];
  readonly count: number;
  readonly data: (row: number) => number[];
}

/** Instructions that put parameters into a bank: the first writer of a slot sets, later ones add. */
export function accumulate(bank: Bank, map: TreeMap | ExactMap | IndexMap, { lanes }: SumPlan): Adding {
  const columns = liveColumns(map);
  const n = map.outIndex.length;
  const slots = lanes === undefined ? columns.map((o) => map.outIndex[o]) : slotsOf(lanes, map);
  const first = slots.map((slot) => !bank.started.has(slot));
  const instructions = slots.map((slot, i): Instruction => {
    const dst = bank.field(slot);
    const a = paramOperand(`v${i}`);
    const set = !bank.written.has(slot);
    bank.written.add(slot);
    bank.started.add(slot);
    return set ? { op: 'set', dst, a } : { op: 'add', dst, a, b: fieldOperand(dst) };
  });
  const count = slots.length;
  if (lanes === undefined) return { instructions, count, data: (row) => columns.map((o) => map.lut[row * n + o]) };
  const column = new Map([...map.outIndex].map((e, o) => [e, o]));
  const floors = lanes.floors.get(map);
  const data = (row: number): number[] =>
    slots.map((slot, i) =>
      laneWord(lanes, slot, first[i], floors, (e) => (column.has(e) ? map.lut[row * n + column.get(e)!] : undefined)),
    );
  return { instructions, count, data };
}

/** Params v0.. of the accumulator width, plus leaf numbers when they are kept. */
export function paramsOf(count: number, bits: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`v${i}`, bits]));
}

/** Adds bank b+half to bank b, halving until one is left; only banks that an element really uses. */
export function addUp(context: LowerContext, value: number, banks: readonly Bank[]): void {
  let width = banks.length;
  let round = 0;
  const name = tableName(context.network.values[value].name);
  while (width > 1) {
    const half = Math.ceil(width / 2);
    const instructions: Instruction[] = [];
    for (let b = half; b < width; b++) {
      const [into, from] = [banks[b - half], banks[b]];
      for (const e of from.written) {
        const [dst, src] = [into.field(e), from.field(e)];
        instructions.push(
          into.written.has(e)
            ? { op: 'add', dst, a: fieldOperand(src), b: fieldOperand(dst) }
            : { op: 'set', dst, a: fieldOperand(src) },
        );
        into.written.add(e);
      }
    }
    width = half;
    if (instructions.length === 0) continue;
    const step = `${name}_sum${round++}`;
    const action = addAction(context, `${step}_go`, {}, instructions);
    const phase = addPhase(context, step, { value, part: 'sums' });
    addTable(context, phase, keyless(step, 'ingress', action, `banks of ${context.network.values[value].name}`), {
      kind: 'keyless',
      entries: 0,
      naive: 0,
      keyBits: 0,
      dataBits: 0,
      note: 'adds up partial sums',
    });
  }
}

export function declareBanks(context: LowerContext, value: number, banks: readonly Bank[], plan: SumPlan): void {
  const name = context.network.values[value].name;
  // Fields taken over are declared already, as far as the earlier value used that many banks.
  const declared = new Set(plan.fieldsOf === undefined ? [] : context.fields.map((field) => field.name));
  banks.forEach((bank, b) => {
    for (const e of [...bank.written].sort((x, y) => x - y)) {
      if (declared.has(bank.field(e))) continue;
      const packed = plan.lanes?.slots[e];
      if (packed !== undefined) {
        declareLanes(context, bank.field(e), `${b === 0 ? '' : `partial sum ${b}: `}`, name, packed);
        continue;
      }
      const { min, max } = context.bounds[value][e];
      const note =
        b === 0 ? `element ${e} of ${name}, proved within ${min}..${max}` : `partial sum ${b} of ${name}[${e}]`;
      declare(context, bank.field(e), plan.bits, note);
    }
  });
}

function declareLanes(context: LowerContext, field: string, part: string, name: string, packed: readonly Lane[]): void {
  const held = packed.map((l) => `${name}[${l.element}]${l.excess > 0 ? ` + ${l.excess}` : ''} at bit ${l.low}`);
  const lanes = packed.map(({ low, bits }) => ({ low, bits }));
  context.fields.push({ name: field, bits: LANE_FIELD, source: 'metadata', lanes, note: `${part}${held.join(', ')}` });
}
