/**
 * Fuzzy matching: a float Partition/Map/SumReduce graph becomes a table network with float leaf values, value by value in
 * topological order, each on the activations that the tables before it really yield (COMPILER.md "Fuzzy matching").
 */
import type { Progress } from '../../problem.ts';
import type { NetMap, TableNetwork, Tree, TreeMap } from '../lower/network.ts';
import { evaluateValues, type MapGraph, type MapNode, partsOf } from '../primitives/index.ts';
import { type CodePoints, codesOf, codeTree } from './codebook.ts';
import { type GrowData, type GrownTree, grownLeaves, growTree } from './grow.ts';
import { keptPlaces, type TreePlace } from './packet-trees.ts';
import { splitPackets } from './packets.ts';
import { applyRows, type RefitTable, refitSum } from './refit.ts';

export interface FuzzyOptions {
  /** `published`: complete trees by input error. `output-aware`: best-first by the error of the Map's outputs. Default the latter. */
  readonly strategy?: 'published' | 'output-aware';
  /** Leaves a tree (default 16). */
  readonly leaves?: number;
  /**
   * Window models: bits of fuzzy index kept per packet, shared evenly by the trees that look at one packet; each has 2^bits leaves.
   * Default: what a joined table of 4,096 entries allows.
   */
  readonly indexBits?: number;
  /** Ridge refit of leaf values, layer by layer (default true; never for `published` unless asked). */
  readonly refit?: boolean;
  readonly progress?: Progress;
}

/** Feature of the network's input: width and clamp as the switch has them. */
export interface FuzzyInput {
  readonly name: string;
  readonly bits: number;
  readonly clamp?: number;
}

/** Calibration rows: row-major inputs as the switch sees them. */
export interface Calibration {
  readonly rows: number;
  readonly values: ArrayLike<number>;
}

/** Maps that share one tree: the same group at several window positions, or one map alone. */
interface TreeGroup {
  readonly maps: readonly MapNode[];
  /** Equal functions too: one table for all. */
  readonly oneTable: boolean;
}

interface Work {
  readonly graph: MapGraph;
  readonly rows: number;
  /** Float activations and those that the tables yield. */
  readonly float: readonly Float64Array[];
  readonly actual: (Float64Array | undefined)[];
  readonly options: Required<Pick<FuzzyOptions, 'strategy' | 'leaves' | 'refit'>>;
  /** Trees at single packets, by map and part: the places of a common tree, and its leaves. */
  readonly packets: { readonly of: ReadonlyMap<string, readonly TreePlace[]>; readonly leaves: number };
  readonly inputs: readonly FuzzyInput[];
  readonly packetTrees: Map<readonly TreePlace[], GrownTree>;
  readonly trees: Map<number, readonly GrownTree[]>;
  readonly luts: Map<number, Float64Array>;
}

/** Equal functions that add into one value keep a common tree only: with a table each they can be refitted apart. */
function tablesPerPosition(graph: MapGraph): MapGraph {
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
function valueFamilies(graph: MapGraph): number[][] {
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

function treeGroups(maps: readonly MapNode[]): TreeGroup[] {
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
function gather(work: Work, map: MapNode): Float64Array {
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
const STACK_LIMIT = 40_000;

/** Rows of all maps of a group stacked, thinned evenly to the limit. */
function stack(work: Work, group: TreeGroup): { x: Float64Array; rows: number; from: Int32Array } {
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

/** What a group's tree should keep alike: the outputs of its function(s), side by side. */
function outputsOf(group: TreeGroup, x: Float64Array, rows: number): { y: Float64Array; outs: number } {
  const functions = group.oneTable ? group.maps.slice(0, 1) : group.maps;
  const parts = functions.map((map) => map.apply(x, rows));
  const widths = parts.map((part) => part.length / rows);
  const outs = widths.reduce((a, b) => a + b, 0);
  if (parts.length === 1) return { y: parts[0], outs };
  const y = new Float64Array(rows * outs);
  let column = 0;
  parts.forEach((part, i) => {
    for (let r = 0; r < rows; r++) y.set(part.subarray(r * widths[i], (r + 1) * widths[i]), r * outs + column);
    column += widths[i];
  });
  return { y, outs };
}

function columnsOf(x: Float64Array, dim: number, columns: readonly number[], rows: number): Float64Array {
  const out = new Float64Array(rows * columns.length);
  for (let r = 0; r < rows; r++)
    columns.forEach((c, i) => {
      out[r * columns.length + i] = x[r * dim + c];
    });
  return out;
}

/** A tree by the chosen strategy: `published` looks at the inputs alone. */
function grow(work: Work, data: GrowData, leaves: number): GrownTree {
  return work.options.strategy === 'published'
    ? growTree({ ...data, outs: data.dim, y: data.x }, { leaves, order: 'complete' })
    : growTree(data, { leaves, order: 'best-first' });
}

/** Largest feature value that codebooks go through one by one. */
const MOST_CODED = 8192;
/** Settings of a packet's other features under which the function of one is looked at. */
const SETTINGS = 4;
/** Weight of a value that no calibration row has, against 1 for one row. */
const UNSEEN = 0.05;

/** What the values 0 … count−1 of a feature do in the Maps that look at it, at a few rows' settings of their other inputs. */
function codePoints(work: Work, places: readonly TreePlace[], count: number): CodePoints {
  const weight = new Float64Array(count).fill(UNSEEN);
  const parts = new Map<string, Float64Array>();
  for (const { map, part } of places) {
    const [column] = partsOf(map)[part];
    const n = map.inputs.length;
    const all = gather(work, map);
    for (let r = 0; r < work.rows; r++) weight[Math.min(count - 1, all[r * n + column])]++;
    const settings = n === 1 ? 1 : SETTINGS;
    for (let k = 0; k < settings; k++) {
      const row = Math.floor(((k + 0.5) * work.rows) / settings) * n;
      const x = new Float64Array(count * n);
      for (let v = 0; v < count; v++) {
        x.set(all.subarray(row, row + n), v * n);
        x[v * n + column] = v;
      }
      const y = centred(map.apply(x, count), count);
      // Equal functions, and settings that only shift: once is enough.
      parts.set(Array.from(y.subarray(0, 64), (v) => v.toFixed(9)).join(), y);
    }
  }
  const all = [...parts.values()];
  const dim = all.reduce((sum, y) => sum + y.length / count, 0);
  const y = new Float64Array(count * dim);
  let column = 0;
  for (const part of all) {
    const width = part.length / count;
    for (let v = 0; v < count; v++) y.set(part.subarray(v * width, (v + 1) * width), v * dim + column);
    column += width;
  }
  return { count, dim, y, weight };
}

/** Columns without their means. */
function centred(y: Float64Array, rows: number): Float64Array {
  const n = y.length / rows;
  for (let c = 0; c < n; c++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += y[r * n + c];
    for (let r = 0; r < rows; r++) y[r * n + c] -= sum / rows;
  }
  return y;
}

/** The tree of several Maps at their packets: each place brings its own rows and what its own function makes of them. */
function packetTree(work: Work, places: readonly TreePlace[]): GrownTree {
  const known = work.packetTrees.get(places);
  if (known !== undefined) return known;
  const columns = partsOf(places[0].map)[places[0].part];
  const dim = columns.length;
  const { value, index } = places[0].map.inputs[columns[0]];
  const input = work.inputs[index % work.inputs.length];
  const domain = input.clamp ?? 2 ** input.bits - 1;
  if (dim === 1 && value === 0 && domain < MOST_CODED && work.options.strategy !== 'published') {
    const tree = codeTree(codesOf(codePoints(work, places, domain + 1), work.packets.leaves));
    work.packetTrees.set(places, tree);
    return tree;
  }
  const step = Math.max(1, Math.ceil((work.rows * places.length) / STACK_LIMIT));
  const outs = Math.max(...places.map(({ map }) => map.outIndex.length));
  const perPlace = Math.ceil(work.rows / step);
  const rows = perPlace * places.length;
  const x = new Float64Array(rows * dim);
  const y = new Float64Array(rows * outs);
  places.forEach(({ map, part }, p) => {
    const all = gather(work, map);
    const n = map.inputs.length;
    const thin = new Float64Array(perPlace * n);
    for (let i = 0; i < perPlace; i++) thin.set(all.subarray(i * step * n, (i * step + 1) * n), i * n);
    const own = map.apply(thin, perPlace);
    const width = map.outIndex.length;
    for (let i = 0; i < perPlace; i++) {
      const r = p * perPlace + i;
      partsOf(map)[part].forEach((c, k) => {
        x[r * dim + k] = thin[i * n + c];
      });
      y.set(own.subarray(i * width, (i + 1) * width), r * outs);
    }
  });
  const tree = grow(work, { rows, dim, x, outs, y }, work.packets.leaves);
  work.packetTrees.set(places, tree);
  return tree;
}

function growGroup(work: Work, group: TreeGroup): void {
  const map = group.maps[0];
  const { x, rows } = stack(work, group);
  const dim = map.inputs.length;
  const { y, outs } = outputsOf(group, x, rows);
  const trees = partsOf(map).map((columns, part) => {
    const places = work.packets.of.get(`${map.id}/${part}`);
    if (places?.some((place) => partsOf(place.map).length > 1 || place.map.output !== map.output))
      return packetTree(work, places);
    const sub = columns.length === dim ? x : columnsOf(x, dim, columns, rows);
    return grow(
      work,
      { rows, dim: columns.length, x: sub, outs, y },
      places ? work.packets.leaves : work.options.leaves,
    );
  });
  const table = group.oneTable ? initialTable(work, map, trees, x, rows) : undefined;
  for (const one of group.maps) {
    work.trees.set(one.id, trees);
    work.luts.set(one.id, table ?? initialTable(work, one, trees, x, rows));
  }
}

/** Mean input of every leaf. */
function prototypes(tree: GrownTree, x: Float64Array, dim: number, rows: number, leaves: Int32Array): Float64Array {
  const mean = new Float64Array(tree.leaves * dim);
  const count = new Float64Array(tree.leaves);
  for (let r = 0; r < rows; r++) {
    count[leaves[r]]++;
    for (let c = 0; c < dim; c++) mean[leaves[r] * dim + c] += x[r * dim + c];
  }
  for (let l = 0; l < tree.leaves; l++) for (let c = 0; c < dim; c++) mean[l * dim + c] /= Math.max(1, count[l]);
  return mean;
}

/** Combined index of each row and the function's inputs at every combination of leaf prototypes. */
function combine(
  map: MapNode,
  trees: readonly GrownTree[],
  x: Float64Array,
  rows: number,
): { index: Int32Array; points: Float64Array; count: number } {
  const dim = map.inputs.length;
  const parts = partsOf(map);
  const index = new Int32Array(rows);
  const means = trees.map((tree, t) => {
    const sub = columnsOf(x, dim, parts[t], rows);
    const leaves = grownLeaves(tree, sub, parts[t].length, rows);
    for (let r = 0; r < rows; r++) index[r] = index[r] * tree.leaves + leaves[r];
    return prototypes(tree, sub, parts[t].length, rows, leaves);
  });
  const count = trees.reduce((product, tree) => product * tree.leaves, 1);
  const points = new Float64Array(count * dim);
  for (let i = 0; i < count; i++) {
    let rest = i;
    for (let t = trees.length - 1; t >= 0; t--) {
      const leaf = rest % trees[t].leaves;
      rest = Math.floor(rest / trees[t].leaves);
      parts[t].forEach((c, k) => {
        points[i * dim + c] = means[t][leaf * parts[t].length + k];
      });
    }
  }
  return { index, points, count };
}

/**
 * First leaf values. Published: the function at the leaf's mean input. Otherwise the mean of the function over the leaf's rows,
 * with the function at the prototype standing in (weight of one row) where a combination of leaves is rare.
 */
function initialTable(
  work: Work,
  map: MapNode,
  trees: readonly GrownTree[],
  x: Float64Array,
  rows: number,
): Float64Array {
  const { index, points, count } = combine(map, trees, x, rows);
  const atPoints = map.apply(points, count);
  const n = map.outIndex.length;
  if (work.options.strategy === 'published') return atPoints;
  const y = map.apply(x, rows);
  const lut = Float64Array.from(atPoints);
  const weight = new Float64Array(count).fill(1);
  for (let r = 0; r < rows; r++) {
    weight[index[r]]++;
    for (let o = 0; o < n; o++) lut[index[r] * n + o] += y[r * n + o];
  }
  for (let i = 0; i < count; i++) for (let o = 0; o < n; o++) lut[i * n + o] /= weight[i];
  return lut;
}

/** Table rows that every calibration row reads from a map. */
function indexOf(work: Work, map: MapNode): Int32Array {
  const x = gather(work, map);
  if (map.exact !== undefined) return Int32Array.from(x, (v) => Math.min(Math.max(0, v), map.exact![0] - 1));
  const dim = map.inputs.length;
  const parts = partsOf(map);
  const index = new Int32Array(work.rows);
  work.trees.get(map.id)!.forEach((tree, t) => {
    const leaves = grownLeaves(tree, columnsOf(x, dim, parts[t], work.rows), parts[t].length, work.rows);
    for (let r = 0; r < work.rows; r++) index[r] = index[r] * tree.leaves + leaves[r];
  });
  return index;
}

/** Works one family through: trees, tables, refit, and the activations that the tables yield. */
function workFamily(work: Work, family: readonly number[]): void {
  const maps = work.graph.maps.filter((m) => family.includes(m.output));
  if (maps.some((map) => map.absolute !== undefined)) {
    for (const id of family) work.actual[id] = absoluteSum(work, maps[0]);
    return;
  }
  const tableMaps = maps.filter((m) => m.exact === undefined);
  const exact = new Map<string, Float64Array>();
  for (const map of maps) {
    if (map.exact === undefined) continue;
    const key = map.shared?.key ?? `m${map.id}`;
    const table = exact.get(key) ?? exactTable(map);
    exact.set(key, table);
    work.luts.set(map.id, table);
  }
  for (const group of treeGroups(tableMaps)) growGroup(work, group);
  const rounds = work.options.refit && tableMaps.length > 0 ? (family.length > 1 ? 3 : 1) : 0;
  for (let round = 0; round <= rounds; round++) {
    const indices = runFamily(work, family, maps);
    if (round < rounds) refitFamily(work, family, maps, indices);
  }
}

/** w · Σ |x| needs no table (absolute.ts in fusion/). */
function absoluteSum(work: Work, map: MapNode): Float64Array {
  return map.apply(gather(work, map), work.rows);
}

/** Activations of a family's values in order; returns the table rows read, by map. */
function runFamily(work: Work, family: readonly number[], maps: readonly MapNode[]): Map<number, Int32Array> {
  const indices = new Map<number, Int32Array>();
  for (const id of family) {
    const value = work.graph.values[id];
    const out = new Float64Array(work.rows * value.size);
    if (value.bias !== undefined) for (let r = 0; r < work.rows; r++) out.set(value.bias, r * value.size);
    for (const map of maps) {
      if (map.output !== id) continue;
      const index = indexOf(work, map);
      indices.set(map.id, index);
      applyRows({ index, outIndex: map.outIndex, lut: work.luts.get(map.id)! }, out, value.size, 1);
    }
    work.actual[id] = out;
  }
  return indices;
}

/** Refits a family's tables; values that share tables are stacked into one problem. */
function refitFamily(
  work: Work,
  family: readonly number[],
  maps: readonly MapNode[],
  indices: ReadonlyMap<number, Int32Array>,
): void {
  const size = work.graph.values[family[0]].size;
  const target = new Float64Array(family.length * work.rows * size);
  family.forEach((id, f) => {
    target.set(work.float[id], f * work.rows * size);
    const bias = work.graph.values[id].bias;
    if (bias === undefined) return;
    for (let r = 0; r < work.rows; r++)
      for (let j = 0; j < size; j++) target[(f * work.rows + r) * size + j] -= bias[j];
  });
  const byTable = new Map<string, MapNode[]>();
  for (const map of maps) {
    const key = map.shared === undefined ? `m${map.id}` : `s${map.shared.key}`;
    byTable.set(key, [...(byTable.get(key) ?? []), map]);
  }
  const tables = [...byTable.values()].map((same): RefitTable => {
    const map = same[0];
    const lut = Float64Array.from(work.luts.get(map.id)!);
    const spare = lut.length / map.outIndex.length;
    // Positions without this map read a spare row of zeros that nothing keeps.
    const index = new Int32Array(family.length * work.rows).fill(spare);
    for (const one of same) index.set(indices.get(one.id)!, family.indexOf(one.output) * work.rows);
    const wide = new Float64Array(lut.length + map.outIndex.length);
    wide.set(lut);
    return { index, outIndex: map.outIndex, lut: wide, fixed: map.exact !== undefined };
  });
  refitSum(tables, target, size, { absent: (table) => table.lut.length / table.outIndex.length - 1 });
  [...byTable.values()].forEach((same, t) => {
    const lut = tables[t].lut.slice(0, tables[t].lut.length - same[0].outIndex.length);
    for (const one of same) work.luts.set(one.id, lut);
  });
}

/** Rows of an exact map: the function at 0, 1, 2, … */
function exactTable(map: MapNode): Float64Array {
  const rows = map.exact![0];
  return map.apply(
    Float64Array.from({ length: rows }, (_, i) => i),
    rows,
  );
}

function treeOf(map: MapNode, grown: GrownTree, columns: readonly number[]): Tree {
  return { inputs: columns.map((c) => map.inputs[c]), ...grown };
}

function netMap(work: Work, map: MapNode): NetMap {
  if (map.absolute !== undefined)
    return {
      kind: 'absdiff',
      name: map.name,
      a: map.inputs,
      b: [],
      weight: map.absolute.weight,
      output: map.output,
    };
  const common = {
    name: map.name,
    output: map.output,
    outIndex: map.outIndex,
    lut: work.luts.get(map.id)!,
    note: map.nodes.join(', '),
  };
  const shared = map.shared ?? map.indexShared;
  const sharing = shared === undefined ? {} : { shared };
  if (map.exact !== undefined && map.inputs.length === 1)
    return { kind: 'exact', ...common, input: map.inputs[0], rows: map.exact[0], ...sharing };
  const trees = work.trees.get(map.id)!.map((tree, t) => treeOf(map, tree, partsOf(map)[t]));
  const made: TreeMap = { kind: 'tree', ...common, trees, ...sharing };
  return made;
}

/** Result: the network with float leaf values, and the activations of the calibration rows, float and through the tables. */
export interface FuzzyResult {
  readonly network: TableNetwork;
  /** Value that holds the answer. */
  readonly output: number;
  readonly float: readonly Float64Array[];
  readonly actual: readonly Float64Array[];
}

/**
 * Builds trees and leaf values for every Map of the graph on the calibration rows.
 * `verdict` says how the output is read; `features` how wide the inputs are on the switch.
 */
export function fuzzyNetwork(
  whole: MapGraph,
  calibration: Calibration,
  features: readonly FuzzyInput[],
  answer: TableNetwork['verdict'],
  classes: readonly string[],
  options: FuzzyOptions = {},
): FuzzyResult {
  const strategy = options.strategy ?? 'output-aware';
  const graph = tablesPerPosition(splitPackets(whole));
  const x = Float64Array.from(calibration.values);
  const work: Work = {
    graph,
    rows: calibration.rows,
    float: evaluateValues(graph, x, calibration.rows),
    actual: graph.values.map((v) => (v.kind === 'input' ? x : undefined)),
    options: { strategy, leaves: options.leaves ?? 16, refit: options.refit ?? strategy !== 'published' },
    packets: keptPlaces(graph, options),
    inputs: features,
    packetTrees: new Map(),
    trees: new Map(),
    luts: new Map(),
  };
  const families = valueFamilies(graph);
  families.forEach((family, i) => {
    options.progress?.('fuzzy matching', i, families.length);
    workFamily(work, family);
  });
  const network: TableNetwork = {
    name: 'model',
    classes,
    window: graph.window,
    features,
    values: graph.values.map((v) => ({
      name: v.name,
      size: v.size,
      ...(v.bias === undefined ? {} : { bias: v.bias }),
    })),
    maps: graph.maps.map((map) => netMap(work, map)),
    verdict: { ...answer, value: graph.output },
  };
  return { network, output: graph.output, float: work.float, actual: work.actual as Float64Array[] };
}
