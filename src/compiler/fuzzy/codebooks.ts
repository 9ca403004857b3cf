/**
 * The codebooks of a packet's features: what a code must keep alike, how often values count, and how the bits kept per packet are shared
 * out between the features. A length may need many codes where a gap needs few.
 */
import { partsOf } from '../primitives/index.ts';
import { type CodePoints, codeError, codesOf, codeTree, prototypesOf } from './codebook.ts';
import type { GrownTree } from './grow.ts';
import { bitsOf, KEY_BITS, MOST_BITS, type TreePlace } from './packet-trees.ts';
import { gather, type Work } from './work.ts';

/** Largest feature value that codebooks go through one by one. */
const MOST_CODED = 8192;
/** Settings of a packet's other features under which the function of one is looked at. */
const SETTINGS = 4;
/** Weight of a value that no calibration row has, against 1 for one row. */
const UNSEEN = 0.05;
/** A rare class counts at most this many times its share. */
const MOST_BALANCED = 50;
/** More codebooks than this share the bits evenly. */
const MOST_SHARED = 4;

/** Values 0 … count−1 that a common tree tells apart by value: its one input is a feature of few values. 0: it is no such tree. */
export function countOf(work: Work, places: readonly TreePlace[]): number {
  const columns = partsOf(places[0].map)[places[0].part];
  const { value, index } = places[0].map.inputs[columns[0]];
  const { clamp, bits } = work.features[index % work.features.length];
  const domain = clamp ?? 2 ** bits - 1;
  return columns.length === 1 && value === 0 && domain < MOST_CODED ? domain + 1 : 0;
}

/** Weight of every calibration row: classes count alike for a class verdict, since macro-F1 counts them so. Mean about 1. */
function rowWeights({ rows, label, argmax }: Work): Float64Array {
  const weight = new Float64Array(rows).fill(1);
  if (!argmax || label === undefined) return weight;
  const counts: number[] = [];
  for (let r = 0; r < rows; r++) if (label[r] >= 0) counts[label[r]] = (counts[label[r]] ?? 0) + 1;
  const present = counts.filter((count) => count > 0);
  const mean = present.reduce((sum, count) => sum + count, 0) / present.length;
  for (let r = 0; r < rows; r++) if (label[r] >= 0) weight[r] = mean / (counts[label[r]] + mean / MOST_BALANCED);
  return weight;
}

/** What the values 0 … count−1 of a feature do in the Maps that look at it, at a few rows' settings of their other inputs. */
function codePoints(work: Work, places: readonly TreePlace[], count: number, rowWeight: Float64Array): CodePoints {
  const weight = new Float64Array(count).fill(UNSEEN);
  const parts = new Map<string, { readonly y: Float64Array; times: number }>();
  for (const { map, part } of places) {
    const [column] = partsOf(map)[part];
    const n = map.inputs.length;
    const all = gather(work, map);
    for (let r = 0; r < work.rows; r++) weight[Math.min(count - 1, all[r * n + column])] += rowWeight[r];
    const settings = n === 1 ? 1 : SETTINGS;
    for (let k = 0; k < settings; k++) {
      const row = Math.floor(((k + 0.5) * work.rows) / settings) * n;
      const x = new Float64Array(count * n);
      for (let v = 0; v < count; v++) {
        x.set(all.subarray(row, row + n), v * n);
        x[v * n + column] = v;
      }
      const y = centred(map.apply(x, count), count);
      // Equal functions, and settings that only shift: once is enough.
      const key = Array.from({ length: 64 }, (_, i) => y[Math.floor((i * y.length) / 64)].toFixed(9)).join();
      const known = parts.get(key);
      if (known === undefined) parts.set(key, { y, times: 1 / settings });
      else known.times += 1 / settings;
    }
  }
  return { count, weight, ...sideBySide([...parts.values()], count) };
}

/** Columns without their means. */
function centred(y: Float64Array, rows: number): Float64Array {
  const n = y.length / rows;
  for (let c = 0; c < n; c++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += y[r * n + c];
    for (let r = 0; r < rows; r++) y[r * n + c] -= sum / rows;
  }
  return y;
}

/** Functions side by side, each as large as it is frequent: squared errors of features can be compared. */
function sideBySide(
  parts: readonly { readonly y: Float64Array; readonly times: number }[],
  count: number,
): { readonly dim: number; readonly y: Float64Array } {
  const dim = parts.reduce((sum, { y }) => sum + y.length / count, 0);
  const out = new Float64Array(count * dim);
  let column = 0;
  for (const { y, times } of parts) {
    const width = y.length / count;
    for (let v = 0; v < count; v++)
      for (let c = 0; c < width; c++) out[v * dim + column + c] = y[v * width + c] * Math.sqrt(times);
    column += width;
  }
  return { dim, y: out };
}

/** Bits of each codebook, most significant digit first: all ways to share `total` among `trees`. */
function* shares(trees: number, total: number): Generator<number[]> {
  if (trees === 0) {
    if (total === 0) yield [];
    return;
  }
  for (let bits = 1; bits <= Math.min(MOST_BITS, total - (trees - 1)); bits++)
    for (const rest of shares(trees - 1, total - bits)) yield [bits, ...rest];
}

/** Does every table that joins indices of these trees keep within its key? */
function withinKeys({ packets }: Work, coded: readonly (readonly TreePlace[])[], bits: readonly number[]): boolean {
  const key = new Map<number, number>();
  for (const places of packets.trees) {
    const own = coded.indexOf(places);
    for (const { map } of places)
      key.set(map.id, (key.get(map.id) ?? 0) + (own < 0 ? bitsOf(packets, places) : bits[own]));
  }
  return [...key.values()].every((width) => width <= KEY_BITS);
}

/** All codebooks, at the shares of the bits that leave the least squared error in what is computed. */
export function codebooks(work: Work): { readonly places: readonly TreePlace[]; readonly tree: GrownTree }[] {
  const coded = work.packets.trees.filter((places) => countOf(work, places) > 0);
  const rowWeight = rowWeights(work);
  const points = coded.map((places) => codePoints(work, places, countOf(work, places), rowWeight));
  const even = coded.map((places) => bitsOf(work.packets, places));
  const total = even.reduce((sum, bits) => sum + bits, 0);
  const known = points.map(() => new Map<number, { readonly code: Int32Array; readonly error: number }>());
  const book = (i: number, bits: number) => {
    const old = known[i].get(bits);
    if (old !== undefined) return old;
    const code = codesOf(points[i], 2 ** bits);
    const made = { code, error: codeError(points[i], code) };
    known[i].set(bits, made);
    return made;
  };
  let best = even;
  let least = Number.POSITIVE_INFINITY;
  for (const bits of coded.length > MOST_SHARED ? [best] : shares(coded.length, total)) {
    if (!withinKeys(work, coded, bits)) continue;
    const error = bits.reduce((sum, b, i) => sum + book(i, b).error, 0);
    if (error < least) [best, least] = [bits, error];
  }
  return coded.map((places, i) => {
    const { code } = book(i, best[i]);
    return { places, tree: { ...codeTree(code), prototype: prototypesOf(points[i], code) } };
  });
}
