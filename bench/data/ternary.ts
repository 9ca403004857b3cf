/** Ternary entries for the published MLP-B trees against the published tables (bmv2_tables.json), three ways of laying out keys. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  coverTrees,
  type GridSource,
  inputRanges,
  lowerNetwork,
  networkBounds,
  type Range,
  type Tree,
  type TreeMap,
} from '../../src/compiler/lower/index.ts';
import { readTableModel, tableModelNetwork } from '../../src/compiler/tablemodel/index.ts';
import { bitsFor, fullKey } from '../../src/compiler/ternary/index.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/golden/mlp-CICIOT2022');

/** What the ten inputs can hold: IHL and data offset are 4 bits, lengths 16; the published rows cut flows at gaps of 256 ms (2,560 units). */
const KNOWN: readonly Range[] = [15, 65535, 255, 255, 15, 65535, 65535, 2560, 2560, 2560].map((max) => ({
  min: 0,
  max,
}));

/** The published grouping: pairs of inputs, one table a pair of h1, pairs of h2. */
function publishedTables(maps: readonly TreeMap[]): TreeMap[][] {
  const pairs = (from: number, to: number): TreeMap[][] =>
    Array.from({ length: (to - from) / 2 }, (_, i) => maps.slice(from + 2 * i, from + 2 * i + 2));
  return [...pairs(0, 10), ...maps.slice(10, 26).map((m) => [m]), ...pairs(26, 42)];
}

/** Data of a combination of leaves: the sum of the tables' rows, as published; h1 tables but the first hold leaf numbers. */
function dataOf(group: readonly TreeMap[]): (index: number) => readonly number[] {
  return (index) => {
    const [a, b] = group;
    const n = a.outIndex.length;
    if (b === undefined) return [index];
    const [i, j] = [Math.floor(index / b.trees[0].leaves), index % b.trees[0].leaves];
    return Array.from({ length: n }, (_, o) => a.lut[i * n + o] + b.lut[j * n + o]);
  };
}

/** Figures `ternary.ratio.*`; empty without the golden data. */
export function ternaryRatios(): Record<string, number> {
  if (!existsSync(FOLDER)) {
    console.log('SKIP no published tables: ternary ratios');
    return {};
  }
  const published = JSON.parse(readFileSync(join(FOLDER, 'bmv2_tables.json'), 'utf8')) as {
    tables: Record<string, { match: string; n_entries: number }>;
  };
  const theirs = Object.values(published.tables)
    .filter((t) => t.match === 'ternary')
    .reduce((sum, t) => sum + t.n_entries, 0);
  const network = tableModelNetwork(readTableModel(FOLDER));
  const maps = network.maps.filter((m): m is TreeMap => m.kind === 'tree');
  const groups = publishedTables(maps);
  const widths = network.features.map((f) => f.bits);
  const wide: GridSource = {
    key: (ref) => (ref.value === 0 ? fullKey(widths[ref.index]) : fullKey(13, true)),
    range: (ref) => (ref.value === 0 ? { min: 0, max: 2 ** widths[ref.index] - 1 } : { min: -4096, max: 4095 }),
  };
  const bounds = networkBounds(network, KNOWN);
  const narrow: GridSource = {
    key: (ref) => {
      const { min, max } = bounds[ref.value][ref.index];
      return { ...bitsFor(min, max), min, max };
    },
    range: (ref) => bounds[ref.value][ref.index],
  };
  const count = (source: GridSource): number =>
    groups.reduce(
      (sum, g) =>
        sum +
        coverTrees(
          source,
          g.flatMap((m): Tree[] => [...m.trees]),
          dataOf(g),
        ).entries.length,
      0,
    );
  const inputs = inputRanges(network).map((_, i) => ({ field: `x${i}`, bits: widths[i], ...KNOWN[i] }));
  const split = lowerNetwork(network, { inputs }).report.filter((t) => t.kind === 'ternary' && t.table !== 'nn_class');
  const ours = { sameKeys: count(wide), domain: count(narrow), split: split.reduce((sum, t) => sum + t.entries, 0) };
  console.log(
    `ternary entries: published ${theirs}; same keys ${ours.sameKeys}, known domains ${ours.domain}, split ${ours.split}`,
  );
  return Object.fromEntries(Object.entries(ours).map(([name, n]) => [`ternary.ratio.${name}`, n / theirs]));
}
