/** Action data: entry widths, RAM blocks, the bytes it takes on the action data bus (TARGETS.md §3 "Action data"). */

import type { Chip } from '../targets/chip.ts';

/** Bits of an action data entry as stored: 8, 16, 32, 64, 128 or a multiple of 128 (T:bf-p4c/mau/action_format.cpp:1779-1787). */
export function storedBits(bits: number): number {
  if (bits === 0) return 0;
  if (bits <= 128) return 2 ** Math.max(3, Math.ceil(Math.log2(bits)));
  return Math.ceil(bits / 128) * 128;
}

/** SRAM blocks for `entries` entries of `bits` bits (T:bf-p4c/mau/resource_estimate.cpp:90-99). */
export function actionRams(bits: number, entries: number, chip: Chip): number {
  const stored = storedBits(bits);
  const { sramDepth, sramWidth } = chip.memory;
  if (stored === 0) return 0;
  if (stored <= sramWidth) return Math.ceil(entries / (sramDepth * (sramWidth / stored)));
  return Math.ceil(entries / sramDepth) * (stored / sramWidth);
}

/** Action RAM buses: one for each 128-bit word fetched at once. */
export function actionBuses(bits: number, chip: Chip): number {
  return Math.ceil(storedBits(bits) / chip.memory.sramWidth);
}

/** Bits of one action's parameters in their slots: each takes a container's 8, 16 or 32 bits, small ones share. */
export function slotBits(params: readonly number[]): number {
  let wide = 0;
  let loose = 0;
  for (const bits of params) {
    if (bits > 16) wide += 32 * Math.ceil(bits / 32);
    else if (bits > 8) wide += 16;
    else loose += bits;
  }
  return wide + Math.ceil(loose / 8) * 8;
}

/** Declared bits of the widest action's parameters. */
export function actionBits(actions: readonly { readonly params: readonly number[] }[]): number {
  return Math.max(0, ...actions.map(({ params }) => params.reduce((sum, bits) => sum + bits, 0)));
}
