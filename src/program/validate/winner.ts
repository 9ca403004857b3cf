/**
 * Unique winners: does a key exist for which two entries of equal priority match and none of a better priority does?
 *
 * Entries are boxes: per key word a cube (value, mask) or an interval. Overlapping pairs inside one priority are found by
 * splitting on bits most entries care about; each intersection is then covered by the better entries, splitting the
 * uncovered rest until nothing is left (proved) or a free box remains (a key that ties). Exact in both directions, up to a
 * bound on the work (the question is co-NP-complete in general).
 */

import type { Table } from '../program.ts';

export type Tie =
  | { readonly kind: 'tie'; readonly first: number; readonly second: number; readonly key: readonly bigint[] }
  | { readonly kind: 'unproved'; readonly first: number; readonly second: number };

/** Box splits allowed for one table before giving up. */
const MOST_SPLITS = 4_000_000;
/** Pairs are compared directly in sets up to this size. */
const DIRECT = 48;

interface Boxes {
  readonly words: number;
  readonly range: readonly boolean[];
  readonly value: Uint32Array;
  readonly mask: Uint32Array;
}

/** One box: per word value, mask (cube) or low, high (interval). */
interface Box {
  readonly value: Uint32Array;
  readonly mask: Uint32Array;
}

/** A tie of the table, a pair that could not be decided, or undefined: every key has a unique winner. */
export function findTie(table: Table, widths: readonly number[]): Tie | undefined {
  const { entries } = table;
  const range = table.keys.flatMap((one, k) => (widths[k] > 32 ? [false, false] : [one.match === 'range']));
  const boxes: Boxes = { words: entries.keyWords, range, value: entries.value, mask: entries.mask };
  const budget = { splits: MOST_SPLITS };
  for (let from = 0; from < entries.count; ) {
    let to = from + 1;
    while (to < entries.count && entries.priority[to] === entries.priority[from]) to++;
    const group = Uint32Array.from({ length: to - from }, (_, i) => from + i);
    const found = overlapping(boxes, group, 0, (first, second) => {
      const shared = intersect(boxes, boxAt(boxes, first), boxAt(boxes, second))!;
      const better = coverers(boxes, shared, from);
      const free = uncovered(boxes, shared, better, budget);
      if (free === undefined) return undefined;
      if (free === 'unproved') return { kind: 'unproved', first, second };
      return { kind: 'tie', first, second, key: keyOf(free, widths) };
    });
    if (found) return found;
    from = to;
  }
  return undefined;
}

function boxAt(boxes: Boxes, index: number): Box {
  const at = index * boxes.words;
  return { value: boxes.value.subarray(at, at + boxes.words), mask: boxes.mask.subarray(at, at + boxes.words) };
}

function overlaps(boxes: Boxes, a: number, b: number): boolean {
  const { words, range, value, mask } = boxes;
  for (let w = 0, i = a * words, j = b * words; w < words; w++, i++, j++) {
    if (range[w] ? value[i] > mask[j] || value[j] > mask[i] : ((value[i] ^ value[j]) & mask[i] & mask[j]) !== 0)
      return false;
  }
  return true;
}

/** Calls `visit` for overlapping pairs of the set (a pair may come up twice) until it returns a tie. */
function overlapping(
  boxes: Boxes,
  set: Uint32Array,
  usedBits: number,
  visit: (first: number, second: number) => Tie | undefined,
): Tie | undefined {
  const bit = set.length > DIRECT && usedBits < 64 ? bestBit(boxes, set) : undefined;
  if (bit === undefined) return pairs(boxes, set, visit);
  const word = bit >>> 5;
  const probe = (1 << (bit & 31)) >>> 0;
  const side = (ones: boolean) =>
    set.filter((index) => {
      const at = index * boxes.words + word;
      return (boxes.mask[at] & probe) === 0 || ((boxes.value[at] & probe) !== 0) === ones;
    });
  return overlapping(boxes, side(false), usedBits + 1, visit) ?? overlapping(boxes, side(true), usedBits + 1, visit);
}

function pairs(
  boxes: Boxes,
  set: Uint32Array,
  visit: (first: number, second: number) => Tie | undefined,
): Tie | undefined {
  for (let i = 0; i < set.length; i++) {
    for (let j = i + 1; j < set.length; j++) {
      if (!overlaps(boxes, set[i], set[j])) continue;
      const found = visit(set[i], set[j]);
      if (found) return found;
    }
  }
  return undefined;
}

/** The cube bit that saves most pair comparisons (entries that do not care go to both sides); undefined when none saves a fifth. */
function bestBit(boxes: Boxes, set: Uint32Array): number | undefined {
  let best: number | undefined;
  let bestCost = set.length ** 2 * 0.8;
  for (let word = 0; word < boxes.words; word++) {
    if (boxes.range[word]) continue;
    for (let b = 0; b < 32; b++) {
      const probe = (1 << b) >>> 0;
      let zeros = 0;
      let ones = 0;
      for (const index of set) {
        const at = index * boxes.words + word;
        if ((boxes.mask[at] & probe) === 0) {
          zeros++;
          ones++;
        } else if ((boxes.value[at] & probe) === 0) zeros++;
        else ones++;
      }
      const cost = zeros ** 2 + ones ** 2;
      if (cost < bestCost) {
        bestCost = cost;
        best = word * 32 + b;
      }
    }
  }
  return best;
}

function intersect(boxes: Boxes, a: Box, b: Box): Box | undefined {
  const value = new Uint32Array(boxes.words);
  const mask = new Uint32Array(boxes.words);
  for (let w = 0; w < boxes.words; w++) {
    if (boxes.range[w]) {
      value[w] = Math.max(a.value[w], b.value[w]);
      mask[w] = Math.min(a.mask[w], b.mask[w]);
      if (value[w] > mask[w]) return undefined;
    } else {
      if (((a.value[w] ^ b.value[w]) & a.mask[w] & b.mask[w]) !== 0) return undefined;
      value[w] = a.value[w] | b.value[w];
      mask[w] = a.mask[w] | b.mask[w];
    }
  }
  return { value, mask };
}

/** Entries before `count` (all of better priority) that meet the box, as boxes clipped to it. */
function coverers(boxes: Boxes, box: Box, count: number): Box[] {
  const out: Box[] = [];
  for (let i = 0; i < count; i++) {
    const clipped = intersect(boxes, box, boxAt(boxes, i));
    if (clipped) out.push(clipped);
  }
  return out;
}

function equalBoxes(a: Box, b: Box): boolean {
  return a.value.every((word, w) => word === b.value[w]) && a.mask.every((word, w) => word === b.mask[w]);
}

/** A box inside `box` that no coverer meets; undefined when all of it is covered. */
function uncovered(
  boxes: Boxes,
  box: Box,
  covers: readonly Box[],
  budget: { splits: number },
): Box | 'unproved' | undefined {
  if (covers.length === 0) return box;
  if (covers.some((one) => equalBoxes(one, box))) return undefined;
  if (budget.splits-- <= 0) return 'unproved';
  for (const half of halve(boxes, box, covers)) {
    const rest = covers.flatMap((one) => intersect(boxes, half, one) ?? []);
    const free = uncovered(boxes, half, rest, budget);
    if (free !== undefined) return free;
  }
  return undefined;
}

/** Split a box where the largest coverer ends: on a bit it cares about, or at an end of its interval. */
function halve(boxes: Boxes, box: Box, covers: readonly Box[]): [Box, Box] {
  const cover = covers.reduce((best, one) =>
    constraints(boxes, box, one) < constraints(boxes, box, best) ? one : best,
  );
  for (let w = 0; w < boxes.words; w++) {
    if (boxes.range[w]) {
      if (cover.value[w] > box.value[w]) {
        return [withWord(box, w, box.value[w], cover.value[w] - 1), withWord(box, w, cover.value[w], box.mask[w])];
      }
      if (cover.mask[w] < box.mask[w]) {
        return [withWord(box, w, cover.mask[w] + 1, box.mask[w]), withWord(box, w, box.value[w], cover.mask[w])];
      }
      continue;
    }
    const extra = cover.mask[w] & ~box.mask[w];
    if (extra === 0) continue;
    const bit = 2 ** (31 - Math.clz32(extra));
    const inside = (cover.value[w] & bit) >>> 0;
    const mask = (box.mask[w] | bit) >>> 0;
    return [
      withWord(box, w, ((box.value[w] | bit) ^ inside) >>> 0, mask),
      withWord(box, w, (box.value[w] | inside) >>> 0, mask),
    ];
  }
  throw new Error('a coverer that is not the whole box constrains some word');
}

/** How much smaller than the box a coverer is: bits and interval ends it adds. */
function constraints(boxes: Boxes, box: Box, cover: Box): number {
  let sum = 0;
  for (let w = 0; w < boxes.words; w++) {
    if (boxes.range[w]) sum += Number(cover.value[w] > box.value[w]) + Number(cover.mask[w] < box.mask[w]);
    else for (let rest = cover.mask[w] & ~box.mask[w]; rest !== 0; rest &= rest - 1) sum++;
  }
  return sum;
}

function withWord(box: Box, word: number, value: number, mask: number): Box {
  const made = { value: box.value.slice(), mask: box.mask.slice() };
  made.value[word] = value;
  made.mask[word] = mask;
  return made;
}

/** One key of a box (its lowest), one number a key. */
function keyOf(box: Box, widths: readonly number[]): bigint[] {
  let at = 0;
  return widths.map((bits) => {
    const low = BigInt(box.value[at++]);
    return bits > 32 ? low | (BigInt(box.value[at++]) << 32n) : low;
  });
}
