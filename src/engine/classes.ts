/** Classes of one key chunk: values that match the same rows are one class. By direct array up to 16 bits, by search above. */

/** A ternary pattern (value, mask), or a closed range when `low` and `high` are given. Unsigned, within the chunk's width. */
export interface Pattern {
  readonly value: number;
  readonly mask: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Classifier {
  readonly bits: number;
  /** direct: class number of each value. search: class number of each interval, whose first values are `starts`. */
  readonly classOf: Uint32Array;
  readonly starts?: Uint32Array;
  /** Per class the first row it matches, -1 for none. */
  readonly firstRow: Int32Array;
  /** Per class the bit set of rows it matches; made on demand, as it is large. */
  readonly sets: () => readonly Uint32Array[];
}

interface Group {
  readonly rows: readonly number[];
}

const DIRECT_BITS = 16;
/** Patterns over all classes that are kept while refining; beyond, the chunk is left to bitmaps. */
const MAX_MEMBERS = 1 << 22;

/** The classifier of a chunk; undefined when its classes are too many, or it is wider than 16 bits and some pattern is no interval. */
export function classify(patterns: readonly Pattern[], bits: number): Classifier | undefined {
  const distinct = new Map<string, { readonly pattern: Pattern; readonly rows: number[] }>();
  patterns.forEach((pattern, row) => {
    const name = `${pattern.value}/${pattern.mask}/${pattern.low}/${pattern.high}`;
    const known = distinct.get(name);
    if (known) known.rows.push(row);
    else distinct.set(name, { pattern, rows: [row] });
  });
  const list = [...distinct.values()];
  const width = Math.max(1, Math.ceil(patterns.length / 32));
  if (bits <= DIRECT_BITS) return directClasses(list, bits, width);
  const possible = list.filter(({ pattern }) => pattern.low !== undefined || (pattern.value & ~pattern.mask) === 0);
  const intervals = possible.map(({ pattern, rows }) => ({ range: interval(pattern, bits), rows }));
  if (intervals.some(({ range }) => range === undefined)) return undefined;
  return searchClasses(
    intervals.map(({ range, rows }) => ({ range: range!, rows })),
    bits,
    width,
  );
}

/** The interval of a range or prefix pattern; undefined for other masks. */
export function interval(pattern: Pattern, bits: number): readonly [number, number] | undefined {
  if (pattern.low !== undefined && pattern.high !== undefined) return [pattern.low, pattern.high];
  const all = bits >= 32 ? 0xffffffff : (1 << bits) - 1;
  const free = (all & ~pattern.mask) >>> 0;
  if ((free & (free + 1)) !== 0) return undefined;
  return [pattern.value, pattern.value + free];
}

function addRows(set: Uint32Array, rows: readonly number[]): void {
  for (const row of rows) set[row >>> 5] |= 1 << (row & 31);
}

/** Refines one class by each pattern in turn: the values of an old class that match move to a new one. */
function directClasses(
  list: readonly { readonly pattern: Pattern; readonly rows: readonly number[] }[],
  bits: number,
  width: number,
): Classifier | undefined {
  const classOf = new Uint32Array(2 ** bits);
  let members = 0;
  const patternsOf: number[][] = [[]];
  const stamp: number[] = [-1];
  const moved: number[] = [0];
  for (let p = 0; p < list.length && members < MAX_MEMBERS; p++) {
    const { pattern } = list[p];
    const visit = (value: number) => {
      const old = classOf[value];
      if (stamp[old] !== p) {
        stamp[old] = p;
        moved[old] = patternsOf.length;
        patternsOf.push([...patternsOf[old], p]);
        members += patternsOf[old].length + 1;
        stamp.push(-1);
        moved.push(0);
      }
      classOf[value] = moved[old];
    };
    if (pattern.low !== undefined && pattern.high !== undefined) {
      for (let value = pattern.low; value <= pattern.high; value++) visit(value);
      continue;
    }
    if ((pattern.value & ~pattern.mask) !== 0) continue;
    const free = classOf.length - 1 - (pattern.mask & (classOf.length - 1));
    for (let sub = free; ; sub = (sub - 1) & free) {
      visit(pattern.value | sub);
      if (sub === 0) break;
    }
  }
  if (members >= MAX_MEMBERS) return undefined;
  return numbered(classOf, patternsOf, list, bits, width);
}

/** Drops classes without values and numbers the rest in order of their first value. */
function numbered(
  classOf: Uint32Array,
  patternsOf: readonly (readonly number[])[],
  list: readonly Group[],
  bits: number,
  width: number,
): Classifier {
  const number = new Int32Array(patternsOf.length).fill(-1);
  const groups: Group[][] = [];
  for (let value = 0; value < classOf.length; value++) {
    const old = classOf[value];
    if (number[old] < 0) {
      number[old] = groups.length;
      groups.push(patternsOf[old].map((p) => list[p]));
    }
    classOf[value] = number[old];
  }
  return { bits, classOf, ...rowSets(groups, width) };
}

function rowSets(groups: readonly (readonly Group[])[], width: number): Pick<Classifier, 'firstRow' | 'sets'> {
  const sets = () =>
    groups.map((members) => {
      const set = new Uint32Array(width);
      for (const { rows } of members) addRows(set, rows);
      return set;
    });
  const first = (members: readonly Group[]) => members.reduce((least, { rows }) => Math.min(least, rows[0]), Infinity);
  return { firstRow: Int32Array.from(groups, (members) => (members.length > 0 ? first(members) : -1)), sets };
}

function searchClasses(
  list: readonly { readonly range: readonly [number, number]; readonly rows: readonly number[] }[],
  bits: number,
  width: number,
): Classifier {
  const limit = 2 ** bits;
  const cuts = new Set([0]);
  for (const { range } of list) {
    if (range[0] > range[1]) continue;
    cuts.add(range[0]);
    if (range[1] + 1 < limit) cuts.add(range[1] + 1);
  }
  const starts = Float64Array.from(cuts).sort();
  const number = new Map<string, number>();
  const groups: Group[][] = [];
  const classOf = Uint32Array.from(starts, (start) => {
    const members = list.flatMap((one, p) => (start >= one.range[0] && start <= one.range[1] ? [p] : []));
    const name = members.join();
    const known = number.get(name);
    if (known !== undefined) return known;
    number.set(name, groups.length);
    groups.push(members.map((p) => list[p]));
    return groups.length - 1;
  });
  return { bits, classOf, starts: Uint32Array.from(starts), ...rowSets(groups, width) };
}
