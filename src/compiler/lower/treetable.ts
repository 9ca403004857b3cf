/** Trees as ternary tables: the grid of their thresholds, labelled with table rows, covered by prefixes. */
import { type Entries, entriesFromColumns, type Table, type TableKey, toUnsigned } from '../../program/index.ts';
import type { ElementRef } from '../primitives/graph.ts';
import { type Cover, type GridFunction, type KeySpec, naiveEntries, prefixMask } from '../ternary/index.ts';
import type { Range } from './bounds.ts';
import { elementField, keySpec, type LowerContext } from './context.ts';
import { coverOf } from './covers.ts';
import { leafOf, type Tree } from './network.ts';

/** A function of trees over table keys: `row(cells)` is the combined leaf index. */
export interface TreeGrid {
  readonly refs: readonly ElementRef[];
  readonly grid: GridFunction;
}

const same = (a: ElementRef, b: ElementRef): boolean => a.value === b.value && a.index === b.index;

/** What a grid needs to know about an element: its key, and the values it takes. */
export interface GridSource {
  key(ref: ElementRef): KeySpec;
  range(ref: ElementRef): Range;
}

/** Cuts of one element that separate values of its domain, ascending whole numbers. */
function cutsOf(source: GridSource, trees: readonly Tree[], ref: ElementRef): number[] {
  const { max } = source.range(ref);
  const { min } = source.key(ref);
  const cuts = new Set<number>();
  for (const tree of trees) {
    for (let n = 0; n < tree.coord.length; n++) {
      const t = Math.floor(tree.threshold[n]);
      if (same(tree.inputs[tree.coord[n]], ref) && t >= min && t < max) cuts.add(t);
    }
  }
  return [...cuts].sort((a, b) => a - b);
}

/** Grid of several trees over the elements that they really test; labels are combined leaf indices. */
export function treeGrid(source: GridSource, trees: readonly Tree[]): TreeGrid {
  const refs: ElementRef[] = [];
  for (const tree of trees) {
    for (const c of new Set(tree.coord)) {
      const ref = tree.inputs[c];
      if (!refs.some((r) => same(r, ref)) && cutsOf(source, trees, ref).length > 0) refs.push(ref);
    }
  }
  const cuts = refs.map((ref) => cutsOf(source, trees, ref));
  const keys = refs.map((ref) => source.key(ref));
  const at = trees.map((tree) => tree.inputs.map((ref) => refs.findIndex((r) => same(r, ref))));
  const low = trees.map((tree) => tree.inputs.map((ref) => source.range(ref).min));
  const label = (cells: readonly number[]): number =>
    trees.reduce((index, tree, t) => {
      const x = (c: number): number => {
        const k = at[t][c];
        if (k < 0) return low[t][c];
        return cells[k] < cuts[k].length ? cuts[k][cells[k]] : cuts[k][cuts[k].length - 1] + 1;
      };
      return index * tree.leaves + leafOf(tree, x);
    }, 0);
  return { refs, grid: { keys, cuts, label } };
}

/** The smallest cover found of several trees in one ternary table, leaf combinations with equal data merged. */
export function coverTrees(
  source: GridSource,
  trees: readonly Tree[],
  data: (index: number) => readonly number[],
): Cover {
  const { grid } = treeGrid(source, trees);
  const { merged, label } = mergeEqual(grid, data);
  return grid.keys.length === 0 ? { entries: [], missLabel: label([]) } : coverOf(trees, merged);
}

/** A grid whose labels are numbers of distinct data rows. */
function mergeEqual(
  grid: GridFunction,
  data: (index: number) => readonly number[],
): { merged: GridFunction; rows: (readonly number[])[]; label: (cells: readonly number[]) => number } {
  const labels = new Map<string, number>();
  const rows: (readonly number[])[] = [];
  const known = new Map<number, number>();
  const label = (cells: readonly number[]): number => {
    const index = grid.label(cells);
    const number = known.get(index) ?? labelOf(index);
    known.set(index, number);
    return number;
  };
  const labelOf = (index: number): number => {
    const row = data(index);
    const text = row.join();
    let found = labels.get(text);
    if (found === undefined) {
      found = rows.length;
      labels.set(text, found);
      rows.push(row);
    }
    return found;
  };
  return { merged: { ...grid, label }, rows, label };
}

/** Keys of a table over elements, only the bits that can differ. */
export function ternaryKeys(context: LowerContext, refs: readonly ElementRef[]): TableKey[] {
  return refs.map((ref) => {
    const field = elementField(context, ref);
    const { bits } = keySpec(context, ref);
    if (field.lane !== undefined) return { field: field.field, match: 'ternary', slice: { low: field.lane.low, bits } };
    return bits < field.bits
      ? { field: field.field, match: 'ternary', slice: { low: 0, bits } }
      : { field: field.field, match: 'ternary' };
  });
}

/** Entries of a cover; `data(label)` is one row of action data, `bits` the parameters' widths. */
export function coverEntries(
  cover: Cover,
  keys: readonly { readonly bits: number }[],
  data: (label: number) => readonly number[],
  bits: readonly number[],
): Entries {
  const count = cover.entries.length;
  const k = keys.length;
  const columns = {
    keyWords: k,
    value: new Uint32Array(count * k),
    mask: new Uint32Array(count * k),
    priority: new Uint32Array(count),
    action: new Uint8Array(count),
    dataWords: bits.length,
    data: new Uint32Array(count * bits.length),
  };
  cover.entries.forEach((entry, i) => {
    for (let j = 0; j < k; j++) {
      columns.value[i * k + j] = entry.value[j];
      columns.mask[i * k + j] = prefixMask(keys[j].bits, entry.wild[j]);
    }
    columns.priority[i] = entry.priority;
    data(entry.label).forEach((d, p) => {
      columns.data[i * bits.length + p] = toUnsigned(d, bits[p]);
    });
  });
  return entriesFromColumns(columns);
}

/** What a tree table runs: an action whose data is a function of the combined leaf index. */
export interface TreeTableParts {
  readonly name: string;
  readonly action: string;
  readonly bits: readonly number[];
  readonly data: (index: number) => readonly number[];
  readonly note: string;
}

/** Table over trees; leaf combinations with equal data share a label. Constant trees give a keyless table. */
export function treeTable(
  context: LowerContext,
  trees: readonly Tree[],
  parts: TreeTableParts,
): { readonly table: Table; readonly naive: number; readonly keyBits: number } {
  const source: GridSource = {
    key: (ref) => keySpec(context, ref),
    range: (ref) => context.bounds[ref.value][ref.index],
  };
  const { refs, grid } = treeGrid(source, trees);
  const { merged, rows, label } = mergeEqual(grid, parts.data);
  const constant = refs.length === 0;
  const cover: Cover = constant ? { entries: [], missLabel: label([]) } : coverOf(trees, merged);
  const entries = coverEntries(cover, grid.keys, (l) => rows[l], parts.bits);
  const fallback = rows[cover.missLabel ?? cover.entries[cover.entries.length - 1]?.label ?? 0];
  // A label may cover the whole domain after merging: then no entry is left and the table needs no key.
  const keyless = entries.count === 0;
  return {
    table: {
      name: parts.name,
      gress: 'ingress',
      keys: keyless ? [] : ternaryKeys(context, refs),
      actions: [parts.action],
      defaultAction: { action: parts.action, data: fallback.map((d, p) => toUnsigned(d, parts.bits[p])) },
      size: keyless ? 0 : entries.count,
      entries: keyless ? { ...entries, keyWords: 0 } : entries,
      note: parts.note,
    },
    naive: constant ? 0 : naiveEntries(merged),
    keyBits: keyless ? 0 : grid.keys.reduce((sum, key) => sum + key.bits, 0),
  };
}
