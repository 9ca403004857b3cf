/**
 * Slices run once per distinct row. Packets of a window come back at every place of it, and the float network is asked several times
 * for the same calibration rows: what a long slice answered is kept and looked up by the bits of its inputs, so results are the same.
 */
import { runSlice } from './run-slice.ts';
import type { Slice } from './slice-code.ts';

/** Instructions below which running again is cheaper than looking up. */
const WORTH_KEEPING = 48;

/** Inputs above which rows seldom come back, and take much room. */
const MOST_INPUTS = 16;

/** Rows after which a memo starts empty again. */
const MOST_KEPT = 1 << 17;

interface Memo {
  /** Row numbers + 1 by hash, 0 where free; its length is a power of two, at least twice the rows. */
  slots: Int32Array;
  /** Rows kept × inputs. */
  keys: Float64Array;
  /** Rows kept × outputs. */
  answers: Float64Array;
  count: number;
}

const memos = new WeakMap<Slice, Memo>();

const emptyMemo = (): Memo => ({
  slots: new Int32Array(1024),
  keys: new Float64Array(0),
  answers: new Float64Array(0),
  count: 0,
});

/** Hash of the 32-bit words from..to. */
function hashWords(words: Int32Array, from: number, to: number): number {
  let h = 0;
  for (let i = from; i < to; i++) {
    h = Math.imul(h ^ words[i], 0x9e3779b1);
    h ^= h >>> 15;
  }
  return Math.imul(h, 0x85ebca6b) >>> 8;
}

/** `have` with room for so many numbers. */
function roomFor(have: Float64Array, numbers: number): Float64Array {
  if (numbers <= have.length) return have;
  const more = new Float64Array(Math.max(numbers, 2 * have.length));
  more.set(have);
  return more;
}

/** Room for so many rows more: keys, answers, and slots that stay half empty. */
function grow(memo: Memo, { inputs, outputs }: Slice, rows: number): void {
  const most = memo.count + rows;
  memo.keys = roomFor(memo.keys, most * inputs);
  memo.answers = roomFor(memo.answers, most * outputs.length);
  let size = memo.slots.length;
  while (size < 2 * most) size *= 2;
  if (size === memo.slots.length) return;
  memo.slots = new Int32Array(size);
  const words = new Int32Array(memo.keys.buffer);
  const width = 2 * inputs;
  for (let row = 0; row < memo.count; row++) {
    let at = hashWords(words, row * width, (row + 1) * width) & (size - 1);
    while (memo.slots[at] !== 0) at = (at + 1) & (size - 1);
    memo.slots[at] = row + 1;
  }
}

/** Number of the memo's row for every row of x; new rows are appended, still without answers. */
function rowNumbers(memo: Memo, x: Float64Array, inputs: number, rows: number): Int32Array {
  const [words, kept] = [new Int32Array(x.buffer, x.byteOffset, 2 * x.length), new Int32Array(memo.keys.buffer)];
  const width = 2 * inputs;
  const mask = memo.slots.length - 1;
  const equal = (row: number, from: number): boolean => {
    for (let i = 0; i < width; i++) if (kept[row * width + i] !== words[from + i]) return false;
    return true;
  };
  const numbers = new Int32Array(rows);
  for (let r = 0; r < rows; r++) {
    const from = r * width;
    let at = hashWords(words, from, from + width) & mask;
    while (memo.slots[at] !== 0 && !equal(memo.slots[at] - 1, from)) at = (at + 1) & mask;
    if (memo.slots[at] === 0) {
      memo.keys.set(x.subarray(r * inputs, (r + 1) * inputs), memo.count * inputs);
      memo.slots[at] = ++memo.count;
    }
    numbers[r] = memo.slots[at] - 1;
  }
  return numbers;
}

/** `runSlice`, each distinct row once. x: rows × inputs, row-major → rows × outputs. */
export function runSliceOnce(slice: Slice, x: Float64Array, rows: number): Float64Array {
  const { inputs, outputs, code } = slice;
  if (code.length < WORTH_KEEPING || inputs === 0 || inputs > MOST_INPUTS) return runSlice(slice, x, rows);
  let memo = memos.get(slice);
  if (memo === undefined || memo.count > MOST_KEPT) {
    memo = emptyMemo();
    memos.set(slice, memo);
  }
  grow(memo, slice, rows);
  const known = memo.count;
  const numbers = rowNumbers(memo, x, inputs, rows);
  const fresh = memo.count - known;
  const answers = runSlice(slice, memo.keys.subarray(known * inputs, memo.count * inputs), fresh);
  const width = outputs.length;
  memo.answers.set(answers, known * width);
  const result = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < width; o++) result[r * width + o] = memo.answers[numbers[r] * width + o];
  }
  return result;
}
