// The program's parser over raw frames, and the moves between chunk columns, batch columns and results.

const ACCEPT: u32 = 0;
const REJECT: u32 = 1;
/** Outcome of a packet that the parser accepted; codes 2..4 are run.ts's OUTCOME_UNPARSED, _TRUNCATED and _SHORT. */
const PARSED: u32 = 255;
const UNPARSED: u32 = 2;
const TRUNCATED: u32 = 3;
const SHORT: u32 = 4;
/** More states than any real stack of headers; ends loops that consume nothing. */
const MAX_STEPS: i32 = 256;

@inline
function wide(address: usize, bitOffset: u32, down: u32): u64 {
  let value = bswap<u64>(load<u64>(address));
  if (bitOffset) value = (value << bitOffset) | (<u64>load<u8>(address, 8) >> (8 - bitOffset));
  return value >> down;
}

@inline
function lookahead(address: usize, bytes: u32): u32 {
  if (bytes == 1) return <u32>load<u8>(address);
  if (bytes == 2) return <u32>bswap<u16>(load<u16>(address));
  return bswap<u32>(load<u32>(address));
}

/** One packet through the states; returns its outcome. Layout of states: engine/parser.ts. */
function parseOne(state: usize, frame: usize, capLen: u32, at: usize, short: u32): u32 {
  let cursor: u32 = 0;
  for (let step = 0; step < MAX_STEPS; step++) {
    const headers = load<u32>(state);
    const skip = load<u32>(state, 4);
    const assigns = load<u32>(state, 8);
    const keys = load<u32>(state, 12);
    const cases = load<u32>(state, 16);
    let next = load<u32>(state, 20);
    let record = state + 24;
    for (let h: u32 = 0; h < headers; h++) {
      const bytes = load<u32>(record);
      if (cursor + bytes > capLen) return short;
      const valid = load<u32>(record, 4);
      if (valid) store<u32>(<usize>valid + at, 0xffffffff);
      const fields = load<u32>(record, 8);
      record += 12;
      for (let f: u32 = 0; f < fields; f++) {
        const value = wide(frame + cursor + load<u32>(record), load<u32>(record, 4), load<u32>(record, 8));
        const low = load<u32>(record, 12);
        if (low) store<u32>(<usize>low + at, <u32>value);
        const high = load<u32>(record, 16);
        if (high) store<u32>(<usize>high + at, <u32>(value >> 32));
        record += 20;
      }
      cursor += bytes;
    }
    cursor += skip;
    for (let a: u32 = 0; a < assigns; a++) {
      const from = load<u32>(record, 8);
      const low = load<u32>(record);
      if (low) store<u32>(<usize>low + at, (from ? load<u32>(<usize>from + at) : load<u32>(record, 12)) & load<u32>(record, 16));
      const high = load<u32>(record, 4);
      if (high) {
        const fromHigh = load<u32>(record, 20);
        store<u32>(<usize>high + at, (fromHigh ? load<u32>(<usize>fromHigh + at) : load<u32>(record, 24)) & load<u32>(record, 28));
      }
      record += 32;
    }
    const keyRecords = record;
    for (let k: u32 = 0; k < keys; k++) {
      if (load<u32>(record) && cursor + load<u32>(record, 4) + load<u32>(record, 8) > capLen) return short;
      record += 12;
    }
    for (let c: u32 = 0; c < cases; c++) {
      let hit = true;
      let key = keyRecords;
      for (let k: u32 = 0; k < keys; k++) {
        const value = load<u32>(key)
          ? lookahead(frame + cursor + load<u32>(key, 4), load<u32>(key, 8))
          : load<u32>(<usize>load<u32>(key, 4) + at);
        if ((value & load<u32>(record + 8 + (<usize>k << 3))) != load<u32>(record + 4 + (<usize>k << 3))) {
          hit = false;
          break;
        }
        key += 12;
      }
      if (hit) {
        next = load<u32>(record);
        break;
      }
      record += 4 + (<usize>keys << 3);
    }
    if (next == ACCEPT) return PARSED;
    if (next == REJECT) return UNPARSED;
    state = next;
  }
  return UNPARSED;
}

/**
 * Parses `count` frames into chunk columns from lane `first` on. `input`: [bytes, bias, offset, capLen, origLen, seconds,
 * nanos] (addresses); `plan`: [start state, outcome column, columns to clear, timestamps, then timestamps [low column, its
 * mask, high column, its mask], then columns to clear].
 */
export function parse(plan: usize, input: usize, first: u32, count: u32): void {
  const start = <usize>load<u32>(plan);
  const outcome = <usize>load<u32>(plan, 4);
  const clears = load<u32>(plan, 8);
  const times = load<u32>(plan, 12);
  const columns = plan + 16 + (<usize>times << 4);
  const lane = <usize>first << 2;
  for (let c: u32 = 0; c < clears; c++) {
    memory.fill(<usize>load<u32>(columns + (<usize>c << 2)) + lane, 0, <usize>count << 2);
  }
  const bytes = <usize>load<u32>(input);
  const bias = load<u32>(input, 4);
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const at = lane + i;
    const capLen = load<u32>(<usize>load<u32>(input, 12) + i);
    const short = load<u32>(<usize>load<u32>(input, 16) + i) > capLen ? TRUNCATED : SHORT;
    const frame = bytes + <usize>(load<u32>(<usize>load<u32>(input, 8) + i) - bias);
    for (let t: u32 = 0; t < times; t++) {
      const record = plan + 16 + (<usize>t << 4);
      const time = <u64>load<u32>(<usize>load<u32>(input, 20) + i) * 1000000000 + <u64>load<u32>(<usize>load<u32>(input, 24) + i);
      const low = load<u32>(record);
      const high = load<u32>(record, 8);
      if (low) store<u32>(<usize>low + at, <u32>time & load<u32>(record, 4));
      if (high) store<u32>(<usize>high + at, <u32>(time >> 32) & load<u32>(record, 12));
    }
    store<u32>(outcome + at, parseOne(start, frame, capLen, at, short));
  }
}

/** Lists the lanes first..first+count-1 that were parsed; returns how many. */
export function pick(outcome: usize, first: u32, count: u32, list: usize): u32 {
  let found = list;
  for (let lane = first; lane < first + count; lane++) {
    store<u32>(found, lane);
    found += <usize>(load<u32>(outcome + (<usize>lane << 2)) == PARSED) << 2;
  }
  return <u32>((found - list) >> 2);
}

/** Are the listed lanes neighbours in order? (Lists ascend.) */
@inline
function isRun(list: usize, count: u32): bool {
  return count != 0 && load<u32>(list + (<usize>(count - 1) << 2)) - load<u32>(list) == count - 1;
}

/** Batch columns from chunk columns: `moves` pairs [from, to] at `plan`; lanes past `count` up to a multiple of 4 become 0. */
export function collect(plan: usize, moves: u32, list: usize, count: u32): void {
  const whole = <usize>count << 2;
  const run = isRun(list, count);
  const first = <usize>(count ? load<u32>(list) : 0) << 2;
  const padded = (whole + 15) & ~15;
  for (let m: u32 = 0; m < moves; m++) {
    const from = <usize>load<u32>(plan + (<usize>m << 3));
    const to = <usize>load<u32>(plan + (<usize>m << 3) + 4);
    if (run) memory.copy(to, from + first, whole);
    else for (let i: usize = 0; i < whole; i += 4) store<u32>(to + i, load<u32>(from + (<usize>load<u32>(list + i) << 2)));
    for (let i = whole; i < padded; i += 4) store<u32>(to + i, 0);
  }
}

/** Consecutive lanes: no list to follow. `step`: bytes between elements. */
@inline
function deliverRun(from: usize, to: usize, step: usize, log2: u32, bytes: usize): void {
  const end = from + bytes;
  if (log2 == 0) {
    for (; from < end; from += 4, to += step) store<u8>(to, <u8>load<u32>(from));
  } else if (log2 == 1) {
    for (; from < end; from += 4, to += step) store<u16>(to, <u16>load<u32>(from));
  } else if (step == 4) memory.copy(to, from, bytes);
  else for (; from < end; from += 4, to += step) store<u32>(to, load<u32>(from));
}

/** Results from batch columns: `moves` records [from, to, stride in elements, log2 of bytes an element] at `plan`. */
export function deliver(plan: usize, moves: u32, list: usize, count: u32): void {
  const run = isRun(list, count);
  const first = <usize>(count ? load<u32>(list) : 0);
  for (let m: u32 = 0; m < moves; m++) {
    const record = plan + (<usize>m << 4);
    const from = <usize>load<u32>(record);
    const to = <usize>load<u32>(record, 4);
    const stride = <usize>load<u32>(record, 8);
    const log2 = load<u32>(record, 12);
    if (run) {
      deliverRun(from, to + ((first * stride) << log2), stride << log2, log2, <usize>count << 2);
      continue;
    }
    for (let i: usize = 0; i < <usize>count << 2; i += 4) {
      const at = to + ((<usize>load<u32>(list + i) * stride) << log2);
      const value = load<u32>(from + i);
      if (log2 == 0) store<u8>(at, <u8>value);
      else if (log2 == 1) store<u16>(at, <u16>value);
      else store<u32>(at, value);
    }
  }
}

/** Appends each listed lane to the list of its shard, (slot & sizeMask) mod shards; `heads` holds where each list goes on. */
export function assign(slot: usize, sizeMask: u32, shards: u32, list: usize, count: u32, heads: usize): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const head = heads + (<usize>((load<u32>(slot + i) & sizeMask) % shards) << 2);
    const at = <usize>load<u32>(head);
    store<u32>(at, load<u32>(list + i));
    store<u32>(head, <u32>at + 4);
  }
}
