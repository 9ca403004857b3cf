/**
 * The cost model of layouts: for every sum, how many accumulator banks, which containers, indices joined or not; estimated in stages
 * and containers, shallowest first. Estimates choose the order of trying; `switch` has the last word.
 */
import { networkBounds, type Range } from './bounds.ts';
import { isSingle, JOIN_LIMIT } from './join.ts';
import { type SumBits, sumBits } from './lower.ts';
import { mapInputs, type NetMap, type TableNetwork, tableRows } from './network.ts';
import { differenceRange } from './verdict.ts';

export interface ValueLayout {
  readonly bits: SumBits;
  readonly banks: number;
  /** Indices joined in one exact table; 1: each tree adds by itself. */
  readonly join: number;
  /** Estimated stages. */
  readonly depth: number;
}

/** By value number; value 0 has none. */
export type Layout = readonly (ValueLayout | undefined)[];

/** Action data bus, bytes a stage; ternary tables a stage; normal containers of a group (TARGETS.md §2, §5). */
const BUS_BYTES = 128;
const TERNARY_TABLES = 8;
const GROUP = 12;
const BANKS = [1, 2, 3, 4, 6, 8];

const log2Up = (n: number): number => Math.ceil(Math.log2(n));

/** Layouts of one value that respect what a stage and the containers can hold. */
function valueLayouts(
  network: TableNetwork,
  value: number,
  ranges: readonly Range[],
  width: SumBits,
  room: Room,
): ValueLayout[] {
  const maps = network.maps.filter((m) => m.output === value);
  const size = network.values[value].size;
  // Kept values and fuzzy indices are no sums: one field an element, nothing to choose.
  if (network.values[value].kept !== undefined || maps.some((m) => m.kind === 'leaf'))
    return [{ bits: 8, banks: 1, join: 1, depth: Math.ceil(maps.length / TERNARY_TABLES) }];
  if (maps.some((m) => m.kind === 'absdiff')) return [{ bits: 16, banks: 2, join: 1, depth: 7 }];
  const isVerdict = value === network.verdict.value && network.verdict.kind === 'argmax';
  const proved = sumBits(network.values[value].name, isVerdict ? [...ranges, differenceRange(ranges)] : ranges, width);
  const trees = maps.filter(isSingle);
  const leaves = Math.max(1, ...trees.map(tableRows));
  const joins = [1, 2, 3].filter((k) => k === 1 || (trees.length > 1 && leaves ** k <= JOIN_LIMIT));
  const widths = ([proved, 32] as const).filter((b, i, all) => all.indexOf(b) === i);
  const out: ValueLayout[] = [];
  for (const join of joins)
    for (const bits of widths)
      for (const banks of BANKS) {
        const tables = Math.ceil(trees.length / join) + (maps.length - trees.length);
        const perStage = Math.max(1, Math.floor(BUS_BYTES / Math.max(1, (size * bits) / 8)));
        if (banks > 1 && (banks > tables || banks > perStage || banks > GROUP)) continue;
        if (isVerdict && banks > 1 && banks * size > GROUP) continue;
        if (banks > 1 && banks * size > (room.containers[bits] ?? 0)) continue;
        const index = join === 1 ? 0 : Math.ceil(trees.filter((m) => m.kind === 'tree').length / TERNARY_TABLES);
        out.push({ bits, banks, join, depth: index + Math.ceil(tables / banks) + log2Up(banks) });
      }
  return out;
}

/** Where egress begins: before the indices of a value, or between its indices and its sums; undefined: everything in ingress. */
export type Cut = { readonly value: number; readonly part: 'indices' | 'sums' } | undefined;

/** What the front leaves: free containers by size, and the stages it takes itself. */
export interface Room {
  readonly containers: Readonly<Record<number, number>>;
  readonly stages: number;
  readonly frontStages: number;
}

export interface Candidate {
  readonly layout: Layout;
  readonly cut: Cut;
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
    indices[theirs.bits] += network.values[u].size;
    if (mine.join === 1) sums[theirs.bits] += network.values[u].size;
  }
  if (mine.join > 1) {
    indices[8] += trees;
    sums[8] += trees;
  }
  sums[mine.bits] += mine.banks * network.values[v].size;
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
    const group = joined.slice(g, g + layout.join).map((m) => readyAt(network, m, done) + (m.kind === 'tree' ? 1 : 0));
    ready.push(Math.max(...group));
  }
  const banks = new Array<number>(layout.banks).fill(0);
  ready.forEach((r, i) => {
    const bank = i % layout.banks;
    banks[bank] = Math.max(banks[bank], r) + 1;
  });
  return Math.max(...banks) + log2Up(layout.banks);
}

/** Containers beyond what is free, and stages beyond the chip's, for a layout and a cut: both 0 when all should fit. */
function estimate(
  network: TableNetwork,
  layout: Layout,
  cut: Cut,
  room: Room,
): { over: number; late: number; depth: number } {
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
  for (const bits of [8, 16, 32] as const)
    over += Math.max(0, peaks[0][bits] + peaks[1][bits] - (room.containers[bits] ?? 0));
  const late = Math.max(0, depth[0] - room.stages) + Math.max(0, depth[1] - room.stages);
  return { over, late, depth: Math.max(depth[0], depth[1]) };
}

function cutsOf(network: TableNetwork, layout: Layout): Cut[] {
  const cuts: Cut[] = [undefined];
  for (let v = 1; v < network.values.length; v++) {
    cuts.push({ value: v, part: 'indices' });
    if (layout[v]!.join > 1) cuts.push({ value: v, part: 'sums' });
  }
  return cuts;
}

/** Layouts with cuts in the order of trying: those that should fit first, then by estimated stages. */
export function rankLayouts(
  network: TableNetwork,
  inputs: readonly Range[],
  width: SumBits,
  room: Room,
  most: number,
): Candidate[] {
  const bounds = networkBounds(network, inputs);
  let partial: (ValueLayout | undefined)[][] = [[undefined]];
  for (let v = 1; v < network.values.length; v++) {
    const choices = valueLayouts(network, v, bounds[v], width, room);
    const twin = twinOf(network, v);
    // Values of one shape (the steps of a recurrent model) take one layout.
    partial = partial.flatMap((p) => {
      const theirs = twin === undefined ? undefined : choices.find((c) => sameLayout(c, p[twin]));
      return (theirs === undefined ? choices : [theirs]).map((c) => [...p, c]);
    });
    if (partial.length > KEPT) partial = thinned(partial);
  }
  const keyed = partial.flatMap((layout) =>
    cutsOf(network, layout).map((cut) => ({ layout, cut, ...estimate(network, layout, cut, room) })),
  );
  keyed.sort((a, b) => a.over - b.over || a.late - b.late || a.depth - b.depth);
  return keyed.slice(0, most).map(({ layout, cut }) => ({ layout, cut }));
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
  return b !== undefined && a.bits === b.bits && a.banks === b.banks && a.join === b.join;
}

function thinned(layouts: (ValueLayout | undefined)[][]): (ValueLayout | undefined)[][] {
  const depth = (layout: Layout): number => layout.reduce((sum, l) => sum + (l?.depth ?? 0), 0);
  return layouts.sort((a, b) => depth(a) - depth(b)).slice(0, KEPT);
}
