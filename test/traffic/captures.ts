/** Tiny captures in the vocabulary of the formats: records and blocks put together by hand, and a folder to keep them in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openCapture } from '../../src/traffic/index.ts';

/** A packet to be written. */
export interface Packet {
  readonly seconds: number;
  /** µs or ns, as the file has it. */
  readonly fraction: number;
  readonly data: Uint8Array;
  readonly original?: number;
}

export interface ClassicOptions {
  readonly big?: boolean;
  readonly magic?: number;
  readonly linkType?: number;
  readonly recordHeader?: number;
}

/** Numbers in the byte order of a file. */
function words(values: readonly number[], big: boolean): Buffer {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    if (big) out.writeUInt32BE(value >>> 0, i * 4);
    else out.writeUInt32LE(value >>> 0, i * 4);
  });
  return out;
}

/** A classic capture. */
export function classic(packets: readonly Packet[], options: ClassicOptions = {}): Buffer {
  const big = options.big ?? false;
  const version = big ? 0x0002_0004 : 0x0004_0002;
  const parts = [words([options.magic ?? 0xa1b2c3d4, version, 0, 0, 65_535, options.linkType ?? 1], big)];
  for (const packet of packets) {
    const { data } = packet;
    parts.push(words([packet.seconds, packet.fraction, data.length, packet.original ?? data.length], big));
    parts.push(Buffer.alloc((options.recordHeader ?? 16) - 16), Buffer.from(data));
  }
  return Buffer.concat(parts);
}

/** A pcapng block: type, padded body, lengths in front and behind. */
export function block(type: number, body: Uint8Array, big = false): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
  const length = padded.length + 12;
  return Buffer.concat([words([type, length], big), padded, words([length], big)]);
}

/** A section header block. */
export function section(big = false): Buffer {
  return block(0x0a0d0d0a, Buffer.concat([words([0x1a2b3c4d], big), words([big ? 0x0001_0000 : 1, -1, -1], big)]), big);
}

/** An interface block with raw options. */
export function face(linkType: number, options: Uint8Array = new Uint8Array(0), big = false, snap = 0): Buffer {
  return block(1, Buffer.concat([words([big ? linkType << 16 : linkType, snap], big), options]), big);
}

/** An enhanced packet block. */
export function enhanced(id: number, ticks: bigint, data: Uint8Array, big = false, original = data.length): Buffer {
  const head = words([id, Number(ticks >> 32n), Number(ticks & 0xffff_ffffn), data.length, original], big);
  return block(6, Buffer.concat([head, data]), big);
}

/** One pcapng option. */
export function option(code: number, value: Uint8Array, big = false): Buffer {
  const head = Buffer.alloc(4);
  if (big) head.writeUInt32BE((code << 16) | value.length);
  else head.writeUInt32LE(((value.length << 16) | code) >>> 0);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

const root = mkdtempSync(join(tmpdir(), 'pegasim-traffic-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

/** Write a file into the tests' own folder; returns its path. */
export function keep(name: string, content: Uint8Array | string): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** The tests' own folder. */
export function scratch(name: string): string {
  return join(root, name);
}

/** What came out of a capture, packet by packet, for comparison. */
export interface Read {
  readonly packets: { seconds: number; nanos: number; original: number; data: string; number: number }[];
  readonly info: ReturnType<Awaited<ReturnType<typeof openCapture>>['info']>;
}

/** Read a capture through batches. */
export async function readBack(path: string, options: Parameters<typeof openCapture>[1] = {}): Promise<Read> {
  const capture = await openCapture(path, options);
  const packets: Read['packets'] = [];
  for await (const batch of capture) {
    for (let i = 0; i < batch.count; i++) {
      const at = batch.offset[i]!;
      packets.push({
        seconds: batch.seconds[i]!,
        nanos: batch.nanos[i]!,
        original: batch.origLen[i]!,
        data: Buffer.from(batch.bytes.subarray(at, at + batch.capLen[i]!)).toString('hex'),
        number: batch.packetNumber[i]!,
      });
    }
  }
  return { packets, info: capture.info() };
}

/** An Ethernet frame around an IPv4 packet: text form of what flows need. */
export function ipv4(
  source: string,
  destination: string,
  protocol: number,
  l4: readonly number[],
  fragment = 0,
): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + l4.length, 2);
  header.writeUInt16BE(fragment, 6);
  header[8] = 64;
  header[9] = protocol;
  header.set(source.split('.').map(Number), 12);
  header.set(destination.split('.').map(Number), 16);
  return Buffer.concat([Buffer.alloc(12), Buffer.from([8, 0]), header, Buffer.from(l4)]);
}

/** UDP: ports, length, checksum 0, and some payload. */
export function udp(sourcePort: number, destinationPort: number, payload = 12): number[] {
  const length = 8 + payload;
  const pair = (value: number): number[] => [value >> 8, value & 255];
  return [...pair(sourcePort), ...pair(destinationPort), ...pair(length), 0, 0, ...Array<number>(payload).fill(7)];
}
