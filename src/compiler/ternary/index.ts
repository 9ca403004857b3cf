/** Ternary encoding: labelled ranges and boxes into the fewest prioritised prefixes (COMPILER.md "Ternary encoding"). */
export { coverGrid, coverRange, type GridFunction, gridLabels, naiveEntries, prefixesOfRange } from './cover.ts';
export {
  bitsFor,
  type Cover,
  fullKey,
  type KeySpec,
  type PrefixEntry,
  position,
  prefixMask,
  wireBits,
} from './keys.ts';
export { snapThreshold } from './snap.ts';
