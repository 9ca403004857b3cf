/** Where each field's bits sit in the machine's word array: one 32-bit word a field, two (low, high) for fields wider than 32 bits. */

import { fail } from '../../problem.ts';
import type { Program } from '../../program/index.ts';

export interface FieldSlot {
  readonly name: string;
  readonly bits: number;
  /** Index of the low word; the high word, if any, follows. */
  readonly at: number;
  readonly wide: boolean;
  /** Masks of the low and the high word. */
  readonly maskLo: number;
  readonly maskHi: number;
}

export interface Layout {
  readonly words: number;
  readonly slots: ReadonlyMap<string, FieldSlot>;
}

/** Ones in the low `bits` bits of a 32-bit word; 0 for none, all ones for 32 and more. */
export function lowMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (1 << bits) - 1;
}

export function layoutFields(program: Program): Layout {
  const slots = new Map<string, FieldSlot>();
  let at = 0;
  for (const { name, bits } of program.fields) {
    const wide = bits > 32;
    slots.set(name, { name, bits, at, wide, maskLo: lowMask(bits), maskHi: lowMask(bits - 32) });
    at += wide ? 2 : 1;
  }
  return { words: at, slots };
}

/** The slot of a field that must exist. Throws RUN-FIELD for a name the program does not declare. */
export function slotOf(layout: Layout, field: string): FieldSlot {
  const slot = layout.slots.get(field);
  if (!slot) fail({ code: 'RUN-FIELD', message: `the program has no field "${field}"` });
  return slot;
}

/** Low word of a two-word value shifted right by `by` (0..63). */
export function shiftedLo(lo: number, hi: number, by: number): number {
  if (by === 0) return lo;
  if (by >= 32) return hi >>> (by - 32);
  return ((lo >>> by) | (hi << (32 - by))) >>> 0;
}

/** High word of a two-word value shifted right by `by` (0..63). */
export function shiftedHi(hi: number, by: number): number {
  return by === 0 ? hi : by >= 32 ? 0 : hi >>> by;
}

/** Two's complement value of the low `bits` bits of a word, 1..32. */
export function signed(value: number, bits: number): number {
  const up = 32 - bits;
  return (value << up) >> up;
}

/** Low and high word of an integer constant modulo 2^64. */
export function constWords(value: number): readonly [number, number] {
  const big = BigInt.asUintN(64, BigInt(value));
  return [Number(big & 0xffffffffn), Number(big >> 32n)];
}
