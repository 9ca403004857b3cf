/** Twin of wasm/assembly/sum.ts: sums of table rows. */

import type { Views } from './kernels.ts';

/** Executes a sum instruction's words over `lanes` packets. */
export function createSum({ u16, u32 }: Views): (w: Uint32Array, lanes: number) => void {
  return ([, groups, base, mask, maskStep, terms, bytes, list], lanes) => {
    const width = groups * 4;
    const head = list >>> 2;
    const element = (data: number, at: number) =>
      bytes === 2 ? (u16[(data >>> 1) + at] << 16) >> 16 : u32[(data >>> 2) + at];
    for (let i = 0; i < lanes; i++) {
      if (u32[(mask >>> 2) + (maskStep === 0 ? 0 : i)] === 0) continue;
      for (let l = 0; l < width; l++) {
        const dst = (u32[head + l] >>> 2) + i;
        let total = u32[head + 2 * width + l] + (base === 1 ? u32[dst] : 0);
        for (let t = 0; t < terms; t++) {
          const term = head + 3 * width + 2 * t;
          total = (total + element(u32[term + 1], u32[(u32[term] >>> 2) + i] * width + l)) | 0;
        }
        u32[dst] = total & u32[head + width + l];
      }
    }
  };
}
