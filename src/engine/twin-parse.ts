/** Twin of wasm/assembly/parse.ts: the program's parser over raw frames. */

import { OUTCOME_SHORT, OUTCOME_TRUNCATED, OUTCOME_UNPARSED } from '../program/index.ts';
import type { Views } from './kernels.ts';
import { PARSED } from './opcodes.ts';

const ACCEPT = 0;
const REJECT = 1;
const MAX_STEPS = 256;

/** 64 bits at byte `at`, `bit` bits in, shifted down: [low, high]. */
function wide(u8: Uint8Array, at: number, bit: number, down: number): [number, number] {
  let value = 0n;
  for (let b = 0; b < 9; b++) value = (value << 8n) | BigInt(u8[at + b]);
  const cut = BigInt.asUintN(64, value >> BigInt(8 - bit)) >> BigInt(down);
  return [Number(cut & 0xffffffffn), Number(cut >> 32n)];
}

function lookahead(u8: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let b = 0; b < bytes; b++) value = value * 256 + u8[at + b];
  return value;
}

/** Reads the layout documented in parser.ts. */
export function createParse({ u8, u32 }: Views): (plan: number, input: number, first: number, count: number) => void {
  /** Extracts a state's headers; returns the record after them, or -1 when the frame ends first. */
  const extract = (state: number, cursor: { at: number }, frame: number, capLen: number, lane: number): number => {
    let r = state + 6;
    for (let h = 0; h < u32[state]; h++) {
      const [bytes, valid, fields] = [u32[r], u32[r + 1], u32[r + 2]];
      if (cursor.at + bytes > capLen) return -1;
      if (valid) u32[(valid >>> 2) + lane] = 0xffffffff;
      r += 3;
      for (let f = 0; f < fields; f++, r += 5) {
        const [low, high] = wide(u8, frame + cursor.at + u32[r], u32[r + 1], u32[r + 2]);
        if (u32[r + 3]) u32[(u32[r + 3] >>> 2) + lane] = low;
        if (u32[r + 4]) u32[(u32[r + 4] >>> 2) + lane] = high;
      }
      cursor.at += bytes;
    }
    return r;
  };
  const assign = (r: number, lane: number) => {
    const [low, high, fromLow, constLow, maskLow, fromHigh, constHigh, maskHigh] = u32.subarray(r, r + 8);
    if (low) u32[(low >>> 2) + lane] = (fromLow ? u32[(fromLow >>> 2) + lane] : constLow) & maskLow;
    if (high) u32[(high >>> 2) + lane] = (fromHigh ? u32[(fromHigh >>> 2) + lane] : constHigh) & maskHigh;
  };
  const parseOne = (start: number, frame: number, capLen: number, lane: number, short: number): number => {
    const cursor = { at: 0 };
    for (let state = start >>> 2, step = 0; step < MAX_STEPS; step++) {
      const [, skip, assigns, keys, cases, otherwise] = u32.subarray(state, state + 6);
      let r = extract(state, cursor, frame, capLen, lane);
      if (r < 0) return short;
      cursor.at += skip;
      for (let a = 0; a < assigns; a++, r += 8) assign(r, lane);
      const values: number[] = [];
      for (let k = 0; k < keys; k++, r += 3) {
        if (u32[r] && cursor.at + u32[r + 1] + u32[r + 2] > capLen) return short;
        values.push(
          u32[r] ? lookahead(u8, frame + cursor.at + u32[r + 1], u32[r + 2]) : u32[(u32[r + 1] >>> 2) + lane],
        );
      }
      let next = otherwise;
      for (let c = 0; c < cases; c++, r += 1 + 2 * keys) {
        const at = r;
        if (!values.every((value, k) => (value & u32[at + 2 + 2 * k]) >>> 0 === u32[at + 1 + 2 * k])) continue;
        next = u32[at];
        break;
      }
      if (next === ACCEPT) return PARSED;
      if (next === REJECT) return OUTCOME_UNPARSED;
      state = next >>> 2;
    }
    return OUTCOME_UNPARSED;
  };
  const stamp = (plan: number, seconds: number, nanos: number, lane: number) => {
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    for (let t = 0, r = (plan >>> 2) + 4; t < u32[(plan >>> 2) + 3]; t++, r += 4) {
      if (u32[r]) u32[(u32[r] >>> 2) + lane] = Number(time & 0xffffffffn) & u32[r + 1];
      if (u32[r + 2]) u32[(u32[r + 2] >>> 2) + lane] = Number((time >> 32n) & 0xffffffffn) & u32[r + 3];
    }
  };
  return (plan, input, first, count) => {
    const [start, outcome, clears, times] = u32.subarray(plan >>> 2, (plan >>> 2) + 4);
    const columns = (plan >>> 2) + 4 + times * 4;
    for (let c = 0; c < clears; c++)
      u32.fill(0, (u32[columns + c] >>> 2) + first, (u32[columns + c] >>> 2) + first + count);
    const [bytes, bias, offset, capLen, origLen, seconds, nanos] = u32.subarray(input >>> 2, (input >>> 2) + 7);
    for (let i = 0; i < count; i++) {
      const lane = first + i;
      const captured = u32[(capLen >>> 2) + i];
      const short = u32[(origLen >>> 2) + i] > captured ? OUTCOME_TRUNCATED : OUTCOME_SHORT;
      stamp(plan, u32[(seconds >>> 2) + i], u32[(nanos >>> 2) + i], lane);
      const frame = bytes + (u32[(offset >>> 2) + i] - bias);
      u32[(outcome >>> 2) + lane] = parseOne(start, frame, captured, lane, short);
    }
  };
}
