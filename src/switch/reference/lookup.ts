/** Table matching: the first entry, in priority order, whose every key word matches; entries are bucketed by their most telling key byte. */

import type { Table } from '../../program/index.ts';
import { type FieldSlot, type Layout, lowMask, shiftedHi, shiftedLo, slotOf } from './layout.ts';
import type { Machine } from './machine.ts';

/** One 32-bit word of a table's key: bits [low, low + bits) of a field. */
interface KeyWord {
  readonly slot: FieldSlot;
  readonly low: number;
  /** 0: the word's low half of the key, 1: bits 32..63. */
  readonly half: 0 | 1;
  readonly bits: number;
  readonly wordMask: number;
  readonly range: boolean;
  /** Width of the whole key. */
  readonly keyBits: number;
}

/** Key words in the order of `Entries`: one a key of at most 32 bits, two (low, high) for wider. */
function keyWords(table: Table, layout: Layout): KeyWord[] {
  return table.keys.flatMap((key) => {
    const slot = slotOf(layout, key.field);
    const low = key.slice?.low ?? 0;
    const keyBits = key.slice?.bits ?? slot.bits;
    const word = { slot, low, keyBits, range: key.match === 'range' };
    const first: KeyWord = { ...word, half: 0, bits: Math.min(keyBits, 32), wordMask: lowMask(keyBits) };
    return keyBits > 32 ? [first, { ...word, half: 1, bits: keyBits - 32, wordMask: lowMask(keyBits - 32) }] : [first];
  });
}

/** Reads the key of the current packet into `key`, one word a key word. */
function readKey(words: readonly KeyWord[], machine: Machine, key: Uint32Array): void {
  for (let w = 0; w < words.length; w++) {
    const { slot, low, half, wordMask } = words[w];
    const lo = machine.now[slot.at];
    const hi = slot.wide ? machine.now[slot.at + 1] : 0;
    key[w] = (half === 0 ? shiftedLo(lo, hi, low) : shiftedHi(hi, low)) & wordMask;
  }
}

/** Does entry `e` match? Ranges wider than 32 bits compare their two words as one number. */
function matches(words: readonly KeyWord[], table: Table, e: number, key: Uint32Array): boolean {
  const { value, mask, keyWords: width } = table.entries;
  const base = e * width;
  for (let w = 0; w < words.length; w++) {
    if (!words[w].range) {
      if ((key[w] & mask[base + w]) >>> 0 !== value[base + w]) return false;
    } else if (words[w].keyBits <= 32) {
      if (key[w] < value[base + w] || key[w] > mask[base + w]) return false;
    } else {
      const at = (column: Uint32Array, from: number) => column[from + w + 1] * 4294967296 + column[from + w];
      const exact = at(key, 0);
      if (exact < at(value, base) || exact > at(mask, base)) return false;
      w++;
    }
  }
  return true;
}

/** A byte of the key by which entries may be bucketed. */
interface ByteAt {
  readonly word: number;
  readonly shift: number;
}

/** Byte values for which entry `e` may match: how many, and which. */
function fittingBytes(
  word: KeyWord,
  value: number,
  mask: number,
  shift: number,
): { from: number; to: number; mask: number } {
  const [v, m] = [(value >>> shift) & 0xff, (mask >>> shift) & 0xff];
  return word.range ? { from: v, to: m, mask: 0 } : { from: 0, to: 255, mask: m };
}

/** Bits set in a byte. */
function ones(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

/** Length of all buckets together if entries are bucketed by this byte. */
function bucketCost(table: Table, words: readonly KeyWord[], by: ByteAt, from: number, to: number): number {
  const { value, mask, keyWords: width } = table.entries;
  let cost = 0;
  for (let e = from; e < to; e++) {
    const at = e * width + by.word;
    const fits = fittingBytes(words[by.word], value[at], mask[at], by.shift);
    cost += words[by.word].range ? Math.max(0, fits.to - fits.from + 1) : 2 ** (8 - ones(fits.mask));
  }
  return cost;
}

function bytesOf(words: readonly KeyWord[]): ByteAt[] {
  return words.flatMap(({ bits, range, keyBits }, word) => {
    if (range) return keyBits > 32 ? [] : [{ word, shift: Math.max(0, bits - 8) }];
    return [0, 8, 16, 24].filter((shift) => shift < bits).map((shift) => ({ word, shift }));
  });
}

function bucketsBy(table: Table, words: readonly KeyWord[], by: ByteAt, from: number, to: number): number[][] {
  const { value, mask, keyWords: width } = table.entries;
  const lists: number[][] = Array.from({ length: 256 }, () => []);
  for (let e = from; e < to; e++) {
    const at = e * width + by.word;
    const fits = fittingBytes(words[by.word], value[at], mask[at], by.shift);
    const wanted = (value[at] >>> by.shift) & fits.mask;
    for (let byte = fits.from; byte <= fits.to; byte++) if ((byte & fits.mask) === wanted) lists[byte].push(e);
  }
  return lists;
}

/** Entries below which a plain scan is as good. */
const SCAN_LIMIT = 8;

export interface Lookup {
  /** Index of the entry that hits for the packet's current values, or -1. */
  readonly find: (machine: Machine) => number;
  /** The key words last read. */
  readonly key: Uint32Array;
}

/** Matching among entries [from, to) of a table. A keyless table never hits: its default action runs. */
export function compileLookup(table: Table, layout: Layout, from: number, to: number): Lookup {
  const words = keyWords(table, layout);
  const key = new Uint32Array(words.length);
  const all = Array.from({ length: to - from }, (_, i) => from + i);
  const scan = (list: readonly number[]) => {
    for (const e of list) if (matches(words, table, e, key)) return e;
    return -1;
  };
  const candidates = all.length > SCAN_LIMIT ? bytesOf(words) : [];
  let best: ByteAt | undefined;
  let least = Infinity;
  for (const by of candidates) {
    const cost = bucketCost(table, words, by, from, to);
    if (cost < least) [best, least] = [by, cost];
  }
  if (!best) {
    return {
      key,
      find: (machine) => {
        readKey(words, machine, key);
        return scan(all);
      },
    };
  }
  const by = best;
  const lists = bucketsBy(table, words, by, from, to);
  return {
    key,
    find: (machine) => {
      readKey(words, machine, key);
      return scan(lists[(key[by.word] >>> by.shift) & 0xff]);
    },
  };
}
