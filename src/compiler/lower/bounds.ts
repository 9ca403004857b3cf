/**
 * Exact ranges of everything a table network computes, from table contents (COMPILER.md "Fixed point"): the proof that no sum
 * overflows its container, and the domain that ternary keys need to cover.
 */
import type { NetMap, TableNetwork, Tree } from './network.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Ranges by value and element. */
export type Bounds = readonly (readonly Range[])[];

/** Leaves that some input within the ranges reaches (each input on its own), ascending. */
export function reachableLeaves(tree: Tree, range: (coord: number) => Range): number[] {
  const low = tree.inputs.map((_, c) => range(c).min);
  const high = tree.inputs.map((_, c) => range(c).max);
  const found: number[] = [];
  const walk = (node: number): void => {
    if (node < 0) {
      found.push(~node);
      return;
    }
    const c = tree.coord[node];
    const t = tree.threshold[node];
    if (low[c] <= t) {
      const kept = high[c];
      high[c] = Math.min(kept, t);
      walk(tree.left[node]);
      high[c] = kept;
    }
    if (high[c] > t) {
      const kept = low[c];
      // Integers: the smallest value above t.
      low[c] = Math.max(kept, Math.floor(t) + 1);
      walk(tree.right[node]);
      low[c] = kept;
    }
  };
  if (tree.coord.length === 0) return [0];
  walk(0);
  // Several ranges of a codebook share a leaf.
  return [...new Set(found)].sort((a, b) => a - b);
}

/** Table rows of a map that can be read, ascending. */
export function reachableRows(map: Exclude<NetMap, { kind: 'absdiff' | 'leaf' }>, bounds: Bounds): number[] {
  if (map.kind === 'index') {
    let rows = [0];
    map.inputs.forEach((ref, i) => {
      const { min, max } = bounds[ref.value][ref.index];
      const indices = Array.from({ length: max - min + 1 }, (_, j) => min + j);
      rows = rows.flatMap((row) => indices.map((index) => row * map.radix[i] + index));
    });
    return rows;
  }
  if (map.kind === 'exact') {
    const { min, max } = bounds[map.input.value][map.input.index];
    const last = Math.min(max, map.rows - 1);
    return Array.from({ length: Math.max(0, last - Math.min(min, last)) + 1 }, (_, i) => Math.min(min, last) + i);
  }
  let rows = [0];
  for (const tree of map.trees) {
    const leaves = reachableLeaves(tree, (c) => bounds[tree.inputs[c].value][tree.inputs[c].index]);
    rows = rows.flatMap((row) => leaves.map((leaf) => row * tree.leaves + leaf));
  }
  return rows;
}

function addMap(map: NetMap, bounds: Range[][]): void {
  const out = bounds[map.output];
  if (map.kind === 'absdiff') {
    let [min, max] = [0, 0];
    map.a.forEach((ref, i) => {
      const a = bounds[ref.value][ref.index];
      const b = map.b.length > 0 ? bounds[map.b[i].value][map.b[i].index] : { min: 0, max: 0 };
      const weight = map.weight ?? 1;
      max += weight * Math.max(Math.abs(a.max - b.min), Math.abs(b.max - a.min));
      min += weight * Math.max(0, a.min - b.max, b.min - a.max);
    });
    out[0] = { min: out[0].min + min, max: out[0].max + max };
    return;
  }
  if (map.kind === 'leaf') {
    const { tree } = map;
    const leaves = reachableLeaves(tree, (c) => bounds[tree.inputs[c].value][tree.inputs[c].index]);
    out[map.element] = { min: leaves[0], max: leaves[leaves.length - 1] };
    return;
  }
  const rows = reachableRows(map, bounds);
  const n = map.outIndex.length;
  for (let o = 0; o < n; o++) {
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const row of rows) {
      min = Math.min(min, map.lut[row * n + o]);
      max = Math.max(max, map.lut[row * n + o]);
    }
    const at = map.outIndex[o];
    out[at] = { min: out[at].min + min, max: out[at].max + max };
  }
}

/**
 * Ranges of all elements; `input` gives those of value 0 (after clamping). A kept value (window rings) has the ranges of the elements
 * it keeps.
 */
export function networkBounds(network: TableNetwork, input: readonly Range[]): Bounds {
  const bounds = network.values.map((value, i) =>
    i === 0
      ? [...input]
      : Array.from({ length: value.size }, (_, j): Range => ({ min: value.bias?.[j] ?? 0, max: value.bias?.[j] ?? 0 })),
  );
  const maps = [...network.maps].sort((a, b) => a.output - b.output);
  let at = 0;
  network.values.forEach((value, v) => {
    if (value.kept !== undefined) {
      value.kept.forEach(({ source }, e) => {
        bounds[v][e] = bounds[source.value][source.index];
      });
    }
    for (; at < maps.length && maps[at].output <= v; at++) addMap(maps[at], bounds);
  });
  return bounds;
}

/** Ranges of the inputs by the features' widths and clamps. */
export function inputRanges(network: TableNetwork): Range[] {
  const per = network.features.map((f) => ({ min: 0, max: Math.min(f.clamp ?? 2 ** f.bits - 1, 2 ** f.bits - 1) }));
  return Array.from({ length: network.values[0].size }, (_, i) => per[i % per.length]);
}
