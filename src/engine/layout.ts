/** What the workers of an image execute, and where each column of a batch lies. */

import type { Register } from '../program/index.ts';
import { generateLoops, scratchBytes } from './generate.ts';
import { type Column, type ColumnOp, readsOf, writesOf } from './ir.ts';
import { type Loop, makeLoops } from './loops.ts';
import type { Plan, Sharding } from './plan.ts';
import type { Space } from './space.ts';
import type { Places } from './writer.ts';

/** `whole`: any worker runs any range alone. `sharded`: packets change to their slot's worker. `single`: worker 0 runs what all parsed. */
export type Sharing = 'whole' | 'sharded' | 'single';

export interface ImageSizes {
  readonly span: number;
  readonly batch: number;
  readonly workers: number;
  readonly sharing: Sharing;
  /** Estimated instructions up to which neighbouring operations become one loop of generated code; 0: all is bytecode. */
  readonly loopWeight: number;
}

/** What the workers execute: everything at once, or the slot first and the rest where the packet's slot lives. */
export interface Layout {
  readonly ops: readonly ColumnOp[];
  readonly inputs: readonly Column[];
  readonly carried: readonly Column[];
  readonly slot: Sharding | undefined;
  readonly slotOps: readonly ColumnOp[];
  readonly placeOf: Int32Array;
  /** Of the columns of the slot's code, which uses the same room at another time. */
  readonly slotPlaceOf: Int32Array | undefined;
  readonly places: number;
}

/** Lanes come twice where workers meet: the next packets enter while the ones before run. */
export function halvesOf({ sharing }: Pick<ImageSizes, 'sharing'>): number {
  return sharing === 'whole' ? 1 : 2;
}

/** The layout of a plan. */
export function layoutOf(plan: Plan, sizes: Pick<ImageSizes, 'sharing' | 'loopWeight'>): Layout {
  const slot = sizes.sharing === 'sharded' && typeof plan.sharding === 'object' ? plan.sharding : undefined;
  const { all, inputs, carried } = slot
    ? { all: slot.rest, inputs: slot.restInputs, carried: slot.carried }
    : { all: plan.ops, inputs: plan.inputs, carried: [] };
  const results = plan.outputs.map(({ column }) => column);
  const fused = (list: readonly ColumnOp[], wanted: readonly Column[]) =>
    sizes.loopWeight > 0 ? makeLoops(list, wanted, sizes.loopWeight) : list;
  const ops = fused(all, results);
  const main = columnPlaces(plan, { ops, inputs: [...inputs, ...carried], results });
  const known = slot ? [slot.slot, ...carried] : [];
  const slotOps = slot ? fused(slot.ops, known) : [];
  const before = slot && columnPlaces(plan, { ops: slotOps, inputs: slot.inputs, results: known });
  const places = Math.max(main.places, before?.places ?? 0);
  return { ops, inputs, carried, slot, slotOps, placeOf: main.placeOf, slotPlaceOf: before?.placeOf, places };
}

/** The loops among operations. */
export function loopsOf(ops: readonly ColumnOp[]): Loop[] {
  return ops.flatMap((op) => (op.op === 'loop' ? [op] : []));
}

/** The code of all loops, those of the slot last. */
export function loopModule(
  layout: Layout,
  sizes: ImageSizes,
  space: Space,
  registers: readonly Register[],
): WebAssembly.Module | undefined {
  const columnBytes = bytesOfColumn(sizes);
  const { offsets } = roomOf(layout, sizes, registers);
  const byName = new Map(
    registers.map(({ name, size, pair }, r) => [name, { offset: offsets[r], sizeMask: size - 1, pair }]),
  );
  const places = (placeOf: Int32Array): Places => ({
    column: (id) => placeOf[id] * columnBytes,
    scratch: layout.places * columnBytes,
    table: space.tableAddress,
    register: (name) => byName.get(name)!,
  });
  const loops = [
    ...loopsOf(layout.ops).map((loop) => ({ loop, places: places(layout.placeOf) })),
    ...loopsOf(layout.slotOps).map((loop) => ({ loop, places: places(layout.slotPlaceOf!) })),
  ];
  return loops.length === 0 ? undefined : new WebAssembly.Module(generateLoops(loops));
}

/** One worker's columns, scratch and registers: what its loops reach from one address. */
export function roomOf(layout: Layout, sizes: ImageSizes, registers: readonly Register[]) {
  const scratch = Math.max(0, ...loopsOf([...layout.ops, ...layout.slotOps]).map(scratchBytes));
  let bytes = layout.places * bytesOfColumn(sizes) + scratch;
  const offsets = registers.map((register) => {
    const offset = Math.ceil(bytes / LINE) * LINE;
    bytes = offset + registerBytes(register);
    return offset;
  });
  return { bytes, offsets };
}

/** Bytes of a register array: a word per cell half. */
export function registerBytes({ size, pair }: Register): number {
  return size * (pair ? 8 : 4);
}

/** Bytes of a cache line. */
const LINE = 64;

/** A cache line more than a power of two: a packet's words in many columns must not all fall into the same few cache sets. */
export function bytesOfColumn({ batch }: Pick<ImageSizes, 'batch'>): number {
  return ((batch + 15) & ~15) * 4 + 64;
}

/** Columns of a batch. */
export function batchColumns(plan: Plan, sizes: Pick<ImageSizes, 'sharing' | 'loopWeight'>): number {
  return layoutOf(plan, sizes).places;
}

/** Operations in order, columns that are there before, and columns that are read after. */
export interface Stretch {
  readonly ops: readonly ColumnOp[];
  readonly inputs: readonly Column[];
  readonly results: readonly Column[];
}

/** Place of each column of a stretch in memory: fields keep theirs, others share places once they are no longer read. */
export function columnPlaces(plan: Pick<Plan, 'columns' | 'fixed'>, { ops, inputs, results }: Stretch) {
  const placeOf = new Int32Array(plan.columns).fill(-1);
  const ends = new Int32Array(plan.columns).fill(-1);
  const touch = (column: Column, at: number) => {
    ends[column] = Math.max(ends[column], at);
  };
  ops.forEach((op, at) => {
    for (const column of columnsOf(op)) touch(column, at);
  });
  for (const column of results) touch(column, ops.length);
  let places = 0;
  const free: number[] = [];
  const give = (column: Column) => {
    if (placeOf[column] < 0) placeOf[column] = column < plan.fixed ? places++ : (free.pop() ?? places++);
  };
  for (const column of inputs) give(column);
  ops.forEach((op, at) => {
    const all = [...new Set(columnsOf(op))];
    for (const column of all) give(column);
    for (const column of all) if (column >= plan.fixed && ends[column] === at) free.push(placeOf[column]);
  });
  for (const column of results) give(column);
  return { placeOf, places };
}

/** Every column an operation touches. */
export function columnsOf(op: ColumnOp): Column[] {
  return [...readsOf(op), ...writesOf(op)];
}
