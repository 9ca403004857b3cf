/** The parser: states extract headers at a cursor, skip, assign metadata and select the next state (PROGRAM.md "Parser"). */

import type { FrameColumns, ParserState, Program } from '../../program/index.ts';
import { OUTCOME_NO_VERDICT, OUTCOME_SHORT, OUTCOME_TRUNCATED, OUTCOME_UNPARSED } from '../../program/index.ts';
import { constWords, type FieldSlot, type Layout, shiftedHi, shiftedLo, slotOf } from './layout.ts';
import type { Machine } from './machine.ts';

/** One state per clock and 256 rows: a walk longer than this is a loop. */
const MAX_STEPS = 256;
const ACCEPT = -1;
const REJECT = -2;

interface FieldCut {
  readonly slot: FieldSlot;
  /** First bit from the header's start, most significant first. */
  readonly firstBit: number;
}

interface CompiledHeader {
  readonly index: number;
  readonly bytes: number;
  readonly fields: readonly FieldCut[];
}

interface SelectSource {
  readonly slot?: FieldSlot;
  readonly byte: number;
  readonly bytes: number;
}

interface CompiledState {
  readonly headers: readonly CompiledHeader[];
  readonly skip: number;
  readonly assign: readonly { slot: FieldSlot; from?: FieldSlot; words: readonly [number, number] }[];
  readonly keys: readonly SelectSource[];
  readonly cases: readonly { value: readonly bigint[]; mask: readonly bigint[]; next: number }[];
  readonly otherwise: number;
}

function compileHeader(program: Program, layout: Layout, name: string): CompiledHeader {
  const index = program.headers.findIndex((header) => header.name === name);
  if (index < 0) throw new Error(`the parser extracts ${name}, which is no header`);
  let firstBit = 0;
  const fields = program.headers[index].fields.map((field) => {
    const slot = slotOf(layout, field);
    const cut = { slot, firstBit };
    firstBit += slot.bits;
    return cut;
  });
  return { index, bytes: firstBit >>> 3, fields };
}

function compileState(program: Program, layout: Layout, state: ParserState): CompiledState {
  const target = (name: string) => {
    if (name === 'accept') return ACCEPT;
    if (name === 'reject') return REJECT;
    const index = program.parser.states.findIndex((candidate) => candidate.name === name);
    if (index < 0) throw new Error(`parser state ${state.name} goes to ${name}, which does not exist`);
    return index;
  };
  const keys = state.select.map((key) =>
    key.kind === 'field'
      ? { slot: slotOf(layout, key.field), byte: 0, bytes: 0 }
      : { byte: key.byte, bytes: key.bytes },
  );
  return {
    headers: state.extract.map((name) => compileHeader(program, layout, name)),
    skip: state.skip,
    assign: state.assign.map(({ dst, from }) => ({
      slot: slotOf(layout, dst),
      ...('field' in from ? { from: slotOf(layout, from.field) } : {}),
      words: 'field' in from ? [0, 0] : constWords(from.const),
    })),
    keys,
    cases: state.cases.map(({ value, mask, next }) => ({
      value: value.map(BigInt),
      mask: mask.map(BigInt),
      next: target(next),
    })),
    otherwise: target(state.otherwise),
  };
}

/** `bits` bits from bit `first` of the frame (most significant first) into the slot's words. */
function extractBits(bytes: Uint8Array, first: number, slot: FieldSlot, out: Uint32Array): void {
  let lo = 0;
  let hi = 0;
  const end = first + slot.bits;
  for (let at = first >>> 3; at <= (end - 1) >>> 3; at++) {
    hi = (hi << 8) | (lo >>> 24);
    lo = (lo << 8) | bytes[at];
  }
  const spare = 7 - ((end - 1) & 7);
  if (slot.bits + spare > 64) throw new Error(`${slot.name}: ${slot.bits} bits that do not start on a byte`);
  lo >>>= 0;
  hi >>>= 0;
  out[slot.at] = shiftedLo(lo, hi, spare) & slot.maskLo;
  if (slot.wide) out[slot.at + 1] = shiftedHi(hi, spare) & slot.maskHi;
}

function writeAssign(machine: Machine, assign: CompiledState['assign'][number]): void {
  const { slot, from, words } = assign;
  const lo = from ? machine.next[from.at] : words[0];
  const hi = from ? (from.wide ? machine.next[from.at + 1] : 0) : words[1];
  machine.next[slot.at] = lo & slot.maskLo;
  if (slot.wide) machine.next[slot.at + 1] = hi & slot.maskHi;
}

/** Runs on one frame: fills `machine.next` and header validity; answers OUTCOME_NO_VERDICT when accepted, else the reason. */
export type Parse = (machine: Machine, packets: FrameColumns, packet: number) => number;

interface Cursor {
  at: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** Extraction, skip and assignment of one state; false when the frame ends first. */
function enter(state: CompiledState, cursor: Cursor, machine: Machine): boolean {
  for (const header of state.headers) {
    if (cursor.at + header.bytes > cursor.end) return false;
    for (const { slot, firstBit } of header.fields)
      extractBits(cursor.bytes, cursor.at * 8 + firstBit, slot, machine.next);
    machine.valid[header.index] = 1;
    cursor.at += header.bytes;
  }
  cursor.at += state.skip;
  for (const assign of state.assign) writeAssign(machine, assign);
  return true;
}

/** Next state by the first case that hits; undefined when a lookahead runs past the end. */
function choose(state: CompiledState, cursor: Cursor, machine: Machine): number | undefined {
  if (state.cases.length === 0 && state.keys.length === 0) return state.otherwise;
  const keys: bigint[] = [];
  for (const { slot, byte, bytes } of state.keys) {
    if (slot) {
      const hi = slot.wide ? BigInt(machine.next[slot.at + 1]) : 0n;
      keys.push((hi << 32n) | BigInt(machine.next[slot.at]));
      continue;
    }
    if (cursor.at + byte + bytes > cursor.end) return undefined;
    let value = 0;
    for (let b = 0; b < bytes; b++) value = value * 256 + cursor.bytes[cursor.at + byte + b];
    keys.push(BigInt(value));
  }
  const hit = state.cases.find(({ value, mask }) => keys.every((key, k) => (key & mask[k]) === value[k]));
  return hit ? hit.next : state.otherwise;
}

export function compileParser(program: Program, layout: Layout): Parse {
  const states = program.parser.states.map((state) => compileState(program, layout, state));
  const start = program.parser.states.findIndex((state) => state.name === 'start');
  return (machine, packets, packet) => {
    const from = packets.offset[packet];
    const cursor: Cursor = { at: from, end: from + packets.capLen[packet], bytes: packets.bytes };
    const ranShort = packets.capLen[packet] < packets.origLen[packet] ? OUTCOME_TRUNCATED : OUTCOME_SHORT;
    let at = start;
    for (let step = 0; step < MAX_STEPS && at >= 0; step++) {
      if (!enter(states[at], cursor, machine)) return ranShort;
      const next = choose(states[at], cursor, machine);
      if (next === undefined) return ranShort;
      at = next;
    }
    return at === ACCEPT ? OUTCOME_NO_VERDICT : OUTCOME_UNPARSED;
  };
}
