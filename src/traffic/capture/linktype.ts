/**
 * Link layers other than Ethernet get a synthetic Ethernet header, written in place over bytes that the record header has already given up.
 * Numbers and layouts: https://www.tcpdump.org/linktypes.html.
 */

/** How a link layer is brought to Ethernet. */
export type LinkKind =
  | 'ethernet'
  | 'raw'
  | 'null'
  | 'loop'
  | 'enc'
  | 'sll'
  | 'sll2'
  | 'ppp'
  | 'chdlc'
  | 'pppoe'
  | 'wifi'
  | 'radiotap'
  | 'ppi';

const KINDS: Readonly<Record<number, LinkKind>> = {
  0: 'null',
  1: 'ethernet',
  9: 'ppp',
  12: 'raw',
  14: 'raw',
  50: 'ppp',
  51: 'pppoe',
  101: 'raw',
  104: 'chdlc',
  105: 'wifi',
  108: 'loop',
  109: 'enc',
  113: 'sll',
  127: 'radiotap',
  192: 'ppi',
  228: 'raw',
  229: 'raw',
  276: 'sll2',
};

/** Names used in messages and summaries; a link type not listed here is shown by its number. */
const NAMES: Readonly<Record<number, string>> = {
  0: 'NULL',
  1: 'ETHERNET',
  6: 'IEEE802_5',
  8: 'SLIP',
  9: 'PPP',
  10: 'FDDI',
  12: 'RAW',
  14: 'RAW',
  50: 'PPP_HDLC',
  51: 'PPP_ETHER',
  100: 'ATM_RFC1483',
  101: 'RAW',
  104: 'C_HDLC',
  105: 'IEEE802_11',
  106: 'ATM_CLIP',
  107: 'FRELAY',
  108: 'LOOP',
  109: 'ENC',
  113: 'LINUX_SLL',
  117: 'PFLOG',
  119: 'IEEE802_11_PRISM',
  123: 'SUNATM',
  127: 'IEEE802_11_RADIOTAP',
  129: 'ARCNET_LINUX',
  132: 'JUNIPER_ES',
  137: 'JUNIPER_MLPPP',
  147: 'USER0',
  149: 'PKTAP',
  163: 'IEEE802_11_AVS',
  189: 'USB_LINUX',
  192: 'PPI',
  195: 'IEEE802_15_4',
  220: 'USB_LINUX_MMAPPED',
  228: 'IPV4',
  229: 'IPV6',
  239: 'NFLOG',
  249: 'USBPCAP',
  253: 'NETLINK',
  258: 'PKTAP',
  276: 'LINUX_SLL2',
};

/** "LINUX_SLL (113)", or the bare number when the name is not known here. */
export function linkName(linkType: number): string {
  const name = NAMES[linkType];
  return name === undefined ? String(linkType) : `${name} (${linkType})`;
}

/** Undefined when the link layer carries no IP that this project reads. */
export function linkKind(linkType: number): LinkKind | undefined {
  return KINDS[linkType];
}

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const HEADER = 14;

/** Where a frame lies after conversion. Reused by the kernels: no object per packet. */
export interface FramePlace {
  start: number;
  capLen: number;
  origLen: number;
}

/** An IP packet's EtherType by its version nibble; 0 (no EtherType) when it is neither. */
function typeByVersion(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const version = bytes[at]! >> 4;
  return version === 4 ? ETHERTYPE_IPV4 : version === 6 ? ETHERTYPE_IPV6 : 0;
}

/** BSD and Linux address families: AF_INET is 2 everywhere, AF_INET6 is 10, 24, 28 or 30. */
function typeByFamily(family: number): number {
  if (family === 2) return ETHERTYPE_IPV4;
  return family === 10 || family === 24 || family === 28 || family === 30 ? ETHERTYPE_IPV6 : 0;
}

function be16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function be32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** NULL stores the family in the byte order of the machine that captured: small numbers, so the order shows. */
function nullFamily(bytes: Uint8Array, at: number): number {
  const family = be32(bytes, at);
  return family > 0xffff ? ((family >>> 24) | ((family >>> 8) & 0xff00)) >>> 0 : family;
}

function typeByPpp(protocol: number): number {
  return protocol === 0x21 ? ETHERTYPE_IPV4 : protocol === 0x57 ? ETHERTYPE_IPV6 : 0;
}

/** [link header length << 16 | EtherType] of a PPP frame: optional address and control, one- or two-byte protocol (RFC 1661, 1662). */
function pppHeader(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (end - at >= 2 && bytes[at] === 0xff && bytes[at + 1] === 0x03) at += 2;
  // Cisco HDLC inside a PPP capture: address 0x0f (unicast) or 0x8f (broadcast), control 0, EtherType.
  else if (end - at >= 4 && (bytes[at] === 0x0f || bytes[at] === 0x8f) && bytes[at + 1] === 0) {
    return (4 << 16) | be16(bytes, at + 2);
  }
  if (end - at < 1) return -1;
  if (bytes[at]! & 1) return ((at + 1 - start) << 16) | typeByPpp(bytes[at]!);
  if (end - at < 2) return -1;
  return ((at + 2 - start) << 16) | typeByPpp(be16(bytes, at));
}

/** 802.11 data frames with LLC/SNAP; everything else (management, control, protected) keeps EtherType 0. */
function wifiHeader(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 24) return -1;
  const control = bytes[start]!;
  const flags = bytes[start + 1]!;
  const isData = (control & 0x0c) === 0x08 && (control & 0x40) === 0;
  let length = 24 + ((flags & 3) === 3 ? 6 : 0) + (control & 0x80 ? 2 : 0);
  if ((control & 0x80) !== 0 && (flags & 0x80) !== 0) length += 4;
  if (!isData || (flags & 0x40) !== 0 || end - start < length + 8) return Math.min(length, end - start) << 16;
  const snap = start + length;
  const isSnap = bytes[snap] === 0xaa && bytes[snap + 1] === 0xaa && bytes[snap + 2] === 3;
  return ((length + 8) << 16) | (isSnap ? be16(bytes, snap + 6) : 0);
}

function radiotapHeader(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8) return -1;
  const length = bytes[start + 2]! | (bytes[start + 3]! << 8);
  if (length < 8 || start + length > end || length > 0x1000) return -1;
  const inner = wifiHeader(bytes, start + length, end);
  return inner < 0 ? -1 : inner + (length << 16);
}

/** Per-Packet Information: [version:8][flags:8][length:16 LE][link type:32 LE] fields, then a frame of that link type. */
function ppiHeader(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8) return -1;
  const length = bytes[start + 2]! | (bytes[start + 3]! << 8);
  const kind = KINDS[bytes[start + 4]! | (bytes[start + 5]! << 8)];
  if (length < 8 || length > 0x1000 || start + length > end || kind === 'ppi') return -1;
  if (kind === undefined) return length << 16;
  const inner = linkHeader(kind, bytes, start + length, end);
  return inner < 0 ? -1 : inner + (length << 16);
}

/** [link header length << 16 | EtherType], or -1 when the captured bytes do not hold the link header. */
function linkHeader(kind: LinkKind, bytes: Uint8Array, start: number, end: number): number {
  const room = end - start;
  switch (kind) {
    case 'raw':
      return typeByVersion(bytes, start, end);
    case 'null':
      return room < 4 ? -1 : (4 << 16) | typeByFamily(nullFamily(bytes, start));
    case 'loop':
      return room < 4 ? -1 : (4 << 16) | typeByFamily(be32(bytes, start));
    case 'enc':
      return room < 12 ? -1 : (12 << 16) | typeByFamily(nullFamily(bytes, start));
    case 'sll':
      return room < 16 ? -1 : (16 << 16) | be16(bytes, start + 14);
    case 'sll2':
      return room < 20 ? -1 : (20 << 16) | be16(bytes, start);
    case 'chdlc':
      return room < 4 ? -1 : (4 << 16) | be16(bytes, start + 2);
    case 'pppoe':
      return room < 8 ? -1 : (8 << 16) | typeByPpp(be16(bytes, start + 6));
    case 'ppp':
      return pppHeader(bytes, start, end);
    case 'wifi':
      return wifiHeader(bytes, start, end);
    case 'radiotap':
      return radiotapHeader(bytes, start, end);
    case 'ppi':
      return ppiHeader(bytes, start, end);
    case 'ethernet':
      return room < HEADER ? -1 : (HEADER << 16) | be16(bytes, start + 12);
  }
}

/**
 * Put a 14-byte Ethernet header (zero addresses) in front of the network layer, overwriting the link header and, where that is shorter than
 * 14 bytes, up to 14 bytes before `place.start`: the caller guarantees that these belong to an already read record header.
 * A frame too short for its link header becomes an empty frame.
 */
export function toEthernet(kind: LinkKind, bytes: Uint8Array, place: FramePlace): void {
  const packed = linkHeader(kind, bytes, place.start, place.start + place.capLen);
  if (packed < 0) {
    place.capLen = 0;
    return;
  }
  const shift = (packed >>> 16) - HEADER;
  const start = place.start + shift;
  bytes.fill(0, start, start + 12);
  bytes[start + 12] = (packed >>> 8) & 0xff;
  bytes[start + 13] = packed & 0xff;
  place.start = start;
  place.capLen -= shift;
  place.origLen = Math.min(0xffff_ffff, Math.max(place.origLen - shift, place.capLen));
}
