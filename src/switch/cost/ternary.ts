/** Ternary tables: width by crossbar bytes, depth, range rows, indirection RAM (TARGETS.md §4). */

import type { Chip } from '../targets/chip.ts';

/** Key bytes of a ternary table: whole bytes, and bytes of which at most a nibble is used. */
export interface TernaryBytes {
  readonly full: number;
  readonly nibbles: number;
}

/**
 * Blocks side by side: W blocks hold 5 W bytes, plus one middle byte per adjacent pair, plus a nibble for an odd block, less the
 * version nibble (T:bf-p4c/mau/tofino/input_xbar.cpp:489-525, table_format.cpp:2112-2206).
 */
export function ternaryWidth({ full, nibbles }: TernaryBytes, chip: Chip): number {
  const { bytesPerUnit } = chip.ternary;
  for (let width = 1; ; width++) {
    const spareNibbles = width - 1;
    const middle = Math.floor(spareNibbles / 2);
    const fullInMiddle = Math.max(0, full - width * bytesPerUnit);
    if (fullInMiddle > middle) continue;
    const wholeLeft = width * bytesPerUnit - (full - fullInMiddle);
    const nibblesLeft = spareNibbles - 2 * fullInMiddle;
    if (nibbles <= wholeLeft + nibblesLeft) return width;
  }
}

/** Rows a range key of `nibbles` nibbles may need (T:bf-p4c/mau/resource_estimate.cpp:1648-1693). */
export function rangeRows(entries: number, nibbles: number, chip: Chip, withRanges?: number): number {
  if (nibbles === 0) return entries;
  const lines = Math.min(chip.ternary.maxRangeLines, 2 * nibbles - 1);
  const ranged = withRanges ?? chip.ternary.rangeEntryShare * entries;
  return Math.ceil(ranged * lines + (entries - ranged));
}

/** Indirection RAMs for `rows` TCAM rows with `overhead` bits each (T:bf-p4c/mau/resource_estimate.cpp:157-163). */
export function tindRams(rows: number, overhead: number, chip: Chip): number {
  if (overhead === 0) return 0;
  const entryBits = 2 ** Math.max(3, Math.ceil(Math.log2(overhead)));
  return Math.ceil(rows / (chip.memory.sramDepth * (chip.memory.sramWidth / entryBits)));
}
