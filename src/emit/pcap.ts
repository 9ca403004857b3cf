/** Classic pcap files with nanosecond times, little endian, Ethernet: what the test kit is written in. */

const MAGIC_NANOS = 0xa1b23c4d;
const ETHERNET = 1;
const SNAP_LENGTH = 262_144;

export interface Frame {
  readonly seconds: number;
  readonly nanos: number;
  readonly bytes: Uint8Array;
}

/** A pcap file; captured and original lengths are equal (bmv2 refuses cut packets). */
export function pcapBytes(frames: readonly Frame[]): Uint8Array {
  const size = frames.reduce((sum, one) => sum + 16 + one.bytes.length, 24);
  const out = Buffer.alloc(size);
  out.writeUInt32LE(MAGIC_NANOS, 0);
  out.writeUInt16LE(2, 4);
  out.writeUInt16LE(4, 6);
  out.writeUInt32LE(SNAP_LENGTH, 16);
  out.writeUInt32LE(ETHERNET, 20);
  let at = 24;
  for (const { seconds, nanos, bytes } of frames) {
    out.writeUInt32LE(seconds, at);
    out.writeUInt32LE(nanos, at + 4);
    out.writeUInt32LE(bytes.length, at + 8);
    out.writeUInt32LE(bytes.length, at + 12);
    out.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return out;
}
