/** Small frames and datasets in memory, in a tiny builder language. */

import type { Dataset } from '../../src/traffic/index.ts';

export interface FrameSpec {
  /** Nanoseconds since the epoch, as a number below 2^53. */
  readonly at: number;
  readonly src?: string;
  readonly dst?: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly proto?: number;
  readonly tos?: number;
  /** Bytes behind the L4 header. */
  readonly payload?: readonly number[] | number;
  readonly vlans?: number;
  /** Bytes of IPv4 options, a multiple of 4. */
  readonly options?: number;
  readonly fragOffset?: number;
  readonly v6?: boolean;
  /** TCP data offset in words (default 5). */
  readonly dataOffset?: number;
  /** Trailing Ethernet padding. */
  readonly padding?: number;
  /** Bytes kept of the frame. */
  readonly snap?: number;
  /** Flow number for the ideal side; -1 none. Default: by 5-tuple in order of appearance. */
  readonly flow?: number;
  /** Raw ethertype instead of IP. */
  readonly etherType?: number;
}

const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];

function l4(spec: FrameSpec): number[] {
  const payload =
    typeof spec.payload === 'number'
      ? Array.from({ length: spec.payload }, (_, i) => (i * 7 + 1) & 255)
      : [...(spec.payload ?? [])];
  const proto = spec.proto ?? 6;
  const ports = [...u16(spec.sport ?? 1000), ...u16(spec.dport ?? 80)];
  if (proto === 17) return [...ports, ...u16(8 + payload.length), 0, 0, ...payload];
  if (proto !== 6) return payload;
  const words = spec.dataOffset ?? 5;
  const options = new Array(4 * (words - 5)).fill(1);
  return [...ports, 0, 0, 0, 1, 0, 0, 0, 2, words << 4, 0x18, 1, 0, 0xab, 0xcd, 0, 0, ...options, ...payload];
}

function ip4(address: string): number[] {
  return address.split('.').map(Number);
}

/** The bytes of one frame. */
export function frame(spec: FrameSpec): Uint8Array {
  const tags = Array.from({ length: spec.vlans ?? 0 }, () => [0x81, 0x00, 0, 5]).flat();
  const head = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...tags];
  if (spec.etherType !== undefined) return new Uint8Array([...head, ...u16(spec.etherType), ...new Array(46).fill(0)]);
  const body = l4(spec);
  const src = spec.src ?? '10.0.0.1';
  const dst = spec.dst ?? '10.0.0.2';
  const proto = spec.proto ?? 6;
  const tos = spec.tos ?? 0;
  const pad = new Array(spec.padding ?? 0).fill(0xee);
  if (spec.v6) {
    const wide = (address: string) => [0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...ip4(address)];
    const fixed = [0x60 | (tos >> 4), (tos & 15) << 4, 0, 0, ...u16(body.length), proto, 64];
    return new Uint8Array([...head, 0x86, 0xdd, ...fixed, ...wide(src), ...wide(dst), ...body, ...pad]);
  }
  const options = spec.options ?? 0;
  const fixed = [
    0x40 | (5 + options / 4),
    tos,
    ...u16(20 + options + body.length),
    0,
    0,
    ...u16(spec.fragOffset ?? 0),
    64,
    proto,
    0,
    0,
    ...ip4(src),
    ...ip4(dst),
  ];
  return new Uint8Array([...head, 8, 0, ...fixed, ...new Array(options).fill(1), ...body, ...pad]);
}

function flowKey(spec: FrameSpec): string {
  const hasPorts = (spec.proto ?? 6) === 6 || spec.proto === 17;
  const ports = hasPorts && !spec.fragOffset ? [spec.sport ?? 1000, spec.dport ?? 80] : [0, 0];
  const ends = [`${spec.src ?? '10.0.0.1'}:${ports[0]}`, `${spec.dst ?? '10.0.0.2'}:${ports[1]}`].sort();
  return `${ends.join(' ')} ${spec.proto ?? 6} ${spec.v6 ?? false}`;
}

/** A dataset of frames, decoded as the traffic room would, with every flow labelled 0. */
export function dataset(specs: readonly FrameSpec[]): Dataset {
  const frames = specs.map(frame);
  const caps = frames.map((bytes, i) => bytes.subarray(0, specs[i].snap ?? bytes.length));
  const offset: number[] = [];
  let total = 0;
  for (const cap of caps) {
    offset.push(total);
    total += cap.length;
  }
  const bytes = new Uint8Array(total);
  caps.forEach((cap, i) => {
    bytes.set(cap, offset[i]);
  });
  const flows = new Map<string, number>();
  const flow = specs.map((spec) => {
    if (spec.etherType !== undefined) return -1;
    if (spec.flow !== undefined) return spec.flow;
    const key = flowKey(spec);
    if (!flows.has(key)) flows.set(key, flows.size);
    return flows.get(key) as number;
  });
  const l3 = specs.map((spec) => 14 + 4 * (spec.vlans ?? 0));
  const count = Math.max(0, ...flow.map((id) => id + 1));
  return {
    name: 'test',
    classes: ['a', 'b'],
    captures: ['test.pcap'],
    packets: {
      count: specs.length,
      bytes,
      offset: Uint32Array.from(offset),
      capLen: Uint32Array.from(caps, (cap) => cap.length),
      origLen: Uint32Array.from(frames, (one) => one.length),
      seconds: Uint32Array.from(specs, (spec) => Math.floor(spec.at / 1e9)),
      nanos: Uint32Array.from(specs, (spec) => spec.at % 1e9),
      packetNumber: Uint32Array.from(specs, (_, i) => i),
      capture: new Uint32Array(specs.length),
    },
    decoded: {
      flow: Int32Array.from(flow),
      ipVersion: Uint8Array.from(specs, (spec) => (spec.v6 ? 6 : 4)),
      protocol: Uint8Array.from(specs, (spec) => spec.proto ?? 6),
      l3Offset: Uint16Array.from(l3),
      l4Offset: Uint16Array.from(specs, (spec, i) =>
        spec.fragOffset ? 0 : l3[i] + (spec.v6 ? 40 : 20 + (spec.options ?? 0)),
      ),
    },
    flowLabel: new Int16Array(count),
    flowSplit: new Uint8Array(count),
    counts: {},
    damage: [],
    warnings: [],
  };
}
