/** The state of fuzzy matching while values are worked through, and which maps and values belong together. */
import type { MapGraph, MapNode } from '../primitives/index.ts';
import type { GrownTree } from './grow.ts';
import type { FuzzyInput, Settled } from './options.ts';
import type { KeptPlaces, TreePlace } from './packet-trees.ts';

/** Maps that share one tree: the same group at several window positions, or one map alone. */
export interface TreeGroup {
  readonly maps: readonly MapNode[];
  /** Equal functions too: one table for all. */
  readonly oneTable: boolean;
}

export interface Work {
  readonly graph: MapGraph;
  readonly rows: number;
  /** Float activations and those that the tables yield. */
  readonly float: readonly Float64Array[];
  readonly actual: (Float64Array | undefined)[];
  readonly options: Settled;
  readonly features: readonly FuzzyInput[];
  /** Class of each row, when they are known. */
  readonly label: ArrayLike<number> | undefined;
  /** True when the answer is the largest logit. */
  readonly argmax: boolean;
  /** Trees at single packets. */
  readonly packets: KeptPlaces;
  readonly packetTrees: Map<readonly TreePlace[], GrownTree>;
  readonly trees: Map<number, readonly GrownTree[]>;
  readonly luts: Map<number, Float64Array>;
}

/** Equal functions that add into one value keep a common tree only: with a table each they can be refitted apart. */
export function tablesPerPosition(graph: MapGraph): MapGraph {
  const outputs = new Map<string, Set<number>>();
  for (const map of graph.maps)
    if (map.shared !== undefined)
      outputs.set(map.shared.key, (outputs.get(map.shared.key) ?? new Set()).add(map.output));
  const maps = graph.maps.map((map): MapNode => {
    const { shared, ...rest } = map;
    if (shared === undefined || outputs.get(shared.key)!.size > 1) return map;
    return { ...rest, indexShared: map.indexShared ?? shared };
  });
  return { ...graph, maps };
}

/** Values whose maps share tables are worked on together; in order of their first value. */
export function valueFamilies(graph: MapGraph): number[][] {
  const family = new Map<string, number[]>();
  const families: number[][] = [];
  for (const value of graph.values) {
    if (value.kind === 'input') continue;
    const keys = graph.maps.filter((m) => m.output === value.id && m.shared !== undefined).map((m) => m.shared!.key);
    const found = keys.map((key) => family.get(key)).find((f) => f !== undefined);
    const mine = found ?? [];
    if (found === undefined) families.push(mine);
    mine.push(value.id);
    for (const key of keys) family.set(key, mine);
  }
  return families;
}

export function treeGroups(maps: readonly MapNode[]): TreeGroup[] {
  const groups = new Map<string, MapNode[]>();
  for (const map of maps) {
    const key =
      map.shared !== undefined
        ? `s${map.shared.key}`
        : map.indexShared !== undefined
          ? `i${map.indexShared.key}`
          : `m${map.id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [map]);
    else group.push(map);
  }
  return [...groups.values()].map((group) => ({ maps: group, oneTable: group[0].shared !== undefined }));
}

/** Group inputs of a map: from the tables where they are done, else from the float model (recurrent families). */
export function gather(work: Work, map: MapNode): Float64Array {
  const n = map.inputs.length;
  const x = new Float64Array(work.rows * n);
  map.inputs.forEach((ref, c) => {
    const from = work.actual[ref.value] ?? work.float[ref.value];
    const size = work.graph.values[ref.value].size;
    for (let r = 0; r < work.rows; r++) x[r * n + c] = from[r * size + ref.index];
  });
  return x;
}

/** At most this many stacked rows grow a tree shared by window positions. */
export const STACK_LIMIT = 40_000;

/** Rows of all maps of a group stacked, thinned evenly to the limit. */
export function stack(work: Work, group: TreeGroup): { x: Float64Array; rows: number; from: Int32Array } {
  const n = group.maps[0].inputs.length;
  const total = work.rows * group.maps.length;
  const step = Math.max(1, Math.ceil(total / STACK_LIMIT));
  const rows = Math.ceil(total / step);
  const parts = group.maps.map((map) => gather(work, map));
  const x = new Float64Array(rows * n);
  const from = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const at = i * step;
    const part = Math.floor(at / work.rows);
    const r = at % work.rows;
    from[i] = part;
    for (let c = 0; c < n; c++) x[i * n + c] = parts[part][r * n + c];
  }
  return { x, rows, from };
}

export function columnsOf(x: Float64Array, dim: number, columns: readonly number[], rows: number): Float64Array {
  const out = new Float64Array(rows * columns.length);
  for (let r = 0; r < rows; r++)
    columns.forEach((c, i) => {
      out[r * columns.length + i] = x[r * dim + c];
    });
  return out;
}
