/** The light decoder over packet columns: flow numbers, protocols and header offsets, with every packet it cannot place counted. */
import type { DecodedColumns, PacketColumns } from '../columns.ts';
import { orderKey } from './flow-key.ts';
import { type FlowTable, flowOf, forgetKeys } from './flows.ts';
import { decodeFrame, type FrameFacts, newFrameFacts } from './frame.ts';

/** Packets by why they have no flow or no L4 header. */
export interface DecodeCounts {
  /** Neither IPv4 nor IPv6, or a damaged IP header. */
  noIp: number;
  ipv4: number;
  ipv6: number;
  /** Fragments other than the first: no L4. */
  laterFragment: number;
  /** IP without an L4 header in the captured bytes, for other reasons (extension headers, cut). */
  noL4: number;
}

/** All zero. */
export function newDecodeCounts(): DecodeCounts {
  return { noIp: 0, ipv4: 0, ipv6: 0, laterFragment: 0, noL4: 0 };
}

/** Columns for `count` packets in shared memory. */
export function newDecodedColumns(count: number): DecodedColumns {
  return {
    flow: new Int32Array(new SharedArrayBuffer(count * 4)),
    ipVersion: new Uint8Array(new SharedArrayBuffer(count)),
    protocol: new Uint8Array(new SharedArrayBuffer(count)),
    l3Offset: new Uint16Array(new SharedArrayBuffer(count * 2)),
    l4Offset: new Uint16Array(new SharedArrayBuffer(count * 2)),
  };
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Fill `key` with the addresses of an IP header at `at`. Words that IPv4 does not use are 0 or set to 0. */
function readAddresses(bytes: Uint8Array, at: number, version: number, key: Uint32Array): void {
  if (version === 4) {
    key[0] = word(bytes, at + 12);
    key[1] = key[2] = key[3] = 0;
    key[4] = word(bytes, at + 16);
    key[5] = key[6] = key[7] = 0;
    return;
  }
  for (let i = 0; i < 8; i++) key[i] = word(bytes, at + 8 + 4 * i);
}

/**
 * Decode all packets into `out`, row by row. Flow numbers come from `table`, which lives as long as the stream of batches; a change of capture
 * makes it forget its keys unless `continuous`.
 */
export function decodeInto(
  packets: PacketColumns,
  table: FlowTable,
  out: DecodedColumns,
  counts: DecodeCounts,
  continuous = false,
): void {
  const facts = newFrameFacts();
  const { bytes, offset, capLen, origLen, seconds, nanos, capture } = packets;
  for (let i = 0; i < packets.count; i++) {
    const current = capture[i]!;
    if (current !== table.capture) {
      if (!continuous && table.capture >= 0) forgetKeys(table);
      table.capture = current;
    }
    decodeFrame(bytes, offset[i]!, capLen[i]!, facts);
    out.ipVersion[i] = facts.version;
    out.protocol[i] = facts.protocol;
    out.l3Offset[i] = facts.l3;
    out.l4Offset[i] = facts.l4;
    if (facts.version === 0) {
      out.flow[i] = -1;
      counts.noIp++;
      continue;
    }
    readAddresses(bytes, offset[i]! + facts.l3, facts.version, table.key);
    orderKey(table.key, facts.sourcePort, facts.destinationPort);
    table.key[9] = (facts.version << 8) | facts.protocol;
    out.flow[i] = flowOf(table, current, seconds[i]!, nanos[i]!, origLen[i]!);
    countPacket(counts, facts);
  }
}

function countPacket(counts: DecodeCounts, facts: FrameFacts): void {
  if (facts.version === 4) counts.ipv4++;
  else counts.ipv6++;
  if (facts.laterFragment) counts.laterFragment++;
  else if (facts.l4 === 0) counts.noL4++;
}
