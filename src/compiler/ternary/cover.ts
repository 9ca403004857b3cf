/**
 * Ternary covers of functions that are constant on the cells of a grid: one key (optimal), or several keys as nested covers.
 *
 * Several keys: the first key's ranges are labelled with the *column* (function of the remaining keys) they select and covered by
 * prefixes; each prefix lists its column's entries. A prefix inside another one need only list where its column differs from the
 * enclosing one's, because lower entries shine through. The order of keys is tried both ways.
 */
import { type Cover, type KeySpec, type PrefixEntry, position, wireBits } from './keys.ts';
import { coverRanges, type Placed, type Ranges, type TrieCosts } from './trie.ts';

/**
 * A function on a grid. cuts[k] holds ascending thresholds of key k: cell i of key k is the values above cuts[k][i−1] and up to
 * cuts[k][i]; label(cells) is the function's value there, ≥ 0, or −1 where any value will do.
 */
export interface GridFunction {
  readonly keys: readonly KeySpec[];
  readonly cuts: readonly (readonly number[])[];
  label(cells: readonly number[]): number;
}

/** Ranges of one key, don't-care outside its domain; classes by cell through `classOf`. */
function rangesOf(key: KeySpec, cuts: readonly number[], classOf: (cell: number) => number): Ranges {
  const ends: number[] = [];
  const classes: number[] = [];
  const add = (end: number, cls: number): void => {
    const from = ends.length === 0 ? 0 : ends[ends.length - 1] + 1;
    if (end < from) return;
    if (classes.length > 0 && classes[classes.length - 1] === cls) ends[ends.length - 1] = end;
    else {
      ends.push(end);
      classes.push(cls);
    }
  };
  const low = position(key, key.min);
  const high = position(key, key.max);
  add(low - 1, -1);
  for (let cell = 0; cell <= cuts.length; cell++) {
    const end = cell < cuts.length ? Math.min(position(key, Math.min(cuts[cell], key.max)), high) : high;
    if (end >= low) add(end, classOf(cell));
  }
  add(2 ** key.bits - 1, -1);
  return { bits: key.bits, ends, classes };
}

/** Maps arbitrary labels to 0..n−1 in order of appearance; −1 stays. */
class Numbering {
  readonly of = new Map<string, number>();
  number(key: string): number {
    let n = this.of.get(key);
    if (n === undefined) {
      n = this.of.size;
      this.of.set(key, n);
    }
    return n;
  }
}

interface Placement {
  readonly wild: number[];
  readonly at: number[];
  readonly label: number;
}

interface Solved {
  readonly cost: number;
  readonly list: () => Placement[];
}

/** Cover of one column (labels by cell of the last key) over a background column that shines through; none: undefined. */
function coverColumn(
  key: KeySpec,
  cuts: readonly number[],
  column: readonly number[],
  background: readonly number[] | undefined,
): Solved {
  const labels = [...new Set(column.filter((l) => l >= 0))];
  const index = new Map(labels.map((l, i) => [l, i]));
  const n = labels.length;
  // Classes: label index × 2 + 1 when the background already says the same.
  const ranges = rangesOf(key, cuts, (cell) => {
    const label = column[cell];
    if (label < 0) return -1;
    return index.get(label)! * 2 + (background !== undefined && background[cell] === label ? 1 : 0);
  });
  const costs: TrieCosts = {
    states: n + 1,
    labels: n,
    leaf: (cls, state) => (state === n ? (cls & 1) ^ 1 : cls >> 1 === state ? 0 : 1),
    leafLabel: (cls) => cls >> 1,
    enter: () => 1,
    flat: true,
  };
  const solved = coverRanges(ranges, costs, n);
  return {
    cost: solved.cost,
    list: () => solved.placed().map((p: Placed) => ({ wild: [p.wild], at: [p.at], label: labels[p.label] })),
  };
}

/** Enumerates the cells of keys `from`.. as one flat list of labels, last key fastest. */
function columnLabels(grid: GridFunction, from: number, cells: number[], out: number[]): void {
  if (from === grid.keys.length) {
    out.push(grid.label(cells));
    return;
  }
  for (let cell = 0; cell <= grid.cuts[from].length; cell++) {
    cells[from] = cell;
    columnLabels(grid, from + 1, cells, out);
  }
}

/** Labels of all cells, last key fastest. */
export function gridLabels(grid: GridFunction): number[] {
  const out: number[] = [];
  columnLabels(grid, 0, [], out);
  return out;
}

/** Distinct columns up to which entries are shared between a prefix and those inside it. */
const MOST_BACKGROUNDS = 48;

/** Cover of keys `from`.. given their labels (flat, last key fastest), over an optional background (last two keys only). */
function solve(grid: GridFunction, from: number, labels: readonly number[]): Solved {
  const key = grid.keys[from];
  const cuts = grid.cuts[from];
  if (from === grid.keys.length - 1) return coverColumn(key, cuts, labels, undefined);
  const width = labels.length / (cuts.length + 1);
  const numbering = new Numbering();
  const columns: number[][] = [];
  const ranges = rangesOf(key, cuts, (cell) => {
    const column = labels.slice(cell * width, (cell + 1) * width);
    if (column.every((l) => l < 0)) return -1;
    const id = numbering.number(column.join());
    columns[id] = column;
    return id;
  });
  const none = columns.length;
  const last = from === grid.keys.length - 2;
  // Every pair of columns is a cover of its own: with many, each prefix lists its column whole instead.
  const innermost = last && none <= MOST_BACKGROUNDS;
  const solvedUnder = new Map<number, Solved>();
  const under = (column: number, state: number): Solved => {
    const background = innermost && state !== none ? state : none;
    const memo = column * (none + 1) + background;
    let solved = solvedUnder.get(memo);
    if (solved === undefined) {
      solved = last
        ? coverColumn(grid.keys[from + 1], grid.cuts[from + 1], columns[column], columns[background])
        : solve(grid, from + 1, columns[column]);
      solvedUnder.set(memo, solved);
    }
    return solved;
  };
  const enter = (label: number, state: number): number => (label === state ? 0 : under(label, state).cost);
  const costs: TrieCosts = { states: none + 1, labels: none, leaf: enter, leafLabel: (c) => c, enter, flat: false };
  const outer = coverRanges(ranges, costs, none);
  const list = (): Placement[] =>
    outer.placed().flatMap((p) =>
      under(p.label, p.under)
        .list()
        .map((inner) => ({ wild: [p.wild, ...inner.wild], at: [p.at, ...inner.at], label: inner.label })),
    );
  return { cost: outer.cost, list };
}

/** Priority: wild bits of the outer key first, then of the next; deeper prefixes win. Unique among overlapping entries. */
function priorityOf(grid: GridFunction, wild: readonly number[]): number {
  return wild.reduce((sum, w, k) => sum * (grid.keys[k].bits + 1) + w, 0);
}

function permuted(grid: GridFunction, order: readonly number[]): GridFunction {
  return {
    keys: order.map((k) => grid.keys[k]),
    cuts: order.map((k) => grid.cuts[k]),
    label: (cells) => {
      const original: number[] = [];
      order.forEach((k, i) => {
        original[k] = cells[i];
      });
      return grid.label(original);
    },
  };
}

function orders(n: number): number[][] {
  if (n === 1) return [[0]];
  if (n === 2) {
    return [
      [0, 1],
      [1, 0],
    ];
  }
  return orders(n - 1).flatMap((o) => [
    [n - 1, ...o],
    [...o, n - 1],
  ]);
}

/** Entries of the best nesting order, sorted by priority; the all-wild entry becomes the miss label. */
function finish(grid: GridFunction, order: readonly number[], placements: readonly Placement[]): Cover {
  const nested = permuted(grid, order);
  const entries: PrefixEntry[] = [];
  let missLabel: number | undefined;
  for (const p of placements) {
    if (p.wild.every((w, k) => w === nested.keys[k].bits)) {
      missLabel = p.label;
      continue;
    }
    const value: number[] = [];
    const wild: number[] = [];
    order.forEach((k, i) => {
      const free = p.wild[i] === grid.keys[k].bits;
      wild[k] = p.wild[i];
      value[k] = free ? 0 : wireBits(grid.keys[k], p.at[i]);
    });
    entries.push({ value, wild, label: p.label, priority: priorityOf(nested, p.wild) });
  }
  entries.sort((a, b) => a.priority - b.priority || compareValues(a.value, b.value));
  return { entries, missLabel };
}

function compareValues(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/** Smallest cover found of a grid function; optimal among longest-prefix tables for one key. */
export function coverGrid(grid: GridFunction): Cover {
  let best: { order: number[]; solved: Solved } | undefined;
  for (const order of orders(grid.keys.length)) {
    const nested = permuted(grid, order);
    const solved = solve(nested, 0, gridLabels(nested));
    if (best === undefined || solved.cost < best.solved.cost) best = { order, solved };
  }
  return finish(grid, best!.order, best!.solved.list());
}

/** Cover of labelled consecutive ranges of one key: labels[i] holds up to ends[i], the last one up to key.max. */
export function coverRange(key: KeySpec, ends: readonly number[], labels: readonly number[]): Cover {
  return coverGrid({ keys: [key], cuts: [ends], label: ([cell]) => labels[cell] });
}

/** Number of entries of the naive expansion: every range into its own prefixes, products for several keys. */
export function naiveEntries(grid: GridFunction): number {
  const perKey = grid.keys.map((key, k) => {
    const ranges = rangesOf(key, grid.cuts[k], (cell) => cell);
    let total = 0;
    ranges.ends.forEach((end, i) => {
      if (ranges.classes[i] < 0) return;
      total += prefixesOfRange(i === 0 ? 0 : ranges.ends[i - 1] + 1, end);
    });
    return total;
  });
  return perKey.reduce((product, n) => product * n, 1);
}

/** Number of prefixes that cover [low, high] exactly. */
export function prefixesOfRange(low: number, high: number): number {
  let count = 0;
  let at = low;
  while (at <= high) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 - 1 <= high) size *= 2;
    at += size;
    count++;
  }
  return count;
}
