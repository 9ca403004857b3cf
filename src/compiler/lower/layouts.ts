/**
 * The cost model of layouts: for every sum, how many accumulator banks, which containers, indices joined or not, elements packed into
 * lanes or not; estimated in stages, containers and memory blocks, shallowest first. Estimates choose the order of trying; `switch` has
 * the last word.
 */
import type { Chip } from '../../switch/index.ts';
import { type Bounds, networkBounds, type Range } from './bounds.ts';
import { isSingle, JOIN_LIMIT } from './join.ts';
import { LANE_FIELD, packedFields } from './lanes.ts';
import { type SumBits, sumBits } from './lower.ts';
import { type Blocks, valueBlocks } from './memory.ts';
import { mapInputs, type NetMap, type TableNetwork, tableRows } from './network.ts';
import { differenceRange } from './verdict.ts';

export interface ValueLayout {
  readonly bits: SumBits;
  readonly banks: number;
  /** Indices joined in one exact table; 1: each tree adds by itself. */
  readonly join: number;
  /** Elements share 32-bit fields (`lanes.ts`). */
  readonly packed: boolean;
  /** Accumulator fields of one bank: the elements, or fewer when packed. */
  readonly fields: number;
  /** Estimated stages. */
  readonly depth: number;
  /** Estimated memory of the tables. */
  readonly blocks: Blocks;
}

/** Lanes are packed where the estimate gains by it, nowhere, or wherever their proof holds. */
export type LanesChoice = 'auto' | 'off' | 'on';

/** By value number; value 0 has none. */
export type Layout = readonly (ValueLayout | undefined)[];

const BANKS = [1, 2, 3, 4, 6, 8];

const log2Up = (n: number): number => Math.ceil(Math.log2(n));

/** Layouts of one value that respect what a stage and the containers can hold; packed ones last. */
function valueLayouts(
  network: TableNetwork,
  value: number,
  bounds: Bounds,
  width: SumBits,
  room: Room,
  lanes: LanesChoice,
): ValueLayout[] {
  const maps = network.maps.filter((m) => m.output === value);
  const size = network.values[value].size;
  const single = { join: 1, packed: false, fields: size, blocks: valueBlocks(network, value, bounds, 1, 0, room.chip) };
  // Kept values and fuzzy indices are no sums: one field an element, nothing to choose.
  if (network.values[value].kept !== undefined || maps.some((m) => m.kind === 'leaf'))
    return [{ ...single, bits: 8, banks: 1, depth: Math.ceil(maps.length / room.chip.stage.ternaryTables) }];
  if (maps.some((m) => m.kind === 'absdiff')) return [{ ...single, bits: 16, banks: 2, depth: 7 }];
  const trees = maps.filter(isSingle);
  const leaves = Math.max(1, ...trees.map(tableRows));
  const joins = [1, 2, 3].filter((k) => k === 1 || (trees.length > 1 && leaves ** k <= JOIN_LIMIT));
  return shapesOf(network, value, bounds, width, lanes).flatMap((shape) =>
    joins.flatMap((join) => {
      const blocks = valueBlocks(network, value, bounds, join, shape.bits * shape.fields, room.chip);
      const tables = Math.ceil(trees.length / join) + (maps.length - trees.length);
      const looked = trees.filter((m) => m.kind === 'tree').length;
      const index = join === 1 ? 0 : Math.ceil(looked / room.chip.stage.ternaryTables);
      return banksOf(network, value, shape, tables, room).map((banks) => {
        const depth = index + Math.ceil(tables / banks) + log2Up(banks);
        return { ...shape, banks, join, depth, blocks };
      });
    }),
  );
}

type Shape = Pick<ValueLayout, 'bits' | 'packed' | 'fields'>;

/** Accumulators that hold a value: proved width, 32 bits, or packed lanes. */
function shapesOf(network: TableNetwork, value: number, bounds: Bounds, width: SumBits, lanes: LanesChoice): Shape[] {
  const { name, size } = network.values[value];
  const ranges = bounds[value];
  const isVerdict = value === network.verdict.value && network.verdict.kind === 'argmax';
  const packed = lanes === 'off' ? undefined : packedFields(network, value, bounds);
  const shared: Shape[] = packed === undefined ? [] : [{ bits: LANE_FIELD, packed: true, fields: packed }];
  if (lanes === 'on' && shared.length > 0) return shared;
  const proved = sumBits(name, isVerdict ? [...ranges, differenceRange(ranges)] : ranges, width);
  const own = [...new Set<SumBits>([proved, 32])].map((bits): Shape => ({ bits, packed: false, fields: size }));
  return [...own, ...shared];
}

/** Numbers of banks that a stage's action data bus and the free containers allow. */
function banksOf(network: TableNetwork, value: number, { bits, fields }: Shape, tables: number, room: Room): number[] {
  const { chip } = room;
  const isVerdict = value === network.verdict.value && network.verdict.kind === 'argmax';
  const perStage = Math.max(1, Math.floor(chip.stage.actionBusBytes / Math.max(1, (fields * bits) / 8)));
  const group = chip.phv.normalPerGroup;
  return BANKS.filter((banks) => {
    if (banks === 1) return true;
    if (banks > tables || banks > perStage || banks > group) return false;
    if (isVerdict && banks * fields > group) return false;
    return banks * fields <= (room.containers[bits] ?? 0);
  });
}

/** Where egress begins: before the indices of a value, or between its indices and its sums; undefined: everything in ingress. */
export type Cut = { readonly value: number; readonly part: 'indices' | 'sums' } | undefined;

/** The chip, and what the front leaves of it: free containers by size, and the stages it takes itself. */
export interface Room {
  readonly chip: Chip;
  readonly containers: Readonly<Record<number, number>>;
  readonly frontStages: number;
}

type Held = Record<8 | 16 | 32, number>;

/** Sums a value's maps read, by value number, and how many trees look at them. */
function readsOf(network: TableNetwork, v: number): { values: Set<number>; trees: number } {
  const values = new Set<number>();
  let trees = 0;
  for (const map of network.maps) {
    if (map.output !== v || map.kind !== 'tree') continue;
    trees += map.trees.length;
    for (const tree of map.trees) for (const ref of tree.inputs) if (ref.value > 0) values.add(ref.value);
  }
  return { values, trees };
}

/** Containers held while a value's indices are made and while its sums are built. */
function moments(network: TableNetwork, layout: Layout, v: number): { indices: Held; sums: Held } {
  const mine = layout[v]!;
  const { values, trees } = readsOf(network, v);
  const indices: Held = { 8: 0, 16: 0, 32: 0 };
  const sums: Held = { 8: 0, 16: 0, 32: 0 };
  for (const u of values) {
    const theirs = layout[u];
    if (theirs === undefined) continue;
    indices[theirs.bits] += theirs.fields;
    if (mine.join === 1) sums[theirs.bits] += theirs.fields;
  }
  if (mine.join > 1) {
    indices[8] += trees;
    sums[8] += trees;
  }
  sums[mine.bits] += mine.banks * mine.fields;
  return { indices, sums };
}

const larger = (a: Held, b: Held): Held => ({
  8: Math.max(a[8], b[8]),
  16: Math.max(a[16], b[16]),
  32: Math.max(a[32], b[32]),
});

/** Stage from which a map's inputs can be read, by the values it reads. */
function readyAt(network: TableNetwork, map: NetMap, done: readonly number[]): number {
  let ready = 0;
  for (const ref of mapInputs(map)) {
    const kept = network.values[ref.value].kept?.[ref.index];
    ready = Math.max(
      ready,
      done[ref.value] ?? 0,
      kept === undefined ? 0 : (done[kept.source.value] ?? 0) + RING_STAGES,
    );
  }
  return ready;
}

/** Stages of a ring: place, registers, order. */
const RING_STAGES = 3;

/** Stage at which a value is complete: tables queue in their banks as their inputs get ready, then the banks are added up. */
function finishAt(network: TableNetwork, v: number, layout: ValueLayout, done: readonly number[]): number {
  const maps = network.maps.filter((m) => m.output === v);
  if (network.values[v].kept !== undefined) return 0;
  if (maps.some((m) => m.kind === 'leaf')) return 1 + Math.max(0, ...maps.map((m) => readyAt(network, m, done)));
  const joined = maps.filter((m) => layout.join > 1 && isSingle(m));
  const ready = maps.filter((m) => !joined.includes(m)).map((m) => readyAt(network, m, done));
  for (let g = 0; g < joined.length; g += layout.join) {
    const group = joined.slice(g, g + layout.join);
    // A tree that is left over adds by itself.
    const looked = (m: NetMap): number => (m.kind === 'tree' && group.length > 1 ? 1 : 0);
    ready.push(Math.max(...group.map((m) => readyAt(network, m, done) + looked(m))));
  }
  const banks = new Array<number>(layout.banks).fill(0);
  ready
    .sort((a, b) => a - b)
    .forEach((r, i) => {
      const bank = i % layout.banks;
      banks[bank] = Math.max(banks[bank], r) + 1;
    });
  return Math.max(...banks) + log2Up(layout.banks);
}

/** Containers beyond what is free, stages beyond the chip's (both 0 when all should fit), stages of the deeper gress, memory blocks. */
export interface Estimate {
  readonly over: number;
  readonly late: number;
  readonly depth: number;
  /** Fullest container size at the fullest moment: share of what is free. */
  readonly full: number;
  readonly blocks: Blocks;
}

function estimate(network: TableNetwork, layout: Layout, cut: Cut, room: Room): Estimate {
  const peaks: [Held, Held] = [
    { 8: 0, 16: 0, 32: 0 },
    { 8: 0, 16: 0, 32: 0 },
  ];
  const depth = [room.frontStages, 0];
  let side: 0 | 1 = 0;
  let done: number[] = [room.frontStages];
  const cross = (): void => {
    side = 1;
    done = done.map(() => 0);
  };
  for (let v = 1; v < network.values.length; v++) {
    const { indices, sums } = moments(network, layout, v);
    if (cut?.value === v && cut.part === 'indices') cross();
    peaks[side] = larger(peaks[side], indices);
    if (cut?.value === v && cut.part === 'sums') cross();
    peaks[side] = larger(peaks[side], sums);
    done[v] = finishAt(network, v, layout[v]!, done);
    depth[side] = Math.max(depth[side], done[v]);
  }
  depth[side] += 2; // differences and class
  let over = 0;
  // Containers belong to one gress for good: what both hold at their fullest must fit together (TARGETS.md §2).
  let full = 0;
  for (const bits of [8, 16, 32] as const) {
    const [held, free] = [peaks[0][bits] + peaks[1][bits], room.containers[bits] ?? 0];
    over += Math.max(0, held - free);
    full = Math.max(full, held / Math.max(1, free));
  }
  const { stages, stage } = room.chip;
  const blocks = { sram: 0, tcam: 0 };
  for (const one of layout) {
    blocks.sram += one?.blocks.sram ?? 0;
    blocks.tcam += one?.blocks.tcam ?? 0;
  }
  // Both gresses share a stage's memories.
  const filled = Math.max(blocks.sram / stage.sram, blocks.tcam / stage.tcam);
  const late =
    Math.max(0, depth[0] - stages) + Math.max(0, depth[1] - stages) + Math.max(0, Math.ceil(filled) - stages);
  return { over, late, depth: Math.max(depth[0], depth[1]), full, blocks };
}

function cutsOf(network: TableNetwork, layout: Layout): Cut[] {
  const cuts: Cut[] = [undefined];
  for (let v = 1; v < network.values.length; v++) {
    cuts.push({ value: v, part: 'indices' });
    if (layout[v]!.join > 1) cuts.push({ value: v, part: 'sums' });
  }
  return cuts;
}

/** A layout with its cut and what it was estimated to take. */
export interface Candidate {
  readonly layout: Layout;
  readonly cut: Cut;
  readonly estimate: Estimate;
}

export interface RankOptions {
  /** Ranges of value 0. */
  readonly inputs: readonly Range[];
  readonly width: SumBits;
  readonly lanes: LanesChoice;
  readonly room: Room;
  /** Candidates wanted. */
  readonly most: number;
}

/** Containers nearly all taken cost stages in the real placement: the less full the better, in eighths. */
const crowding = ({ estimate }: Candidate): number => Math.ceil(8 * estimate.full);

const packedValues = (layout: Layout): number => layout.filter((one) => one?.packed).length;

/** Candidates in the order of trying, and the best without packed lanes or joined indices, to compare with. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly plain?: Candidate;
  readonly single?: Candidate;
}

/** Layouts with cuts in the order of trying: those that should fit first, then by estimated stages, then the least crowded. */
export function rankLayouts(network: TableNetwork, options: RankOptions): Ranking {
  const { room } = options;
  const bounds = networkBounds(network, options.inputs);
  let partial: (ValueLayout | undefined)[][] = [[undefined]];
  for (let v = 1; v < network.values.length; v++) {
    const choices = valueLayouts(network, v, bounds, options.width, room, options.lanes);
    const twin = twinOf(network, v);
    // Values of one shape (the steps of a recurrent model) take one layout.
    partial = partial.flatMap((p) => {
      const theirs = twin === undefined ? undefined : choices.find((c) => sameLayout(c, p[twin]));
      return (theirs === undefined ? choices : [theirs]).map((c) => [...p, c]);
    });
    if (partial.length > KEPT) partial = thinned(partial);
  }
  const keyed = partial.flatMap((layout) =>
    cutsOf(network, layout).map((cut) => ({ layout, cut, estimate: estimate(network, layout, cut, room) })),
  );
  const order = (a: Candidate, b: Candidate): number =>
    a.estimate.over - b.estimate.over ||
    a.estimate.late - b.estimate.late ||
    a.estimate.depth - b.estimate.depth ||
    crowding(a) - crowding(b) ||
    packedValues(a.layout) - packedValues(b.layout);
  keyed.sort(order);
  const plain = keyed.find(({ layout }) => packedValues(layout) === 0);
  const single = keyed.find(({ layout }) => layout.every((one) => one === undefined || one.join === 1));
  return {
    candidates: keyed.slice(0, options.most),
    ...(plain === undefined ? {} : { plain }),
    ...(single === undefined ? {} : { single }),
  };
}

/** Partial layouts kept while values are added one by one. */
const KEPT = 1500;

const shapeOf = (network: TableNetwork, v: number): string =>
  `${network.values[v].size}:${network.maps
    .filter((m) => m.output === v)
    .map((m) => m.kind)
    .join()}`;

/** The first earlier value of the same shape. */
function twinOf(network: TableNetwork, v: number): number | undefined {
  const shape = shapeOf(network, v);
  for (let u = 1; u < v; u++) if (shapeOf(network, u) === shape) return u;
  return undefined;
}

function sameLayout(a: ValueLayout, b: ValueLayout | undefined): boolean {
  return b !== undefined && a.bits === b.bits && a.banks === b.banks && a.join === b.join && a.packed === b.packed;
}

/** The shallowest, packed or not: which of them has containers enough is only known at the end. */
function thinned(layouts: (ValueLayout | undefined)[][]): (ValueLayout | undefined)[][] {
  const depth = (layout: Layout): number => layout.reduce((sum, l) => sum + (l?.depth ?? 0), 0);
  const sorted = layouts.sort((a, b) => depth(a) - depth(b));
  const [plain, packed] = [sorted.filter((l) => packedValues(l) === 0), sorted.filter((l) => packedValues(l) > 0)];
  return [...plain.slice(0, KEPT), ...packed.slice(0, KEPT)];
}

/** Proved widths, one bank, no joined index; elements share fields or not. */
export function plainLayout(network: TableNetwork, packed: boolean): Layout {
  const one = { bits: 8, banks: 1, join: 1, packed, depth: 0, blocks: { sram: 0, tcam: 0 } } as const;
  return network.values.map((value, i) => (i === 0 ? undefined : { ...one, fields: value.size }));
}
