/** Which raw bytes of the L4 header a feature list asks for. */

import { fail } from '../problem.ts';

/** Bytes from the start of the L4 header that the parser can lift: its rows (one parser TCAM of 256) and the PHV bound it. */
export const L4_LIMIT = 64;

const PATTERN = /^l4\.byte\[(\d+)\]$/;

/** Index of an `l4.byte[i]` feature, or undefined. Throws FEATURE-L4-LIMIT beyond the extraction limit. */
export function l4ByteIndex(name: string): number | undefined {
  const match = PATTERN.exec(name);
  if (!match) return undefined;
  const index = Number(match[1]);
  if (index >= L4_LIMIT)
    fail({
      code: 'FEATURE-L4-LIMIT',
      message: `${name} lies beyond what the parser extracts`,
      need: `byte ${index}`,
      have: `bytes 0 to ${L4_LIMIT - 1}`,
      hint: 'train on fewer bytes of the L4 header',
    });
  return index;
}

/** Indices of all l4 bytes of a feature list, ascending. */
export function l4Bytes(features: readonly string[]): number[] {
  const indices = features.map(l4ByteIndex).filter((index) => index !== undefined);
  return [...new Set(indices)].sort((a, b) => a - b);
}

export function hasL4Bytes(features: readonly string[]): boolean {
  return features.some((name) => PATTERN.test(name));
}
