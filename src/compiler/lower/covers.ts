/** Ternary covers of trees, kept per tree: the layouts that are tried one after the other ask for the same ones. */
import { type Cover, coverGrid, type GridFunction, gridLabels } from '../ternary/index.ts';
import type { Tree } from './network.ts';

/** By first tree, then by keys, cuts and labels. */
const known = new WeakMap<Tree, Map<string, Cover>>();

/** The cover of a grid made from `trees`. Labels that differ by name only share one cover. */
export function coverOf(trees: readonly Tree[], grid: GridFunction): Cover {
  const names: number[] = [];
  const numbers = new Map<number, number>();
  const cells = gridLabels(grid).map((label) => {
    if (label < 0) return -1;
    let number = numbers.get(label);
    if (number === undefined) {
      number = names.push(label) - 1;
      numbers.set(label, number);
    }
    return number;
  });
  const kept = known.get(trees[0]) ?? new Map<string, Cover>();
  known.set(trees[0], kept);
  const signature = JSON.stringify([grid.keys, grid.cuts, cells]);
  const found = kept.get(signature) ?? coverGrid({ ...grid, label: (at) => cells[cellIndex(grid, at)] });
  kept.set(signature, found);
  const { entries, missLabel } = found;
  return {
    entries: entries.map((entry) => ({ ...entry, label: names[entry.label] })),
    missLabel: missLabel === undefined ? undefined : names[missLabel],
  };
}

/** Place of a cell in row-major order, last key fastest. */
function cellIndex({ cuts }: GridFunction, at: readonly number[]): number {
  return cuts.reduce((index, list, k) => index * (list.length + 1) + at[k], 0);
}
