/** Bidirectional flows: a hash table on typed arrays from 5-tuples to dense flow numbers, optionally split at gaps (FEATURES.md, "Flow"). */
import { KEY_WORDS } from './flow-key.ts';

/** Facts per flow number, in growing columns. */
export interface FlowColumns {
  count: number;
  /** KEY_WORDS words per flow (flow-key.ts). */
  words: Uint32Array;
  capture: Uint32Array;
  packets: Uint32Array;
  /** Original lengths summed; a double holds it exactly. */
  bytes: Float64Array;
  firstSeconds: Uint32Array;
  firstNanos: Uint32Array;
  lastSeconds: Uint32Array;
  lastNanos: Uint32Array;
  /** The flow of the same 5-tuple before the gap; -1 for the first. */
  previous: Int32Array;
}

/** A table being filled, packet after packet. */
export interface FlowTable {
  readonly flows: FlowColumns;
  /** Nanoseconds without a packet after which a 5-tuple starts a new flow; 0 = never. */
  readonly gapNanos: number;
  /** The key to look up; fill it before `flowOf` or `findFlow`. */
  readonly key: Uint32Array;
  /** Hash slots: flow number + 1, 0 = free. */
  slots: Int32Array;
  used: number;
  /** Capture of the last packet decoded; -1 before the first. */
  capture: number;
}

const FIRST_SLOTS = 1024;

function newColumns(capacity: number): FlowColumns {
  return {
    count: 0,
    words: new Uint32Array(capacity * KEY_WORDS),
    capture: new Uint32Array(capacity),
    packets: new Uint32Array(capacity),
    bytes: new Float64Array(capacity),
    firstSeconds: new Uint32Array(capacity),
    firstNanos: new Uint32Array(capacity),
    lastSeconds: new Uint32Array(capacity),
    lastNanos: new Uint32Array(capacity),
    previous: new Int32Array(capacity),
  };
}

/** An empty table. `gapNanos` 0 keeps a 5-tuple one flow however long it is silent. */
export function newFlowTable(gapNanos = 0): FlowTable {
  return {
    flows: newColumns(1024),
    gapNanos,
    key: new Uint32Array(KEY_WORDS),
    slots: new Int32Array(FIRST_SLOTS),
    used: 0,
    capture: -1,
  };
}

/** Forget all 5-tuples but keep the flows: the next capture's flows get new numbers. */
export function forgetKeys(table: FlowTable): void {
  table.slots = new Int32Array(FIRST_SLOTS);
  table.used = 0;
}

function grown<T extends Uint32Array | Int32Array | Float64Array>(column: T, length: number): T {
  const bigger = new (column.constructor as new (length: number) => T)(length);
  bigger.set(column);
  return bigger;
}

function growColumns(flows: FlowColumns): void {
  const capacity = flows.capture.length * 2;
  flows.words = grown(flows.words, capacity * KEY_WORDS);
  flows.capture = grown(flows.capture, capacity);
  flows.packets = grown(flows.packets, capacity);
  flows.bytes = grown(flows.bytes, capacity);
  flows.firstSeconds = grown(flows.firstSeconds, capacity);
  flows.firstNanos = grown(flows.firstNanos, capacity);
  flows.lastSeconds = grown(flows.lastSeconds, capacity);
  flows.lastNanos = grown(flows.lastNanos, capacity);
  flows.previous = grown(flows.previous, capacity);
}

/** Multiply-xorshift over the words that matter (finaliser constants of MurmurHash3). */
function hashKey(key: Uint32Array, at: number): number {
  let hash = Math.imul(key[at]!, 0x9e3779b1) ^ Math.imul(key[at + 4]!, 0x85ebca6b);
  if (key[at + 9]! >>> 8 === 6) {
    for (let i = 1; i < 4; i++) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ key[at + i]!, 0x9e3779b1) ^ Math.imul(key[at + 4 + i]!, 0xc2b2ae35);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16) ^ key[at + 8]!, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ key[at + 9]!, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function sameKey(words: Uint32Array, at: number, key: Uint32Array): boolean {
  for (let i = 0; i < KEY_WORDS; i++) if (words[at + i] !== key[i]) return false;
  return true;
}

/** Position in `slots` of the key, or of the free slot where it belongs. */
function slotOf(table: FlowTable): number {
  const { slots, flows, key } = table;
  const mask = slots.length - 1;
  let slot = hashKey(key, 0) & mask;
  for (;;) {
    const entry = slots[slot]!;
    if (entry === 0 || sameKey(flows.words, (entry - 1) * KEY_WORDS, key)) return slot;
    slot = (slot + 1) & mask;
  }
}

function growSlots(table: FlowTable): void {
  const old = table.slots;
  table.slots = new Int32Array(old.length * 2);
  const mask = table.slots.length - 1;
  for (const entry of old) {
    if (entry === 0) continue;
    let slot = hashKey(table.flows.words, (entry - 1) * KEY_WORDS) & mask;
    while (table.slots[slot] !== 0) slot = (slot + 1) & mask;
    table.slots[slot] = entry;
  }
}

/** The newest flow of `table.key`, or -1. */
export function findFlow(table: FlowTable): number {
  return table.slots[slotOf(table)]! - 1;
}

/** The flow of `table.key` at a time: an existing one, or a new one when the key is new or was silent for longer than the gap. Notes the packet. */
export function flowOf(table: FlowTable, capture: number, seconds: number, nanos: number, length: number): number {
  const slot = slotOf(table);
  const { flows } = table;
  let flow = table.slots[slot]! - 1;
  const isNew = flow < 0;
  if (isNew || (table.gapNanos > 0 && silentFor(flows, flow, seconds, nanos) > table.gapNanos)) {
    flow = addFlow(table, flow, capture, seconds, nanos);
    table.slots[slot] = flow + 1;
    if (isNew && ++table.used * 2 > table.slots.length) growSlots(table);
  }
  flows.packets[flow]!++;
  flows.bytes[flow]! += length;
  flows.lastSeconds[flow] = seconds;
  flows.lastNanos[flow] = nanos;
  return flow;
}

/** Nanoseconds since the flow's last packet; negative when time went backwards. A double is exact far beyond any gap that matters. */
function silentFor(flows: FlowColumns, flow: number, seconds: number, nanos: number): number {
  return (seconds - flows.lastSeconds[flow]!) * 1e9 + (nanos - flows.lastNanos[flow]!);
}

function addFlow(table: FlowTable, previous: number, capture: number, seconds: number, nanos: number): number {
  const { flows } = table;
  if (flows.count === flows.capture.length) growColumns(flows);
  const flow = flows.count++;
  flows.words.set(table.key, flow * KEY_WORDS);
  flows.capture[flow] = capture;
  flows.firstSeconds[flow] = seconds;
  flows.firstNanos[flow] = nanos;
  flows.previous[flow] = previous;
  return flow;
}
