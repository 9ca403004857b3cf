/**
 * Float table network → integer table network. Every element of every sum has its own scale; leaf values and biases are rounded to
 * nearest, thresholds on sums are carried to the same scale and floored (x ≤ T ⇔ x ≤ ⌊T⌋ for integers).
 */
import { fail } from '../../problem.ts';
import { networkBounds, type Range } from '../lower/bounds.ts';
import type { LeafValues, NetMap, TableNetwork, Tree } from '../lower/network.ts';

export interface FixedPointOptions {
  /** Bits of every sum (default 16): its proved range uses all of them. */
  readonly width?: number;
  /** Inputs' ranges, by element of value 0. */
  readonly inputs: readonly Range[];
}

/** Scale of every element: integer = float × scale. Value 0 has scale 1. */
export type Formats = readonly (readonly number[])[];

/** Rounding error of one table value is at most half a step: a sum of `maps` of them can exceed its float bound by that much. */
function slack(network: TableNetwork, value: number): number {
  return network.maps.filter((m) => m.output === value).length / 2 + 1;
}

/** Largest scale under which the sum's range, rounding included, fits `width` signed bits; 1/step otherwise kept below 2^20. */
function scaleFor(range: Range, width: number, extra: number): number {
  const magnitude = Math.max(Math.abs(range.min), Math.abs(range.max), 1e-9);
  const room = 2 ** (width - 1) - 1 - extra;
  return Math.min(room / magnitude, 2 ** 20);
}

interface Tied {
  readonly value: number;
  readonly index: number;
  /** Its scale is the group's divided by this (default 1). */
  readonly weight?: number;
}

/** Elements that must share one scale because they are compared or subtracted: logits, and both sides of |a − b| with their sum. */
function tiedElements(network: TableNetwork): Tied[][] {
  const tied: Tied[][] = [];
  const verdict = network.verdict;
  const size = network.values[verdict.value].size;
  if (verdict.kind === 'argmax')
    tied.push(Array.from({ length: size }, (_, index) => ({ value: verdict.value, index })));
  for (const map of network.maps)
    if (map.kind === 'absdiff')
      tied.push([...map.a, ...map.b, { value: map.output, index: 0, weight: map.weight ?? 1 }]);
  return tied;
}

/** Chooses formats from the exact ranges of the float sums. Argmax leaves one bit for differences of logits. */
export function chooseFormats(network: TableNetwork, options: FixedPointOptions): Formats {
  const bounds = networkBounds(network, options.inputs);
  const width = options.width ?? 16;
  const formats = bounds.map((ranges, value) =>
    ranges.map((range) => (value === 0 ? 1 : scaleFor(range, width, slack(network, value)))),
  );
  for (const group of tiedElements(network)) {
    const halved = network.verdict.kind === 'argmax' ? 2 : 1;
    tie(group, formats, halved);
  }
  return formats;
}

/** One scale for a group: what the narrowest of its elements allows. */
function tie(group: readonly Tied[], formats: number[][], halved: number): void {
  const scale = Math.min(...group.map((e) => formats[e.value][e.index] * (e.weight ?? 1))) / halved;
  for (const e of group) formats[e.value][e.index] = scale / (e.weight ?? 1);
}

function roundTable(lut: LeafValues, outIndex: Int32Array, scales: readonly number[]): Int32Array {
  const n = outIndex.length;
  return Int32Array.from(lut, (v, i) => Math.round(v * scales[outIndex[i % n]]));
}

function carryTree(tree: Tree, formats: Formats): Tree {
  const threshold = tree.threshold.map((t, n) => {
    const ref = tree.inputs[tree.coord[n]];
    return Math.floor(t * formats[ref.value][ref.index]);
  });
  return { ...tree, threshold };
}

function carryMap(map: NetMap, formats: Formats): NetMap {
  if (map.kind === 'index') return map;
  if (map.kind === 'absdiff') {
    const { weight: _, ...rest } = map;
    return rest;
  }
  if (map.kind === 'leaf') return { ...map, tree: carryTree(map.tree, formats) };
  const lut = roundTable(map.lut, map.outIndex, formats[map.output]);
  return map.kind === 'exact' ? { ...map, lut } : { ...map, lut, trees: map.trees.map((t) => carryTree(t, formats)) };
}

/** Values whose integer sums still exceed the width (a threshold moved and freed a leaf): how much they must shrink. */
function overflow(
  network: TableNetwork,
  groups: readonly (readonly Tied[])[],
  formats: Formats,
  options: FixedPointOptions,
): Formats {
  const bounds = networkBounds(network, options.inputs);
  const limit = 2 ** ((options.width ?? 16) - 1) - 1;
  const verdict = network.verdict;
  const shrunk = formats.map((scales, value) => {
    if (value === 0) return [...scales];
    const room = value === verdict.value && verdict.kind === 'argmax' ? limit / 2 : limit;
    const most = bounds[value].map((r) => Math.max(Math.abs(r.min), Math.abs(r.max)));
    const tied = value === verdict.value ? Math.max(...most) : 0;
    return scales.map((scale, e) =>
      Math.max(most[e], tied) > room ? (scale * room * 0.99) / Math.max(most[e], tied) : scale,
    );
  });
  for (const group of groups) tie(group, shrunk, 1);
  return shrunk;
}

function carry(network: TableNetwork, formats: Formats): TableNetwork {
  const maps = network.maps.map((map) => carryMap(map, formats));
  const values = network.values.map((value, v) =>
    value.bias === undefined
      ? value
      : { ...value, bias: Int32Array.from(value.bias, (b, i) => Math.round(b * formats[v][i])) },
  );
  const { verdict } = network;
  // A score's threshold is in units of the model; sums are counted in steps of their scale.
  if (verdict.kind === 'argmax') return { ...network, maps, values };
  return { ...network, maps, values, verdict: { ...verdict, divide: verdict.divide * formats[verdict.value][0] } };
}

/** The widest magnitude of each sum against the width: what a proof of no overflow says, element by element. */
export function overflowing(
  network: TableNetwork,
  options: FixedPointOptions,
): { value: string; most: number } | undefined {
  const bounds = networkBounds(network, options.inputs);
  const limit = 2 ** ((options.width ?? 16) - 1);
  for (let v = 1; v < bounds.length; v++)
    for (const { min, max } of bounds[v])
      if (min < -limit || max > limit - 1) return { value: network.values[v].name, most: Math.max(-min, max) };
  return undefined;
}

/** Formats are narrowed at most so often until the exact ranges fit. */
const ROUNDS = 16;

/**
 * The integer network and its formats; every sum's exact range is proved to fit the width, so nothing overflows or saturates.
 * @throws ProblemError COMPILE-WIDTH when no format makes a sum fit
 */
export function quantise(
  network: TableNetwork,
  options: FixedPointOptions,
): { readonly network: TableNetwork; readonly formats: Formats } {
  let formats = chooseFormats(network, options);
  const tied = tiedElements(network);
  for (let round = 0; round < ROUNDS; round++) {
    const carried = carry(network, formats);
    const shrunk = overflow(carried, tied, formats, options);
    if (shrunk.every((scales, v) => scales.every((s, e) => s === formats[v][e]))) return { network: carried, formats };
    formats = shrunk;
  }
  const over = overflowing(carry(network, formats), options);
  fail({
    code: 'COMPILE-WIDTH',
    message: `the sum ${over?.value ?? ''} cannot be proved to fit ${options.width ?? 16} bits`,
    have: `values up to ${over?.most ?? 0}`,
    hint: 'a larger --width, or fewer leaves',
  });
}
