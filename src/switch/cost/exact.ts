/** Exact-match tables: how many entries lie side by side, ways, and the SRAM they take (TARGETS.md §3; T:bf-p4c/mau/table_layout.cpp:530-779). */

import type { Chip } from '../targets/chip.ts';

/** What decides an exact table's match memory. */
export interface ExactShape {
  readonly keyBits: number;
  /** Container bytes of the key. */
  readonly keyBytes: number;
  readonly entries: number;
  /** Instruction select and immediate bits stored with each entry. */
  readonly overheadBits: number;
  /** Identity hash allowed: no action data behind the default action. */
  readonly identity: boolean;
}

export interface ExactLayout {
  /** Entries side by side in one wide word. */
  readonly pack: number;
  readonly width: number;
  readonly depth: number;
  readonly ways: number;
  readonly rams: number;
  /** Entries the layout really holds. */
  readonly capacity: number;
  readonly identity: boolean;
}

/** Widest key an identity hash serves (T:bf-p4c/mau/resource_estimate.cpp:481-526). */
const IDENTITY_KEY_BITS = 18;

/** Blocks side by side for `pack` entries (T:bf-p4c/mau/table_layout.cpp:726-737, table_format.h:68-81). */
function widthFor(shape: ExactShape, pack: number, chip: Chip): number {
  const { versionBits, ghostBits, matchBytesPerRow, overheadBitsPerRow, packPerRow } = chip.exact;
  const keyBits = Math.max(0, shape.keyBits - ghostBits);
  const entry = shape.overheadBits + versionBits + keyBits;
  const matchBytes = Math.max(1, shape.keyBytes - Math.floor(ghostBits / 8));
  return Math.max(
    Math.ceil((pack * entry) / chip.memory.sramWidth),
    Math.ceil((pack * matchBytes) / matchBytesPerRow),
    Math.ceil((pack * shape.overheadBits) / overheadBitsPerRow),
    Math.ceil(pack / packPerRow),
  );
}

function layoutFor(shape: ExactShape, pack: number, chip: Chip): ExactLayout | undefined {
  const width = widthFor(shape, pack, chip);
  if (width > chip.exact.maxWidth) return undefined;
  const rows = chip.memory.sramDepth;
  const needed = Math.max(1, Math.ceil(shape.entries / (pack * rows)));
  const layout = (depth: number, ways: number, identity: boolean): ExactLayout => ({
    pack,
    width,
    depth,
    ways,
    rams: depth * width,
    capacity: depth * pack * rows,
    identity,
  });
  if (shape.keyBits < chip.exact.ghostBits && needed === 1) return layout(1, 1, false);
  const depth = Math.max(chip.exact.minWays, needed);
  // An identity way is one block wide (micro cases: 12 bits, 4,096 entries, 32-bit immediate take four blocks of one entry, not three wide).
  if (shape.identity && shape.keyBits <= IDENTITY_KEY_BITS && width === 1) {
    const blocks = Math.ceil(2 ** Math.max(0, shape.keyBits - chip.exact.ghostBits) / pack);
    const rounded = 2 ** Math.ceil(Math.log2(blocks));
    if (rounded <= depth && rounded * pack * rows >= shape.entries) return layout(rounded, 1, true);
  }
  return layout(depth, 4, false);
}

/** Every packing that is not the mere multiple of a smaller one (T:bf-p4c/mau/table_layout.cpp:777). */
export function exactLayouts(shape: ExactShape, chip: Chip): ExactLayout[] {
  const layouts: ExactLayout[] = [];
  for (let pack = 1; pack <= chip.exact.packMax; pack++) {
    const layout = layoutFor(shape, pack, chip);
    if (!layout) continue;
    const multiple = layouts.some((l) => pack % l.pack === 0 && layout.width === l.width * (pack / l.pack));
    if (!multiple) layouts.push(layout);
  }
  return layouts;
}
