/** The headers of one frame, as far as flows and labels need them. The switch's view comes from the program's own parser alone. */

/** Where the headers of a frame are. Reused by the caller: no object per packet. */
export interface FrameFacts {
  /** 4, 6, or 0 without a readable IP header. */
  version: number;
  /** IPv4 protocol or IPv6 next header. */
  protocol: number;
  /** Offsets in the frame; 0 when absent. */
  l3: number;
  l4: number;
  /** Source and destination port of TCP and UDP; 0 without. */
  sourcePort: number;
  destinationPort: number;
  /** A fragment other than the first: it has no L4 header. */
  laterFragment: boolean;
}

export const TCP = 6;
export const UDP = 17;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** Bounds the walk through stacked tags; the parser of a program skips fewer. */
const MAX_VLAN_TAGS = 8;

/** A set of facts to decode into. */
export function newFrameFacts(): FrameFacts {
  return { version: 0, protocol: 0, l3: 0, l4: 0, sourcePort: 0, destinationPort: 0, laterFragment: false };
}

function isVlan(etherType: number): boolean {
  return etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100 || etherType === 0x9200;
}

/** IPv6 extension headers (RFC 8200, plus authentication, mobility, HIP, shim6): a packet with one has no L4 here. */
export function isExtension(protocol: number): boolean {
  switch (protocol) {
    case 0:
    case 43:
    case 44:
    case 51:
    case 60:
    case 135:
    case 139:
    case 140:
      return true;
    default:
      return false;
  }
}

/**
 * Decode the frame bytes[start, start + length): Ethernet, 802.1Q and QinQ tags, IPv4 or IPv6, ports of TCP and UDP. Never reads outside it.
 * MPLS, PPPoE and LLC frames count as frames without IP.
 */
export function decodeFrame(bytes: Uint8Array, start: number, length: number, facts: FrameFacts): void {
  facts.version = 0;
  facts.protocol = 0;
  facts.l3 = 0;
  facts.l4 = 0;
  facts.sourcePort = 0;
  facts.destinationPort = 0;
  facts.laterFragment = false;
  if (length < 34) return;
  let at = start + 12;
  const end = start + length;
  let etherType = (bytes[at]! << 8) | bytes[at + 1]!;
  for (let tags = 0; tags < MAX_VLAN_TAGS && isVlan(etherType) && at + 6 <= end; tags++) {
    at += 4;
    etherType = (bytes[at]! << 8) | bytes[at + 1]!;
  }
  at += 2;
  if (etherType === ETHERTYPE_IPV4) decodeIpv4(bytes, start, at, end, facts);
  else if (etherType === ETHERTYPE_IPV6) decodeIpv6(bytes, start, at, end, facts);
}

function decodeIpv4(bytes: Uint8Array, start: number, at: number, end: number, facts: FrameFacts): void {
  if (end - at < 20) return;
  const first = bytes[at]!;
  const headerLength = (first & 15) * 4;
  if (first >> 4 !== 4 || headerLength < 20 || end - at < headerLength) return;
  facts.version = 4;
  facts.l3 = at - start;
  facts.protocol = bytes[at + 9]!;
  facts.laterFragment = (((bytes[at + 6]! & 0x1f) << 8) | bytes[at + 7]!) !== 0;
  if (!facts.laterFragment) decodePorts(bytes, start, at + headerLength, end, facts);
}

function decodeIpv6(bytes: Uint8Array, start: number, at: number, end: number, facts: FrameFacts): void {
  if (end - at < 40 || bytes[at]! >> 4 !== 6) return;
  facts.version = 6;
  facts.l3 = at - start;
  facts.protocol = bytes[at + 6]!;
  if (!isExtension(facts.protocol)) decodePorts(bytes, start, at + 40, end, facts);
}

function decodePorts(bytes: Uint8Array, start: number, at: number, end: number, facts: FrameFacts): void {
  if (at >= end) return;
  facts.l4 = at - start;
  if ((facts.protocol !== TCP && facts.protocol !== UDP) || end - at < 4) return;
  facts.sourcePort = (bytes[at]! << 8) | bytes[at + 1]!;
  facts.destinationPort = (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
