/** Hash unit: CRC32 as TNA's HashAlgorithm_t.CRC32 (polynomial 0x04c11db7 reflected, initial and final all ones; TARGETS.md §8). */

import type { Hash, Program } from '../../program/index.ts';
import { type Layout, slotOf } from './layout.ts';
import type { Machine, Read } from './machine.ts';

const TABLE = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC32 of bytes [from, to); unsigned. */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffffffff;
  for (let i = from; i < to; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Each part's fields XOR-ed, written most significant byte first, parts in order; then CRC32 of the string. */
function compileHash(hash: Hash, layout: Layout): Read {
  const parts = hash.parts.map((part) => part.xor.map((field) => slotOf(layout, field)));
  const widths = parts.map((slots) => (slots[0].bits + 7) >>> 3);
  const buffer = new Uint8Array(widths.reduce((sum, width) => sum + width, 0));
  return (machine: Machine) => {
    let end = 0;
    for (let p = 0; p < parts.length; p++) {
      let lo = 0;
      let hi = 0;
      for (const slot of parts[p]) {
        lo ^= machine.now[slot.at];
        if (slot.wide) hi ^= machine.now[slot.at + 1];
      }
      end += widths[p];
      for (let b = 0; b < widths[p]; b++) buffer[end - 1 - b] = b < 4 ? lo >>> (8 * b) : hi >>> (8 * (b - 4));
    }
    return crc32(buffer);
  };
}

/** All hashes of a program by name, each reading the values at the stage's entry. */
export function compileHashes(program: Program, layout: Layout): ReadonlyMap<string, Read> {
  return new Map(program.hashes.map((hash) => [hash.name, compileHash(hash, layout)]));
}
