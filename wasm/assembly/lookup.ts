// Table lookups: a column of keys becomes a column of class numbers or entry numbers.

@inline
function element(base: usize, index: u32, log2: i32): u32 {
  if (log2 == 0) return <u32>load<u8>(base + <usize>index);
  if (log2 == 1) return <u32>load<u16>(base + (<usize>index << 1));
  return load<u32>(base + (<usize>index << 2));
}

@inline
function directLoop(dst: usize, key: usize, right: i32, bits: u32, base: usize, log2: i32, end: usize): void {
  while (dst < end) {
    store<u32>(dst, element(base, (load<u32>(key) >> right) & bits, log2));
    store<u32>(dst, element(base, (load<u32>(key, 4) >> right) & bits, log2), 4);
    store<u32>(dst, element(base, (load<u32>(key, 8) >> right) & bits, log2), 8);
    store<u32>(dst, element(base, (load<u32>(key, 12) >> right) & bits, log2), 12);
    dst += 16;
    key += 16;
  }
}

/** dst = base[(key >>> right) & bits]; elements of 2^log2 bytes. */
export function direct(dst: usize, key: usize, right: i32, bits: u32, base: usize, log2: i32, bytes: usize): void {
  const end = dst + bytes;
  if (log2 == 0) directLoop(dst, key, right, bits, base, 0, end);
  else if (log2 == 1) directLoop(dst, key, right, bits, base, 1, end);
  else directLoop(dst, key, right, bits, base, 2, end);
}

@inline
function productLoop(dst: usize, a: usize, b: usize, base: usize, log2: i32, end: usize): void {
  while (dst < end) {
    store<u32>(dst, element(base, load<u32>(a) + load<u32>(b), log2));
    store<u32>(dst, element(base, load<u32>(a, 4) + load<u32>(b, 4), log2), 4);
    store<u32>(dst, element(base, load<u32>(a, 8) + load<u32>(b, 8), log2), 8);
    store<u32>(dst, element(base, load<u32>(a, 12) + load<u32>(b, 12), log2), 12);
    dst += 16;
    a += 16;
    b += 16;
  }
}

/** dst = base[a + b]: a cross product of two classes, the first already multiplied. */
export function product(dst: usize, a: usize, b: usize, base: usize, log2: i32, bytes: usize): void {
  const end = dst + bytes;
  if (log2 == 0) productLoop(dst, a, b, base, 0, end);
  else if (log2 == 1) productLoop(dst, a, b, base, 1, end);
  else productLoop(dst, a, b, base, 2, end);
}

/** dst = mask ? base[row * stride] : dst, in words. */
export function gather(dst: usize, row: usize, base: usize, stride: u32, mask: usize, maskStep: usize, bytes: usize): void {
  const end = dst + bytes;
  const step = <usize>stride << 2;
  if (maskStep == 0) {
    while (dst < end) {
      store<u32>(dst, load<u32>(base + <usize>load<u32>(row) * step));
      store<u32>(dst, load<u32>(base + <usize>load<u32>(row, 4) * step), 4);
      store<u32>(dst, load<u32>(base + <usize>load<u32>(row, 8) * step), 8);
      store<u32>(dst, load<u32>(base + <usize>load<u32>(row, 12) * step), 12);
      dst += 16;
      row += 16;
    }
    return;
  }
  while (dst < end) {
    if (load<u32>(mask)) store<u32>(dst, load<u32>(base + <usize>load<u32>(row) * step));
    dst += 4;
    row += 4;
    mask += 4;
  }
}

/** dst = number of the last of `count` sorted starts (the first is 0) that is <= key; `half` = greatest power of two < count. */
export function search(dst: usize, key: usize, starts: usize, count: u32, half: u32, bytes: usize): void {
  const end = dst + bytes;
  while (dst < end) {
    const value = load<u32>(key);
    let at: u32 = 0;
    for (let step = half; step != 0; step >>= 1) {
      const next = at + step;
      const start = load<u32>(starts + (<usize>min<u32>(next, count - 1) << 2));
      at = select<u32>(next, at, u32(next < count) & u32(start <= value));
    }
    store<u32>(dst, at);
    dst += 4;
    key += 4;
  }
}

/** Mixes one key word into a hash; the TypeScript side builds tables with the same function. */
@inline
function mix(hash: u32, word: u32): u32 {
  hash = (hash ^ word) * 0x9e3779b1;
  return hash ^ (hash >> 15);
}

/** Exact match on `words` key columns (addresses at `columns`) in an open table of cells [entry + 1, key words]. */
export function find(dst: usize, words: u32, columns: usize, cells: usize, sizeMask: u32, miss: u32, bytes: usize): void {
  const cellBytes = (<usize>words + 1) << 2;
  for (let at: usize = 0; at < bytes; at += 4) {
    let hash: u32 = 0;
    for (let w: u32 = 0; w < words; w++) hash = mix(hash, load<u32>(<usize>load<u32>(columns + (<usize>w << 2)) + at));
    let slot = hash & sizeMask;
    let result = miss;
    while (true) {
      const cell = cells + <usize>slot * cellBytes;
      const entry = load<u32>(cell);
      if (entry == 0) break;
      let same = true;
      for (let w: u32 = 0; w < words; w++) {
        if (load<u32>(<usize>load<u32>(columns + (<usize>w << 2)) + at) != load<u32>(cell + 4 + (<usize>w << 2))) {
          same = false;
          break;
        }
      }
      if (same) {
        result = entry - 1;
        break;
      }
      slot = (slot + 1) & sizeMask;
    }
    store<u32>(dst + at, result);
  }
}

/**
 * Bit-vector matching: per chunk of the key (column, right shift, 8-bit index into 256 bitmaps of `vectors` 128-bit words)
 * AND the bitmaps; the first set bit is the best entry. `chunks` records of [column, right, bitmaps] at `list`.
 */
export function bitmap(dst: usize, chunks: u32, list: usize, vectors: u32, miss: u32, bytes: usize): void {
  const rowBytes = <usize>vectors << 4;
  for (let at: usize = 0; at < bytes; at += 4) {
    let result = miss;
    for (let v: usize = 0; v < rowBytes; v += 16) {
      let hits = i32x4.splat(-1);
      let record = list;
      for (let c: u32 = 0; c < chunks; c++) {
        const byte = (load<u32>(<usize>load<u32>(record) + at) >> load<u32>(record, 4)) & 255;
        hits = v128.and(hits, v128.load(<usize>load<u32>(record, 8) + <usize>byte * rowBytes + v));
        record += 12;
      }
      if (v128.any_true(hits)) {
        const low = i64x2.extract_lane(hits, 0);
        const bit = low != 0 ? ctz(low) : 64 + ctz(i64x2.extract_lane(hits, 1));
        result = (<u32>v << 3) + <u32>bit;
        break;
      }
    }
    store<u32>(dst + at, result);
  }
}

@inline
function crcWord(key: u32, tables: usize): u32 {
  return (
    load<u32>(tables + (<usize>(key >> 24) << 2)) ^
    load<u32>(tables + (<usize>((key >> 16) & 255) << 2), 1024) ^
    load<u32>(tables + (<usize>((key >> 8) & 255) << 2), 2048) ^
    load<u32>(tables + (<usize>(key & 255) << 2), 3072)
  );
}

@inline
function crcBytes(key: u32, tables: usize, bytes: u32): u32 {
  let value: u32 = 0;
  for (let b = bytes; b != 0; b--) {
    value ^= load<u32>(tables + (<usize>((key >> ((b - 1) << 3)) & 255) << 2));
    tables += 1024;
  }
  return value;
}

/** CRC by byte position: dst = init ^ XOR of a table word per byte; `count` records of [column, tables, bytes] at `list`. */
export function crc(dst: usize, init: u32, count: u32, list: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    let a = init;
    let b = init;
    let c = init;
    let d = init;
    let record = list;
    for (let w: u32 = 0; w < count; w++) {
      const column = <usize>load<u32>(record) + at;
      const tables = <usize>load<u32>(record, 4);
      const width = load<u32>(record, 8);
      if (width == 4) {
        a ^= crcWord(load<u32>(column), tables);
        b ^= crcWord(load<u32>(column, 4), tables);
        c ^= crcWord(load<u32>(column, 8), tables);
        d ^= crcWord(load<u32>(column, 12), tables);
      } else {
        a ^= crcBytes(load<u32>(column), tables, width);
        b ^= crcBytes(load<u32>(column, 4), tables, width);
        c ^= crcBytes(load<u32>(column, 8), tables, width);
        d ^= crcBytes(load<u32>(column, 12), tables, width);
      }
      record += 12;
    }
    store<u32>(dst + at, a);
    store<u32>(dst + at, b, 4);
    store<u32>(dst + at, c, 8);
    store<u32>(dst + at, d, 12);
  }
}
