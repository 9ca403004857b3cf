/** Keys and entries of ternary tables: how an ordered number becomes the bits that a TCAM compares (COMPILER.md "Ternary encoding"). */

/** One key of a table: `bits` wide, unsigned or two's complement, known to hold only values min..max. */
export interface KeySpec {
  readonly bits: number;
  readonly signed: boolean;
  /** Smallest and largest value that can occur; what lies outside is "don't care". */
  readonly min: number;
  readonly max: number;
  /** The wire carries the position itself (value + 2^(bits − 1) when signed), as packed lanes do, and not two's complement. */
  readonly excess?: boolean;
}

/** An entry as prefixes: key k matches when its bits above the `wild[k]` lowest equal those of `value[k]`. Smaller priority wins. */
export interface PrefixEntry {
  readonly value: readonly number[];
  readonly wild: readonly number[];
  readonly label: number;
  readonly priority: number;
}

/** A complete cover of the keys' domains: entries, best priority first, and the label on a miss (the all-wild entry, if one is left). */
export interface Cover {
  readonly entries: readonly PrefixEntry[];
  /** Label of the keys that no entry covers; undefined when the entries cover the whole domain. */
  readonly missLabel: number | undefined;
}

/** Key with its full range as domain. */
export function fullKey(bits: number, signed = false): KeySpec {
  return signed
    ? { bits, signed, min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }
    : { bits, signed, min: 0, max: 2 ** bits - 1 };
}

/** Order-preserving position of a value on 0..2^bits−1 (signed values are shifted up by half the range). */
export function position(key: KeySpec, value: number): number {
  return key.signed ? value + 2 ** (key.bits - 1) : value;
}

/** The bits on the wire of a position: two's complement is the position with its top bit flipped; an excess key carries the position. */
export function wireBits(key: KeySpec, at: number): number {
  const half = 2 ** (key.bits - 1);
  return key.signed && key.excess !== true ? (at >= half ? at - half : at + half) : at;
}

/** Mask of a prefix with `wild` free low bits, as an unsigned 32-bit word. */
export function prefixMask(bits: number, wild: number): number {
  const all = bits >= 32 ? 0xffffffff : 2 ** bits - 1;
  return wild >= 32 ? 0 : (all & ~(2 ** wild - 1)) >>> 0;
}

/** Number of bits that hold every value of min..max, two's complement if min < 0; at least 1. */
export function bitsFor(min: number, max: number): { readonly bits: number; readonly signed: boolean } {
  const signed = min < 0;
  let bits = 1;
  while (signed ? min < -(2 ** (bits - 1)) || max > 2 ** (bits - 1) - 1 : max > 2 ** bits - 1) bits++;
  return { bits, signed };
}
