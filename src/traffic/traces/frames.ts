/** The bytes of a synthetic packet: Ethernet, optional VLAN tag, IPv4 or IPv6, TCP or UDP, with right checksums. */
import type { Random } from '../random.ts';
import { type FlowLife, SYN } from './behaviour.ts';

/** Payload bytes beyond these are zero: they cost no time in the checksum. */
const RANDOM_PAYLOAD = 64;

/** A frame being built; reused for every packet. */
export interface FrameBuffer {
  readonly bytes: Uint8Array;
  length: number;
}

/** Room for the largest frame built here. */
export function newFrameBuffer(): FrameBuffer {
  return { bytes: new Uint8Array(2048), length: 0 };
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value & 0xffff);
}

function sumWords(bytes: Uint8Array, from: number, to: number, start: number): number {
  let sum = start;
  for (let i = from; i + 1 < to; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  return (to - from) & 1 ? sum + (bytes[to - 1]! << 8) : sum;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 65_536);
  return ~folded & 0xffff;
}

function putEthernet(bytes: Uint8Array, life: FlowLife): number {
  // Locally administered addresses: 02:…:01 is the client's side.
  bytes.set([2, 0, 0, 0, 0, life.fromClient ? 2 : 1, 2, 0, 0, 0, 0, life.fromClient ? 1 : 2]);
  let at = 12;
  if (life.vlan) {
    put32(bytes, at, 0x8100_0064);
    at += 4;
  }
  put16(bytes, at, life.ipv6 ? 0x86dd : 0x0800);
  return at + 2;
}

function putIpv4(bytes: Uint8Array, at: number, life: FlowLife, l4Length: number): number {
  const header = life.ipOptions ? 24 : 20;
  bytes[at] = 0x40 | (header / 4);
  bytes[at + 1] = life.tos;
  put16(bytes, at + 2, header + l4Length);
  put16(bytes, at + 4, life.identification);
  put16(bytes, at + 6, 0x4000);
  bytes[at + 8] = life.fromClient ? 64 : 57;
  bytes[at + 9] = life.udp ? 17 : 6;
  put16(bytes, at + 10, 0);
  bytes.set(life.fromClient ? life.client : life.server, at + 12);
  bytes.set(life.fromClient ? life.server : life.client, at + 16);
  if (life.ipOptions) put32(bytes, at + 20, 0x9404_0000); // router alert, RFC 2113
  put16(bytes, at + 10, fold(sumWords(bytes, at, at + header, 0)));
  life.identification = (life.identification + 1) & 0xffff;
  return at + header;
}

function putIpv6(bytes: Uint8Array, at: number, life: FlowLife, l4Length: number): number {
  put32(bytes, at, (0x6000_0000 | (life.tos << 20)) >>> 0);
  put16(bytes, at + 4, l4Length);
  bytes[at + 6] = life.udp ? 17 : 6;
  bytes[at + 7] = 64;
  bytes.set(life.fromClient ? life.client : life.server, at + 8);
  bytes.set(life.fromClient ? life.server : life.client, at + 24);
  return at + 40;
}

/** TCP with the options of its kind: MSS (and timestamps) on SYN, timestamps afterwards. */
function putTcp(bytes: Uint8Array, at: number, life: FlowLife, micros: number): number {
  const own = life.fromClient ? 0 : 1;
  put32(bytes, at + 4, life.sequence[own]!);
  put32(bytes, at + 8, life.flags === SYN ? 0 : life.sequence[1 - own]!);
  let end = at + 20;
  if ((life.flags & SYN) !== 0) {
    put32(bytes, end, 0x0204_05b4);
    end += 4;
  }
  if (life.timestamps) {
    put32(bytes, end, 0x0101_080a);
    put32(bytes, end + 4, Math.floor(micros / 1000) >>> 0);
    put32(bytes, end + 8, Math.floor(Math.max(0, micros - life.roundTrip) / 1000) >>> 0);
    end += 12;
  }
  bytes[at + 12] = ((end - at) / 4) << 4;
  bytes[at + 13] = life.flags;
  put16(bytes, at + 14, 501);
  put32(bytes, at + 16, 0);
  const step = life.size + (life.flags & 3 ? 1 : 0);
  life.sequence[own] = (life.sequence[own]! + step) >>> 0;
  return end;
}

function tcpHeader(life: FlowLife): number {
  return 20 + ((life.flags & SYN) !== 0 ? 4 : 0) + (life.timestamps ? 12 : 0);
}

function putPayload(bytes: Uint8Array, at: number, life: FlowLife, random: Random): void {
  const lead = Math.min(life.size, RANDOM_PAYLOAD);
  for (let i = 0; i < lead; i += 4) {
    const word = random.below(0x1_0000_0000);
    put32(bytes, at + i, word);
  }
  bytes.fill(0, at + lead, at + life.size + 4);
  const { payload } = life.application.states[life.state]!;
  if (life.hidden) return;
  for (let i = 0; i < payload.length && i < life.size; i++) if (payload[i]! >= 0) bytes[at + i] = payload[i]!;
}

/** Build the packet that `life` stands at into `frame`. `micros` = its time, for the timestamp option. */
export function buildFrame(frame: FrameBuffer, life: FlowLife, micros: number, random: Random): void {
  const { bytes } = frame;
  const header = life.udp ? 8 : tcpHeader(life);
  const l4Length = header + life.size;
  const l3 = putEthernet(bytes, life);
  const l4 = life.ipv6 ? putIpv6(bytes, l3, life, l4Length) : putIpv4(bytes, l3, life, l4Length);
  put16(bytes, l4, life.fromClient ? life.clientPort : life.serverPort);
  put16(bytes, l4 + 2, life.fromClient ? life.serverPort : life.clientPort);
  const body = life.udp ? l4 + 8 : putTcp(bytes, l4, life, micros);
  if (life.udp) put32(bytes, l4 + 4, l4Length << 16);
  putPayload(bytes, body, life, random);
  const filled = body + Math.min(life.size, RANDOM_PAYLOAD + (life.size & 1)); // the rest is zero
  const pseudo = sumWords(
    bytes,
    l4 - (life.ipv6 ? 32 : life.ipOptions ? 12 : 8),
    l4 - (life.ipOptions ? 4 : 0),
    (life.udp ? 17 : 6) + l4Length,
  );
  const checksum = fold(sumWords(bytes, l4, filled, pseudo));
  put16(bytes, life.udp ? l4 + 6 : l4 + 16, life.udp && checksum === 0 ? 0xffff : checksum);
  frame.length = body + life.size;
}
