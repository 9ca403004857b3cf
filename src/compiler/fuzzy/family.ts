/** One family of values: trees, tables, refits, and the activations that the tables yield. */
import type { MapNode } from '../primitives/index.ts';
import { exactTable, indexOf } from './leafvalues.ts';
import { refitSum } from './refit.ts';
import { softmaxRefit } from './softmax.ts';
import { applyRows, type SumTable } from './sum.ts';
import { growGroup } from './trees.ts';
import { gather, treeGroups, type Work } from './work.ts';

/** Works one family through: trees, tables, refits, and the activations that the tables yield. */
export function workFamily(work: Work, family: readonly number[]): void {
  const maps = work.graph.maps.filter((m) => family.includes(m.output));
  if (maps.some((map) => map.absolute !== undefined)) {
    // w · Σ |x| needs no table (absolute.ts in fusion/).
    for (const id of family) work.actual[id] = maps[0].apply(gather(work, maps[0]), work.rows);
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
  for (let round = 0; round < rounds; round++) refitFamily(work, family, maps, runFamily(work, family, maps));
  const indices = runFamily(work, family, maps);
  const last = family.length === 1 && family[0] === work.graph.output;
  if (!last || !work.argmax || !work.options.softmax || tableMaps.length === 0) return;
  softmaxFamily(work, family, maps, indices);
  runFamily(work, family, maps);
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

/** A family's tables, those that maps share once; positions without a map read a spare row of zeros that nothing keeps. */
interface FamilyTables {
  readonly maps: readonly (readonly MapNode[])[];
  readonly tables: readonly SumTable[];
}

const spareRow = (table: SumTable): number => table.lut.length / table.outIndex.length - 1;

function familyTables(
  work: Work,
  family: readonly number[],
  maps: readonly MapNode[],
  indices: ReadonlyMap<number, Int32Array>,
): FamilyTables {
  const byTable = new Map<string, MapNode[]>();
  for (const map of maps) {
    const key = map.shared === undefined ? `m${map.id}` : `s${map.shared.key}`;
    byTable.set(key, [...(byTable.get(key) ?? []), map]);
  }
  const tables = [...byTable.values()].map((same): SumTable => {
    const map = same[0];
    const lut = work.luts.get(map.id)!;
    const index = new Int32Array(family.length * work.rows).fill(lut.length / map.outIndex.length);
    for (const one of same) index.set(indices.get(one.id)!, family.indexOf(one.output) * work.rows);
    const wide = new Float64Array(lut.length + map.outIndex.length);
    wide.set(lut);
    return { index, outIndex: map.outIndex, lut: wide, fixed: map.exact !== undefined };
  });
  return { maps: [...byTable.values()], tables };
}

function keepTables(work: Work, { maps, tables }: FamilyTables): void {
  maps.forEach((same, t) => {
    const lut = tables[t].lut.slice(0, tables[t].lut.length - same[0].outIndex.length);
    for (const one of same) work.luts.set(one.id, lut);
  });
}

/** Ridge refit of a family's tables; values that share tables are stacked into one problem. */
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
  const made = familyTables(work, family, maps, indices);
  refitSum(made.tables, target, size, { absent: spareRow });
  keepTables(work, made);
}

/** Softmax-regression refit of the tables that add into the logits. */
function softmaxFamily(
  work: Work,
  family: readonly number[],
  maps: readonly MapNode[],
  indices: ReadonlyMap<number, Int32Array>,
): void {
  const { size, bias } = work.graph.values[family[0]];
  const base = new Float64Array(work.rows * size);
  if (bias !== undefined) for (let r = 0; r < work.rows; r++) base.set(bias, r * size);
  const made = familyTables(work, family, maps, indices);
  softmaxRefit(made.tables, base, work.float[family[0]], size, {
    absent: spareRow,
    ...(work.label === undefined ? {} : { label: work.label }),
  });
  keepTables(work, made);
}
