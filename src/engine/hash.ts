/** CRC32 by byte position: the CRC is linear, so a fixed-length string's is the XOR of one table word per byte. */

const STEP = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

export interface CrcTables {
  readonly init: number;
  /** Per word 256 table words for each of its bytes, first byte first. */
  readonly tables: readonly Uint32Array[];
}

const known = new Map<string, CrcTables>();

/** Tables of a string made of words of so many bytes; crc = init ^ XOR over all bytes of table[byte]. */
export function crcTables(words: readonly number[]): CrcTables {
  const name = words.join();
  const found = known.get(name);
  if (found) return found;
  const length = words.reduce((sum, bytes) => sum + bytes, 0);
  const all = new Uint32Array(length * 256);
  all.set(STEP, (length - 1) * 256);
  for (let at = (length - 1) * 256 - 1; at >= 0; at--) all[at] = STEP[all[at + 256] & 255] ^ (all[at + 256] >>> 8);
  let init = 0xffffffff;
  for (let p = 0; p < length; p++) init = STEP[init & 255] ^ (init >>> 8);
  let from = 0;
  const tables = words.map((bytes) => {
    from += bytes;
    return all.slice((from - bytes) * 256, from * 256);
  });
  const made = { init: ~init >>> 0, tables };
  known.set(name, made);
  return made;
}
