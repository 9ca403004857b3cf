/**
 * What a model should see of a capture, in plain TypeScript that shares no code with `src`: its own pcap and header reader, its own
 * grouping by 5-tuple, its own lengths, gaps in ticks and L4 bytes, its own table of flow slots. Windows are lists of packets since the
 * flow took its slot; nothing is kept in rings or indices.
 */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** One packet of a capture, decoded. */
export interface OfflinePacket {
  /** Number of the capture among those read. */
  readonly capture: number;
  readonly ns: bigint;
  /** 5-tuple without direction. */
  readonly flow: string;
  /** CRC32 over the XORs of both ends and the protocol: what a symmetric hash of the switch yields. */
  readonly hash: number;
  readonly ihl: number;
  /** Length of the IP packet. */
  readonly length: number;
  readonly protocol: number;
  readonly tos: number;
  readonly dataOffset: number;
  readonly bytes: readonly number[];
}

const u16 = (bytes: Uint8Array, at: number): number => bytes[at] * 256 + bytes[at + 1];
const xor = (a: Uint8Array, b: Uint8Array): number[] => [...a].map((byte, i) => byte ^ b[i]);

/** One Ethernet frame with IPv4 or IPv6 and TCP or UDP; up to two VLAN tags are passed over. */
function decode(frame: Uint8Array): Omit<OfflinePacket, 'capture' | 'ns'> {
  let l3 = 14;
  while (u16(frame, l3 - 2) === 0x8100) l3 += 4;
  const v4 = frame[l3] >> 4 === 4;
  const header = v4 ? 4 * (frame[l3] & 15) : 40;
  const length = v4 ? u16(frame, l3 + 2) : u16(frame, l3 + 4) + 40;
  const protocol = frame[l3 + (v4 ? 9 : 6)];
  const size = v4 ? 4 : 16;
  const source = l3 + (v4 ? 12 : 8);
  const ends = [frame.subarray(source, source + size), frame.subarray(source + size, source + 2 * size)];
  const l4 = l3 + header;
  const ports = [frame.subarray(l4, l4 + 2), frame.subarray(l4 + 2, l4 + 4)];
  const address = xor(ends[0], ends[1]);
  const port = xor(ports[0], ports[1]);
  return {
    flow: [...ends.map((end, i) => `${[...end].join('.')}:${u16(ports[i], 0)}`).sort(), protocol].join(' '),
    hash: crc32(Uint8Array.from([...address, ...address, ...port, ...port, protocol])),
    ihl: v4 ? frame[l3] & 15 : 0,
    length,
    protocol,
    tos: v4 ? frame[l3 + 1] : ((frame[l3] & 15) << 4) | (frame[l3 + 1] >> 4),
    dataOffset: protocol === 6 ? frame[l4 + 12] >> 4 : 0,
    // Behind IPv4 options the parser gives the fixed header alone (docs/features.md).
    bytes: [...frame.subarray(l4, Math.min(l3 + length, v4 && header > 20 ? l4 + (protocol === 6 ? 20 : 8) : 1e9))],
  };
}

/** Little-endian classic pcap files of Ethernet frames with microseconds, one after the other. */
export function readOffline(paths: readonly string[]): OfflinePacket[] {
  return paths.flatMap((path, capture) => {
    const file = readFileSync(path);
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    if (view.getUint32(0, true) !== 0xa1b2c3d4) throw new Error(`${path} is no little-endian pcap in microseconds`);
    const packets: OfflinePacket[] = [];
    for (let at = 24; at < file.length; ) {
      const [seconds, micros, captured] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true));
      const frame = file.subarray(at + 16, at + 16 + captured);
      packets.push({ capture, ns: (BigInt(seconds) * 1_000_000n + BigInt(micros)) * 1000n, ...decode(frame) });
      at += 16 + captured;
    }
    return packets;
  });
}

export interface OfflineOptions {
  readonly features: readonly string[];
  /** Packets per row. */
  readonly window: number;
  readonly clamp: Readonly<Record<string, number>>;
  readonly slots: number;
  readonly policy: 'replace' | 'keep' | 'timeout';
  /** For `timeout`, in ticks of 65,536 ns. */
  readonly timeoutTicks?: number;
  /** Bits after which the difference of two times starts again from 0; absent: it stops at the clamp. */
  readonly wrapBits?: number;
}

/** What a slot of the flow table holds. */
interface Slot {
  readonly hash: number;
  seen: number;
  tick: number;
  longest: number;
  shortest: number;
  maxGap: number;
  minGap: number;
  /** Values of the flow's packets since it took the slot, newest last. */
  readonly packets: number[][];
}

/** Statuses as the switch numbers them. */
export const STATUS = { owner: 0, first: 1, taken: 2, foreign: 3 } as const;

export interface OfflineRun {
  /** Status by packet. */
  readonly status: number[];
  /** Input row by packet; undefined where there is no verdict. */
  readonly row: (number[] | undefined)[];
}

const TICK = 65_536n;

function gapOf(tick: number, before: number, { wrapBits, clamp }: OfflineOptions): number {
  const limit = clamp['pkt.ipd'] ?? 65_535;
  if (wrapBits === undefined) return Math.min(Math.max(tick - before, 0), limit);
  const cycle = 2 ** wrapBits;
  return Math.min((((tick - before) % cycle) + cycle) % cycle, limit);
}

/** Values of one packet, its slot brought up to date. */
function valuesOf(packet: OfflinePacket, tick: number, slot: Slot, options: OfflineOptions): number[] {
  const frame = packet.length + 14;
  const first = slot.seen === 0;
  const gap = first ? 0 : gapOf(tick, slot.tick, options);
  slot.longest = Math.max(slot.longest, frame);
  slot.shortest = Math.min(slot.shortest, frame);
  if (!first) slot.maxGap = Math.max(slot.maxGap, gap);
  if (!first) slot.minGap = Math.min(slot.minGap, gap);
  slot.seen++;
  slot.tick = tick;
  const values: Record<string, number> = {
    'ip.ihl': packet.ihl,
    'ip.total_len': packet.length,
    'ip.protocol': packet.protocol,
    'ip.tos': packet.tos,
    'tcp.data_offset': packet.dataOffset,
    'pkt.len': frame,
    'pkt.ipd': gap,
    'flow.max_len': slot.longest,
    'flow.min_len': slot.shortest,
    'flow.max_ipd': slot.maxGap,
    'flow.min_ipd': first ? 0 : slot.minGap,
  };
  return options.features.map((name) => {
    const byte = /^l4\.byte\[(\d+)\]$/.exec(name);
    const value = byte ? (packet.bytes[Number(byte[1])] ?? 0) : values[name];
    return Math.min(value, options.clamp[name] ?? value);
  });
}

/** All packets in order; slots are empty at the start of each capture. */
export function offlineRun(packets: readonly OfflinePacket[], options: OfflineOptions): OfflineRun {
  let slots = new Map<number, Slot>();
  let capture = -1;
  const status: number[] = [];
  const row = packets.map((packet) => {
    if (packet.capture !== capture) slots = new Map();
    capture = packet.capture;
    const tick = Number(packet.ns / TICK);
    const at = packet.hash % options.slots;
    const held = slots.get(at);
    const idle = options.policy === 'timeout' && held !== undefined && tick - held.tick > (options.timeoutTicks ?? 0);
    const holder = idle ? undefined : held;
    if (holder === undefined) status.push(STATUS.first);
    else if (holder.hash === packet.hash) status.push(STATUS.owner);
    else status.push(options.policy === 'replace' ? STATUS.taken : STATUS.foreign);
    const now = status[status.length - 1];
    if (now === STATUS.foreign) return undefined;
    if (now !== STATUS.owner) slots.set(at, newSlot(packet.hash));
    const slot = slots.get(at)!;
    slot.packets.push(valuesOf(packet, tick, slot, options));
    return slot.seen < options.window ? undefined : slot.packets.slice(-options.window).flat();
  });
  return { status, row };
}

function newSlot(hash: number): Slot {
  return { hash, seen: 0, tick: 0, longest: 0, shortest: 1e9, maxGap: 0, minGap: 1e9, packets: [] };
}

/** What sharing slots cost, in the words of a replay's result. */
export interface OfflineCosts {
  readonly owner: number;
  readonly first: number;
  readonly taken: number;
  readonly foreign: number;
  /** Packets at which a flow that had already been seen got its slot anew. */
  readonly restarts: number;
  /** Flows that were refused a slot, or had to take it back from another. */
  readonly collidingFlows: number;
  /** Packets that would have a verdict if every flow had a slot of its own, and those that have one. */
  readonly scored: number;
  readonly covered: number;
}

export function offlineCosts(packets: readonly OfflinePacket[], run: OfflineRun, window: number): OfflineCosts {
  const seen = new Map<string, number>();
  const colliding = new Set<string>();
  const costs = { owner: 0, first: 0, taken: 0, foreign: 0, restarts: 0, scored: 0, covered: 0 };
  packets.forEach(({ capture, flow }, i) => {
    const key = `${capture} ${flow}`;
    const position = (seen.get(key) ?? 0) + 1;
    seen.set(key, position);
    const status = run.status[i];
    costs[(['owner', 'first', 'taken', 'foreign'] as const)[status]]++;
    const anew = position > 1 && (status === STATUS.first || status === STATUS.taken);
    if (anew) costs.restarts++;
    if (status === STATUS.foreign || (anew && status === STATUS.taken)) colliding.add(key);
    if (position >= window) costs.scored++;
    if (position >= window && run.row[i] !== undefined) costs.covered++;
  });
  return { ...costs, collidingFlows: colliding.size };
}
