/**
 * Match structures: any exact/ternary/range/lpm table becomes loads of class numbers per key chunk and products of classes
 * (recursive flow classification: Gupta & McKeown, SIGCOMM 1999), exact for arbitrary entries. Where products grow too
 * large: an open hash table for exact keys, else bitmaps per key byte.
 */

import { type Classifier, classify, type Pattern } from './classes.ts';
import { mix } from './opcodes.ts';

/** Cells of the largest product array, and word operations spent on computing one. */
const MAX_CELLS = 1 << 20;
const MAX_WORK = 1 << 27;

/** One 32-bit word of a key. */
export interface KeyWord {
  readonly bits: number;
}

/** One row to match, in order of preference: one pattern a key word. `entry` is what a hit yields. */
export interface Row {
  readonly patterns: readonly Pattern[];
  readonly entry: number;
}

export type MatchNode =
  | { readonly kind: 'constant'; readonly value: number }
  | {
      readonly kind: 'chunk';
      readonly word: number;
      readonly right: number;
      readonly classifier: Classifier;
      readonly map: Uint32Array;
    }
  | { readonly kind: 'product'; readonly a: MatchNode; readonly b: MatchNode; readonly table: Uint32Array };

export type Match =
  | { readonly kind: 'classes'; readonly node: MatchNode }
  | { readonly kind: 'hash'; readonly words: readonly number[]; readonly cells: Uint32Array; readonly sizeMask: number }
  | {
      readonly kind: 'bitmap';
      readonly chunks: readonly { readonly word: number; readonly right: number; readonly bitmaps: Uint32Array }[];
      readonly vectors: number;
      /** Entry by row, `miss` appended. */
      readonly entries: Uint32Array;
    };

interface Part {
  readonly word: number;
  readonly right: number;
  readonly classifier: Classifier;
}

/** A group of classes: the node that yields the class number, and per class the bit set of rows. */
interface Group {
  readonly make: (map: Uint32Array) => MatchNode;
  readonly sets: readonly Uint32Array[];
}

/** The structure that finds the first row matching a key; a key that matches none yields `miss`. */
export function buildMatch(words: readonly KeyWord[], rows: readonly Row[], miss: number): Match {
  const wide = words.some((word) => word.bits > 16);
  if (wide && rows.length > MANY_EXACT && isExact(words, rows)) return hashed(words, rows);
  const parts = partsOf(words, rows);
  if (parts === undefined) return fallback(words, rows, miss);
  if (parts.length === 0)
    return { kind: 'classes', node: { kind: 'constant', value: rows.length > 0 ? rows[0].entry : miss } };
  const yields = (row: number) => (row < 0 ? miss : rows[row].entry);
  const node = (part: Part, map: Uint32Array): MatchNode => ({ kind: 'chunk', ...part, map });
  if (parts.length === 1) {
    return { kind: 'classes', node: node(parts[0], Uint32Array.from(parts[0].classifier.firstRow, yields)) };
  }
  const groups: Group[] = parts.map((part) => ({
    make: (map) => node(part, map),
    sets: part.classifier.sets(),
  }));
  const winner = (set: Uint32Array) => yields(firstBit(set));
  while (groups.length > 1) {
    groups.sort((a, b) => a.sets.length - b.sets.length);
    const merged = merge(groups[0], groups[1], groups.length === 2 ? winner : undefined);
    if (merged === undefined) return fallback(words, rows, miss);
    if ('node' in merged) return { kind: 'classes', node: merged.node };
    groups.splice(0, 2, merged);
  }
  return fallback(words, rows, miss);
}

/** Exact tables above this many rows on wide keys are hashed: their classes would be as many as their rows. */
const MANY_EXACT = 1024;

/** Chunks of the key that matter, classified; undefined when one cannot be. */
function partsOf(words: readonly KeyWord[], rows: readonly Row[]): Part[] | undefined {
  const parts: Part[] = [];
  for (let word = 0; word < words.length; word++) {
    const patterns = rows.map((row) => row.patterns[word]);
    if (patterns.every((pattern) => pattern.low === undefined && pattern.mask === 0)) continue;
    const { bits } = words[word];
    const whole = classify(patterns, bits);
    if (whole) {
      parts.push({ word, right: 0, classifier: whole });
      continue;
    }
    if (patterns.some((pattern) => pattern.low !== undefined)) return undefined;
    for (let right = 0; right < bits; right += 16) {
      const cut = patterns.map((pattern) => ({
        value: (pattern.value >>> right) & 0xffff,
        mask: (pattern.mask >>> right) & 0xffff,
      }));
      const classifier = classify(cut, Math.min(16, bits - right));
      if (!classifier) return undefined;
      if (cut.some((pattern) => pattern.mask !== 0)) parts.push({ word, right, classifier });
    }
  }
  return parts;
}

function firstBit(set: Uint32Array): number {
  for (let w = 0; w < set.length; w++) if (set[w] !== 0) return w * 32 + 31 - Math.clz32(set[w] & -set[w]);
  return -1;
}

/** Two groups as one. With `finish`, the product holds its value of each class; without, new class numbers. */
function merge(
  a: Group,
  b: Group,
  finish: ((set: Uint32Array) => number) | undefined,
): Group | { readonly node: MatchNode } | undefined {
  const [na, nb] = [a.sets.length, b.sets.length];
  const width = a.sets[0].length;
  if (na * nb > MAX_CELLS || na * nb * width > MAX_WORK) return undefined;
  const table = new Uint32Array(na * nb);
  const both = new Uint32Array(width);
  const numbers = new Map<string, number>();
  const sets: Uint32Array[] = [];
  for (let i = 0; i < na; i++) {
    for (let j = 0; j < nb; j++) {
      for (let w = 0; w < width; w++) both[w] = a.sets[i][w] & b.sets[j][w];
      table[i * nb + j] = finish ? finish(both) : numberOf(both, numbers, sets);
    }
  }
  const left = a.make(Uint32Array.from({ length: na }, (_, i) => i * nb));
  const right = b.make(Uint32Array.from({ length: nb }, (_, j) => j));
  if (finish) return { node: { kind: 'product', a: left, b: right, table } };
  return {
    make: (map) => ({ kind: 'product', a: left, b: right, table: table.map((value) => map[value]) }),
    sets,
  };
}

function numberOf(set: Uint32Array, numbers: Map<string, number>, sets: Uint32Array[]): number {
  const name = set.join();
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, sets.length);
  sets.push(set.slice());
  return sets.length - 1;
}

function fallback(words: readonly KeyWord[], rows: readonly Row[], miss: number): Match {
  return isExact(words, rows) ? hashed(words, rows) : bitmaps(words, rows, miss);
}

function isExact(words: readonly KeyWord[], rows: readonly Row[]): boolean {
  return rows.every((row) =>
    row.patterns.every((pattern, w) => pattern.low === undefined && pattern.mask === ones(words[w].bits)),
  );
}

function ones(bits: number): number {
  return bits >= 32 ? 0xffffffff : (1 << bits) - 1;
}

function hashed(words: readonly KeyWord[], rows: readonly Row[]): Match {
  let size = 4;
  while (size < rows.length * 2) size *= 2;
  const width = words.length + 1;
  const cells = new Uint32Array(size * width);
  for (const row of rows) {
    const key = row.patterns.map((pattern) => pattern.value);
    let slot = key.reduce(mix, 0) & (size - 1);
    let taken = false;
    while (cells[slot * width] !== 0 && !taken) {
      taken = key.every((word, w) => cells[slot * width + 1 + w] === word);
      if (!taken) slot = (slot + 1) & (size - 1);
    }
    if (taken) continue;
    cells[slot * width] = row.entry + 1;
    cells.set(key, slot * width + 1);
  }
  return { kind: 'hash', words: words.map((_, w) => w), cells, sizeMask: size - 1 };
}

/** Rows with ranges are cut into prefixes, then one bitmap of rows per value of each key byte. */
function bitmaps(words: readonly KeyWord[], rows: readonly Row[], miss: number): Match {
  const flat = words.reduce((list, word, w) => list.flatMap((row) => prefixRows(row, w, word.bits)), [...rows]);
  const vectors = Math.max(1, Math.ceil(flat.length / 128));
  const chunks = words.flatMap((word, w) =>
    Array.from({ length: Math.ceil(word.bits / 8) }, (_, byte) => {
      const right = byte * 8;
      const sets = new Uint32Array(256 * vectors * 4);
      flat.forEach(({ patterns }, row) => {
        const mask = (patterns[w].mask >>> right) & 255;
        const value = (patterns[w].value >>> right) & 255;
        for (let b = 0; b < 256; b++) {
          if ((b & mask) === value) sets[b * vectors * 4 + (row >>> 5)] |= 1 << (row & 31);
        }
      });
      return { word: w, right, bitmaps: sets };
    }),
  );
  return { kind: 'bitmap', chunks, vectors, entries: Uint32Array.from([...flat.map((row) => row.entry), miss]) };
}

/** A row whose pattern of key word `word` is a range, as rows of prefixes. */
export function prefixRows(row: Row, word: number, bits: number): Row[] {
  const { low, high } = row.patterns[word];
  if (low === undefined || high === undefined) return [row];
  return prefixes(low, high, bits).map((pattern) => ({
    entry: row.entry,
    patterns: row.patterns.map((old, w) => (w === word ? pattern : old)),
  }));
}

/** The closed range low..high as value/mask prefixes of a key of `bits` bits (at most 32). */
export function prefixes(low: number, high: number, bits: number): Pattern[] {
  const out: Pattern[] = [];
  for (let at = low; at <= high; ) {
    let span = 1;
    while (span < 2 ** bits && at % (span * 2) === 0 && at + span * 2 - 1 <= high) span *= 2;
    out.push({ value: at >>> 0, mask: (ones(bits) - (span - 1)) >>> 0 });
    at += span;
  }
  return out;
}
