/**
 * Merging a dataset's flows into one busy link: flows begin one after the other so that packets come at a given mean rate, times inside a
 * flow stay as they were (FEATURES.md, "State across captures": this is what shows register collisions).
 */
import { fail } from '../../problem.ts';
import { sharedColumn } from '../capture/buffers.ts';
import type { Dataset, DecodedColumns, PacketColumns } from '../columns.ts';
import { newDecodedColumns } from '../decode/decode.ts';

/** How to merge. */
export interface InterleaveOptions {
  /** Mean packets per second while flows keep beginning. */
  readonly packetsPerSecond: number;
  /** What keeps its inner timing: every flow (default), or every capture as a whole. */
  readonly unit?: 'flow' | 'capture';
  /** Seconds since the epoch at which the merged trace begins; default: the first packet's. */
  readonly start?: number;
}

/** The packets of each unit in capture order: rows of unit u are order[first[u] .. first[u + 1]). */
interface Units {
  readonly count: number;
  readonly first: Uint32Array;
  readonly order: Uint32Array;
}

/** Packets without a flow form one unit per capture, so that none is lost. */
function collectUnits(dataset: Dataset, unit: 'flow' | 'capture'): Units {
  const { packets, decoded } = dataset;
  const flows = unit === 'flow' ? dataset.flowLabel.length : 0;
  const count = flows + dataset.captures.length;
  const unitOf = (i: number): number =>
    flows > 0 && decoded.flow[i]! >= 0 ? decoded.flow[i]! : flows + packets.capture[i]!;
  const first = new Uint32Array(count + 1);
  for (let i = 0; i < packets.count; i++) first[unitOf(i) + 1]!++;
  for (let u = 0; u < count; u++) first[u + 1]! += first[u]!;
  const next = first.slice(0, count);
  const order = new Uint32Array(packets.count);
  for (let i = 0; i < packets.count; i++) order[next[unitOf(i)]!++] = i;
  return { count, first, order };
}

/** Units by their first packet: the order in which they begin. */
function beginnings(units: Units): Uint32Array {
  const present = Uint32Array.from({ length: units.count }, (_, u) => u).filter(
    (u) => units.first[u] !== units.first[u + 1],
  );
  return present.sort((a, b) => units.order[units.first[a]!]! - units.order[units.first[b]!]!);
}

/** A unit under way: its next packet and when it is due. */
interface Running {
  readonly end: number;
  at: number;
  /** Nanoseconds since the start of the merged trace. */
  due: number;
  /** Added to a packet's time (ns since the origin) to get its new time. */
  readonly shift: number;
}

function sink(heap: Running[], item: Running): void {
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    if (down >= heap.length) break;
    if (down + 1 < heap.length && heap[down + 1]!.due < heap[down]!.due) down++;
    if (heap[down]!.due >= item.due) break;
    heap[at] = heap[down]!;
    at = down;
  }
  heap[at] = item;
}

function rise(heap: Running[], item: Running): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (heap[up]!.due <= item.due) break;
    heap[at] = heap[up]!;
    at = up;
  }
  heap[at] = item;
}

/** New order and times: row j of the merged trace is packet `order[j]` at `nanos[j]` after the start. */
function merge(packets: PacketColumns, units: Units, perSecond: number): { order: Uint32Array; nanos: Float64Array } {
  const origin = packets.seconds[0] ?? 0;
  const timeOf = (i: number): number => (packets.seconds[i]! - origin) * 1e9 + packets.nanos[i]!;
  const begin = beginnings(units);
  const order = new Uint32Array(packets.count);
  const nanos = new Float64Array(packets.count);
  const heap: Running[] = [];
  let started = 0;
  let begun = 0;
  for (let row = 0; row < packets.count; row++) {
    while (begun < begin.length && (heap.length === 0 || (started / perSecond) * 1e9 <= heap[0]!.due)) {
      const unit = begin[begun++]!;
      const [at, end] = [units.first[unit]!, units.first[unit + 1]!];
      const due = Math.round((started / perSecond) * 1e9);
      rise(heap, { at, end, due, shift: due - timeOf(units.order[at]!) });
      started += end - at;
    }
    const running = heap[0]!;
    const packet = units.order[running.at]!;
    order[row] = packet;
    // A packet earlier than the one before it in its unit stays behind it, with its own (backward) time.
    nanos[row] = Math.max(0, timeOf(packet) + running.shift);
    if (++running.at < running.end) {
      running.due = Math.max(running.due, timeOf(units.order[running.at]!) + running.shift);
      sink(heap, running);
    } else {
      const last = heap.pop()!;
      if (heap.length > 0) sink(heap, last);
    }
  }
  return { order, nanos };
}

function reorder(column: Uint32Array, order: Uint32Array): Uint32Array {
  const out = sharedColumn(order.length);
  for (let j = 0; j < order.length; j++) out[j] = column[order[j]!]!;
  return out;
}

function reorderDecoded(decoded: DecodedColumns, order: Uint32Array): DecodedColumns {
  const out = newDecodedColumns(order.length);
  for (let j = 0; j < order.length; j++) {
    const i = order[j]!;
    out.flow[j] = decoded.flow[i]!;
    out.ipVersion[j] = decoded.ipVersion[i]!;
    out.protocol[j] = decoded.protocol[i]!;
    out.l3Offset[j] = decoded.l3Offset[i]!;
    out.l4Offset[j] = decoded.l4Offset[i]!;
  }
  return out;
}

/**
 * The dataset as one merged trace. Packets, flows, labels and splits are the same; order and times are new; frame bytes are shared, not copied.
 * Capture and packet number still name where each packet came from.
 * @throws ProblemError TRAFFIC-RATE
 */
export function interleave<T extends Dataset>(dataset: T, options: InterleaveOptions): T {
  const { packetsPerSecond } = options;
  if (!(packetsPerSecond > 0 && packetsPerSecond <= 1e10)) {
    fail({
      code: 'TRAFFIC-RATE',
      message: 'the rate must be above 0 packets per second',
      have: String(packetsPerSecond),
    });
  }
  const { packets } = dataset;
  const { order, nanos } = merge(packets, collectUnits(dataset, options.unit ?? 'flow'), packetsPerSecond);
  const start = options.start ?? packets.seconds[0] ?? 0;
  const seconds = sharedColumn(packets.count);
  const rest = sharedColumn(packets.count);
  for (let j = 0; j < packets.count; j++) {
    const whole = Math.floor(nanos[j]! / 1e9);
    seconds[j] = start + whole;
    rest[j] = nanos[j]! - whole * 1e9;
  }
  const merged: PacketColumns = {
    count: packets.count,
    bytes: packets.bytes,
    offset: reorder(packets.offset, order),
    capLen: reorder(packets.capLen, order),
    origLen: reorder(packets.origLen, order),
    seconds,
    nanos: rest,
    packetNumber: reorder(packets.packetNumber, order),
    capture: reorder(packets.capture, order),
  };
  return { ...dataset, packets: merged, decoded: reorderDecoded(dataset.decoded, order) };
}
