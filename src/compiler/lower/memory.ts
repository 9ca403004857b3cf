/**
 * Estimated memory of a value's tables, in blocks of the chip: what the cost model weighs against stages when it joins indices. Ternary
 * tables by their real number of entries; `switch/cost` counts what the chip really takes once a layout is placed.
 */
import type { Chip } from '../../switch/index.ts';
import { bitsFor } from '../ternary/index.ts';
import { type Bounds, reachableLeaves } from './bounds.ts';
import { coverOf } from './covers.ts';
import { isSingle } from './join.ts';
import { type NetMap, type TableNetwork, type Tree, tableRows } from './network.ts';
import { type GridSource, treeGrid } from './treetable.ts';

export interface Blocks {
  readonly sram: number;
  readonly tcam: number;
}

const NONE: Blocks = { sram: 0, tcam: 0 };
const plus = (a: Blocks, b: Blocks): Blocks => ({ sram: a.sram + b.sram, tcam: a.tcam + b.tcam });
const log2Up = (n: number): number => Math.max(1, Math.ceil(Math.log2(n)));

/** Blocks of `rows` entries of `bits` bits. */
function sramFor(rows: number, bits: number, { memory }: Chip): number {
  return bits === 0 || rows === 0 ? 0 : Math.max(1, Math.ceil((rows * bits) / (memory.sramDepth * memory.sramWidth)));
}

/** Entries and key bits of a tree as a ternary table; kept per tree, as every layout asks again. */
const known = new WeakMap<Tree, { readonly bounds: Bounds; readonly entries: number; readonly keyBits: number }>();

function ternarySize(tree: Tree, bounds: Bounds): { entries: number; keyBits: number } {
  const found = known.get(tree);
  if (found?.bounds === bounds) return found;
  const source: GridSource = {
    key: (ref) => {
      const { min, max } = bounds[ref.value][ref.index];
      return { ...bitsFor(min, max), min, max };
    },
    range: (ref) => bounds[ref.value][ref.index],
  };
  const { grid } = treeGrid(source, [tree]);
  const entries = grid.keys.length === 0 ? 0 : coverOf([tree], grid).entries.length;
  const made = { bounds, entries, keyBits: grid.keys.reduce((sum, key) => sum + key.bits, 0) };
  known.set(tree, made);
  return made;
}

/** One ternary table: TCAM for the key, SRAM for its data. */
function ternaryBlocks(tree: Tree, bounds: Bounds, dataBits: number, chip: Chip): Blocks {
  const { entries, keyBits } = ternarySize(tree, bounds);
  if (entries === 0) return NONE;
  const wide = Math.ceil(keyBits / 8 / chip.ternary.bytesPerUnit);
  const deep = Math.ceil(entries / chip.memory.tcamDepth);
  return { tcam: wide * deep, sram: sramFor(entries, dataBits, chip) };
}

/** Number of leaves of a map's trees, or of its indices, that some input reaches. */
function reached(map: NetMap, bounds: Bounds): number {
  if (map.kind === 'tree')
    return map.trees.reduce(
      (n, tree) => n * reachableLeaves(tree, (c) => bounds[tree.inputs[c].value][tree.inputs[c].index]).length,
      1,
    );
  return map.kind === 'index' ? tableRows(map) : map.kind === 'exact' ? map.rows : 0;
}

/** A map by itself: trees look up their data, or their leaf numbers with an exact table behind several; exact maps their rows. */
function mapBlocks(map: NetMap, bounds: Bounds, dataBits: number, chip: Chip): Blocks {
  if (map.kind === 'absdiff') return NONE;
  if (map.kind === 'leaf') return ternaryBlocks(map.tree, bounds, log2Up(map.tree.leaves), chip);
  if (map.kind === 'tree' && map.trees.length === 1) return ternaryBlocks(map.trees[0], bounds, dataBits, chip);
  return joinedBlocks([map], bounds, dataBits, chip);
}

/** Maps joined in one exact table behind a leaf number each. */
function joinedBlocks(maps: readonly NetMap[], bounds: Bounds, dataBits: number, chip: Chip): Blocks {
  const trees = maps.flatMap((map) => (map.kind === 'tree' ? map.trees : []));
  const leaves = trees.map((tree) => ternaryBlocks(tree, bounds, log2Up(tree.leaves), chip)).reduce(plus, NONE);
  const rows = maps.reduce((n, map) => n * reached(map, bounds), 1);
  // A hashed table has no fewer blocks than ways.
  const match = Math.max(chip.exact.minWays, sramFor(rows, log2Up(rows) + chip.exact.versionBits, chip));
  return plus(leaves, { tcam: 0, sram: match + sramFor(rows, dataBits, chip) });
}

/** Blocks of all tables of a value when `join` single maps share an exact table and a row has `dataBits` bits. */
export function valueBlocks(
  network: TableNetwork,
  value: number,
  bounds: Bounds,
  join: number,
  dataBits: number,
  chip: Chip,
): Blocks {
  const maps = network.maps.filter((map) => map.output === value);
  const singles = join > 1 ? maps.filter(isSingle) : [];
  let all = maps
    .filter((map) => join === 1 || !isSingle(map))
    .map((map) => mapBlocks(map, bounds, dataBits, chip))
    .reduce(plus, NONE);
  for (let g = 0; g < singles.length; g += join) {
    const group = singles.slice(g, g + join);
    const made =
      group.length === 1 ? mapBlocks(group[0], bounds, dataBits, chip) : joinedBlocks(group, bounds, dataBits, chip);
    all = plus(all, made);
  }
  return all;
}
