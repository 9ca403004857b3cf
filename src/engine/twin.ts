/** TypeScript twin of wasm/assembly: executes the same bytecode on the same memory, lane by lane. The kernels' oracle. */

import { type Machine, type Views, viewsOf } from './kernels.ts';
import { mix, OP_WORDS, PARSED } from './opcodes.ts';
import { createParse } from './twin-parse.ts';
import { createScan } from './twin-scan.ts';
import { createSum } from './twin-sum.ts';
import { arithmetic, holds } from './twin-word.ts';

/** Lane i of an operand. */
function lane(views: Views, address: number, step: number, i: number): number {
  return views.u32[(address >>> 2) + (step === 0 ? 0 : i)];
}

function element(views: Views, base: number, index: number, log2: number): number {
  if (log2 === 0) return views.u8[base + index];
  return log2 === 1 ? views.u16[(base >>> 1) + index] : views.u32[(base >>> 2) + index];
}

type Words = Uint32Array;

/** Elementwise instructions: value of lane i from the instruction's words; the mask's operand sits in the last two words. */
function elementwise(views: Views, w: Words, i: number): number {
  const { u32 } = views;
  switch (w[0]) {
    case 1:
      return arithmetic(w[1], lane(views, w[3], w[4], i) << w[7], lane(views, w[5], w[6], i) << w[7]) >>> w[7];
    case 2:
      return holds(w[1], lane(views, w[3], w[4], i) << w[7], lane(views, w[5], w[6], i) << w[7]) ? w[8] : 0;
    case 3:
      return (u32[(w[1] >>> 2) + i] & w[7]) | (((lane(views, w[2], w[3], i) >>> w[4]) & w[5]) << w[6]);
    case 4:
      return ((lane(views, w[2], w[3], i) << w[4]) >> w[5]) & w[6];
    default:
      return u32[(w[3] >>> 2) + u32[(w[2] >>> 2) + i] * w[4]];
  }
}

function search(views: Views, w: Words, i: number): number {
  const key = views.u32[(w[2] >>> 2) + i];
  let at = 0;
  for (let step = w[5]; step !== 0; step >>>= 1) {
    const next = at + step;
    if (next < w[4] && views.u32[(w[3] >>> 2) + next] <= key) at = next;
  }
  return at;
}

function find(views: Views, w: Words, i: number): number {
  const { u32 } = views;
  const key = Array.from({ length: w[2] }, (_, k) => u32[(u32[(w[3] >>> 2) + k] >>> 2) + i]);
  const cells = w[4] >>> 2;
  for (let slot = key.reduce(mix, 0) & w[5]; ; slot = (slot + 1) & w[5]) {
    const cell = cells + slot * (key.length + 1);
    if (u32[cell] === 0) return w[6];
    if (key.every((word, k) => u32[cell + 1 + k] === word)) return u32[cell] - 1;
  }
}

function bitmap(views: Views, w: Words, i: number): number {
  const { u32 } = views;
  const list = w[3] >>> 2;
  for (let word = 0; word < w[4] * 4; word++) {
    let hits = -1;
    for (let c = 0; c < w[2]; c++) {
      const byte = (u32[(u32[list + c * 3] >>> 2) + i] >>> u32[list + c * 3 + 1]) & 255;
      hits &= u32[(u32[list + c * 3 + 2] >>> 2) + byte * w[4] * 4 + word];
    }
    if (hits !== 0) return word * 32 + 31 - Math.clz32(hits & -hits);
  }
  return w[5];
}

function crc(views: Views, w: Words, i: number): number {
  const { u32 } = views;
  let value = w[2];
  for (let c = 0, at = w[4] >>> 2; c < w[3]; c++, at += 3) {
    const key = u32[(u32[at] >>> 2) + i];
    const bytes = u32[at + 2];
    for (let b = 0; b < bytes; b++) {
      value ^= u32[(u32[at + 1] >>> 2) + b * 256 + ((key >>> (8 * (bytes - 1 - b))) & 255)];
    }
  }
  return value;
}

/** Is a column 0 for the whole batch? */
function isZero({ u32 }: Views, column: number, lanes: number): boolean {
  for (let i = 0; i < lanes; i++) if (u32[(column >>> 2) + i] !== 0) return false;
  return true;
}

function lookup(views: Views, w: Words, i: number): number {
  const { u32 } = views;
  switch (w[0]) {
    case 5:
      return element(views, w[5], (u32[(w[2] >>> 2) + i] >>> w[3]) & w[4], w[6]);
    case 6:
      return element(views, w[4], u32[(w[2] >>> 2) + i] + u32[(w[3] >>> 2) + i], w[5]);
    case 8:
      return search(views, w, i);
    case 9:
      return find(views, w, i);
    case 10:
      return bitmap(views, w, i);
    default:
      return crc(views, w, i);
  }
}

function isElementwise(code: number): boolean {
  return code <= 4 || code === 7;
}

/** A machine over a memory's buffer. */
export function createTwin(buffer: ArrayBufferLike): Machine {
  const views = viewsOf(buffer);
  const { u8, u16, u32 } = views;
  const scan = createScan(views);
  const sum = createSum(views);
  return {
    run: (code, count) => {
      const lanes = (count + 3) & ~3;
      for (let pc = code >>> 2; u32[pc] !== 0; ) {
        const w = u32.subarray(pc, pc + OP_WORDS[u32[pc]]);
        pc += w.length;
        if (w[0] === 12) {
          scan(w, count);
          continue;
        }
        if (w[0] === 14) {
          if (isZero(views, w[1], lanes)) pc += w[2] >>> 2;
          continue;
        }
        if (w[0] === 13) {
          sum(w, lanes);
          continue;
        }
        const masked = isElementwise(w[0]);
        const dst = w[w[0] <= 2 ? 2 : 1] >>> 2;
        const [mask, step] = [w[w.length - 2], w[w.length - 1]];
        for (let i = 0; i < lanes; i++) {
          if (!masked) u32[dst + i] = lookup(views, w, i);
          else if (lane(views, mask, step, i) !== 0) u32[dst + i] = elementwise(views, w, i);
        }
      }
    },
    loops: [],
    parse: createParse(views),
    pick: (outcome, first, count, list) => {
      let found = list >>> 2;
      for (let at = first; at < first + count; at++) if (u32[(outcome >>> 2) + at] === PARSED) u32[found++] = at;
      return found - (list >>> 2);
    },
    collect: (plan, moves, list, count) => {
      for (let m = 0; m < moves; m++) {
        const [from, to] = [u32[(plan >>> 2) + m * 2] >>> 2, u32[(plan >>> 2) + m * 2 + 1] >>> 2];
        for (let i = 0; i < count; i++) u32[to + i] = u32[from + u32[(list >>> 2) + i]];
        for (let i = count; i < ((count + 3) & ~3); i++) u32[to + i] = 0;
      }
    },
    deliver: (plan, moves, list, count) => {
      for (let m = 0; m < moves; m++) {
        const [from, to, stride, log2] = u32.subarray((plan >>> 2) + m * 4, (plan >>> 2) + m * 4 + 4);
        for (let i = 0; i < count; i++) {
          const at = u32[(list >>> 2) + i] * stride;
          const value = u32[(from >>> 2) + i];
          if (log2 === 0) u8[to + at] = value;
          else if (log2 === 1) u16[(to >>> 1) + at] = value;
          else u32[(to >>> 2) + at] = value;
        }
      }
    },
    assign: (slot, sizeMask, shards, list, count, heads) => {
      for (let i = 0; i < count; i++) {
        const head = (heads >>> 2) + (((u32[(slot >>> 2) + i] & sizeMask) >>> 0) % shards);
        u32[u32[head] >>> 2] = u32[(list >>> 2) + i];
        u32[head] += 4;
      }
    },
  };
}
