/** Twin of wasm/assembly/scan.ts: register accesses in capture order. */

import type { Views } from './kernels.ts';
import { OUTPUT_JOINS } from './opcodes.ts';
import { holds } from './twin-word.ts';

function updated(op: number, a: number, b: number): number {
  switch (op) {
    case 0:
      return a;
    case 1:
      return a + b;
    case 2:
      return a - b;
    case 3:
      return Math.min(a >>> 0, b >>> 0);
    case 4:
      return Math.min(a | 0, b | 0);
    case 5:
      return Math.max(a >>> 0, b >>> 0);
    case 6:
      return Math.max(a | 0, b | 0);
    case 7:
      return a & b;
    case 8:
      return a | b;
    case 9:
      return a ^ b;
    default:
      return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, (a | 0) + (b | 0)));
  }
}

/** Executes a scan instruction's words over `count` packets. */
export function createScan({ u32 }: Views): (w: Uint32Array, count: number) => void {
  const word = (address: number) => u32[address >>> 2];
  const runUpdates = (record: number, updates: number, truths: number, k: number, values: number[]) => {
    for (let u = 0; u < updates; u++, record += 20) {
      if (((word(record + 4) >>> truths) & 1) === 0) continue;
      const a = word(word(record + 12)) << k;
      values[word(record)] = updated(word(record + 8), a, word(word(record + 16)) << k) >>> k;
    }
  };
  const runOutputs = (record: number, outputs: number, truths: number, values: readonly number[], i: number) => {
    for (let o = 0; o < outputs; o++, record += 16) {
      const kind = word(record + 8);
      const source = kind & (OUTPUT_JOINS - 1);
      const value = source < 4 ? values[source] : (truths >>> (source - 4)) & 1;
      const kept = ((word(record + 4) >>> truths) & 1) === 1 ? value & word(record + 12) : 0;
      const at = (word(record) >>> 2) + i;
      u32[at] = kind >= OUTPUT_JOINS ? u32[at] | kept : kept;
    }
  };
  const access = (call: number, frame: number, cell: number, pair: boolean, k: number, i: number) => {
    const input = (at: number) => (u32[(word(call + at) >>> 2) + (word(call + at + 4) ? i : 0)] << k) >>> k;
    const [lo, hi] = [u32[cell], pair ? u32[cell + 1] : 0];
    u32.set([lo, hi, input(12), input(20)], frame >>> 2);
    const [conditions, updates, outputs] = [word(call + 28), word(call + 32), word(call + 36)];
    let truths = 0;
    for (let c = 0, record = call + 40; c < conditions; c++, record += 16) {
      const minus = word(record + 8);
      const a = (word(word(record + 4)) - (minus ? word(minus) : 0)) << k;
      if (holds(word(record), a, word(word(record + 12)) << k)) truths |= 1 << c;
    }
    const next = [lo, hi];
    runUpdates(call + 40 + conditions * 16, updates, truths, k, next);
    u32[cell] = next[0];
    if (pair) u32[cell + 1] = next[1];
    runOutputs(call + 40 + conditions * 16 + updates * 20, outputs, truths, [lo, hi, ...next], i);
  };
  return (w, count) => {
    const [, registers, pair, sizeMask, k, frame, calls, list] = w;
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < calls; c++) {
        const call = u32[(list >>> 2) + c];
        if (u32[(word(call) >>> 2) + (word(call + 4) ? i : 0)] === 0) continue;
        const index = (u32[(word(call + 8) >>> 2) + i] & sizeMask) >>> 0;
        access(call, frame, (registers >>> 2) + index * (pair ? 2 : 1), pair === 1, k, i);
      }
    }
  };
}
