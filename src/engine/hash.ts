/** CRC32 by byte position: the CRC is linear, so a fixed-length string's is the XOR of one table word per byte. */

const STEP = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

const known = new Map<number, { readonly init: number; readonly tables: readonly Uint32Array[] }>();

/** Tables of a string of `length` bytes, first byte first; crc = init ^ XOR tables[p][byte p]. */
export function crcTables(length: number): { readonly init: number; readonly tables: readonly Uint32Array[] } {
  const found = known.get(length);
  if (found) return found;
  const tables: Uint32Array[] = [];
  for (let p = length - 1; p >= 0; p--) {
    const next = tables[p + 1];
    tables[p] = next === undefined ? STEP : next.map((value) => STEP[value & 255] ^ (value >>> 8));
  }
  let init = 0xffffffff;
  for (let p = 0; p < length; p++) init = STEP[init & 255] ^ (init >>> 8);
  const made = { init: ~init >>> 0, tables };
  known.set(length, made);
  return made;
}
