/** Classic pcap, all variants: either byte order, µs or ns, 24-byte "modified" records, version 2.3 lengths (pcap-savefile(5), draft-ietf-opsawg-pcap). */
import { fail } from '../../problem.ts';
import type { Batch } from './buffers.ts';
import { appendPacket, type Chunk, damaged, type Kernel, MAX_CAPTURED, newScanState } from './kernel.ts';
import { type LinkKind, linkKind, linkName } from './linktype.ts';

/** What the 24-byte file header says. */
export interface ClassicHeader {
  readonly littleEndian: boolean;
  readonly nanosecond: boolean;
  /** 16, or 24 in captures with the "modified" magic. */
  readonly recordHeader: number;
  readonly minorVersion: number;
  readonly linkType: number;
  readonly kind: LinkKind;
  /** Frame check sequence bytes at the end of every packet. */
  readonly fcsBytes: number;
}

export const CLASSIC_HEADER = 24;
const MAGICS: Readonly<Record<number, { nanosecond: boolean; recordHeader: number }>> = {
  2712847316: { nanosecond: false, recordHeader: 16 }, // 0xa1b2c3d4
  2712812621: { nanosecond: true, recordHeader: 16 }, // 0xa1b23c4d
  2712849716: { nanosecond: false, recordHeader: 24 }, // 0xa1b2cd34, Kuznetzov's modified format
};
const FCS_PRESENT = 0x0400_0000;

/** True when the first four bytes are a classic pcap magic in either byte order. */
export function isClassicMagic(view: DataView, at: number): boolean {
  return MAGICS[view.getUint32(at, true)] !== undefined || MAGICS[view.getUint32(at, false)] !== undefined;
}

/**
 * Read the file header at `at` (24 bytes present).
 * @throws ProblemError TRAFFIC-VERSION, TRAFFIC-LINKTYPE
 */
export function readClassicHeader(view: DataView, at: number, where: string): ClassicHeader {
  const littleEndian = MAGICS[view.getUint32(at, true)] !== undefined;
  const { nanosecond, recordHeader } = MAGICS[view.getUint32(at, littleEndian)]!;
  const major = view.getUint16(at + 4, littleEndian);
  const minorVersion = view.getUint16(at + 6, littleEndian);
  if (major !== 2) {
    fail({
      code: 'TRAFFIC-VERSION',
      message: `pcap version ${major}.${minorVersion} is not readable`,
      where,
      need: 'version 2.x',
      have: `${major}.${minorVersion}`,
    });
  }
  const network = view.getUint32(at + 20, littleEndian);
  const linkType = network & 0xffff;
  const kind = linkKind(linkType) ?? refuseLinkType(linkType, where);
  const fcsBytes = kind === 'ethernet' && (network & FCS_PRESENT) !== 0 ? network >>> 28 : 0;
  return { littleEndian, nanosecond, recordHeader, minorVersion, linkType, kind, fcsBytes };
}

/** @throws ProblemError TRAFFIC-LINKTYPE, always */
export function refuseLinkType(linkType: number, where: string): never {
  fail({
    code: 'TRAFFIC-LINKTYPE',
    message: `link type ${linkName(linkType)} is not supported`,
    where,
    hint: 'supported: Ethernet, raw IP, NULL/LOOP/ENC, Linux cooked v1 and v2, PPP, Cisco HDLC, PPPoE, 802.11 with or without radiotap',
  });
}

/** The kernel for a classic capture whose header has been read. */
export function classicKernel(header: ClassicHeader): Kernel {
  const state = newScanState();
  state.linkTypes.set(header.linkType, 0);
  const { recordHeader } = header;
  const kernel: Kernel = {
    format: `pcap${header.nanosecond ? ' (ns)' : ''}`,
    state,
    needed: recordHeader,
    restName: (rest) => (rest < recordHeader ? 'record header' : 'packet'),
    scan: (chunk, at, batch) => scanClassic(kernel, header, chunk, at, batch),
  };
  return kernel;
}

/** Record: [seconds:32][fraction:32][captured:32][original:32] data. One pass, no allocation. */
function scanClassic(kernel: Kernel, header: ClassicHeader, chunk: Chunk, from: number, batch: Batch): number {
  const { littleEndian, recordHeader, kind, fcsBytes, nanosecond } = header;
  const { state } = kernel;
  const { bytes, view, end } = chunk;
  const unit = nanosecond ? 1 : 1000;
  const perSecond = nanosecond ? 1_000_000_000 : 1_000_000;
  const swapsLengths = header.minorVersion < 3 || (header.minorVersion === 3 && recordHeader === 16);
  const first = batch.count;
  let at = from;
  kernel.needed = recordHeader;
  while (batch.count < batch.capacity && at + recordHeader <= end) {
    let seconds = view.getUint32(at, littleEndian);
    let fraction = view.getUint32(at + 4, littleEndian);
    let captured = view.getUint32(at + 8, littleEndian);
    let original = view.getUint32(at + 12, littleEndian);
    if (swapsLengths && (header.minorVersion < 3 || captured > original)) [captured, original] = [original, captured];
    if (captured > MAX_CAPTURED) {
      damaged(state, `captured length ${captured} is above ${MAX_CAPTURED}`, chunk.base + at);
      break;
    }
    if (at + recordHeader + captured > end) {
      kernel.needed = recordHeader + captured;
      break;
    }
    if (fraction >= perSecond) {
      seconds = (seconds + Math.floor(fraction / perSecond)) >>> 0;
      fraction %= perSecond;
    }
    appendPacket(state, batch, bytes, kind, fcsBytes, at + recordHeader, captured, original, seconds, fraction * unit);
    at += recordHeader + captured;
  }
  state.linkTypes.set(header.linkType, state.linkTypes.get(header.linkType)! + batch.count - first);
  return at;
}
