/** Features read straight from IP and TCP headers: no state. */

import { addField, assignIn, type Draft, keyless } from './draft.ts';
import { type Feature, featureField, type IdealContext } from './feature.ts';
import { hasL4Bytes } from './l4fields.ts';
import type { FrontSettings } from './options.ts';

/** One value per packet with IP: `read` gets the frame bytes, the offset of the IP header, and its version. */
function perPacket(
  { dataset }: IdealContext,
  read: (bytes: Uint8Array, l3: number, version: number, packet: number) => number,
): Uint32Array {
  const { packets, decoded } = dataset;
  const out = new Uint32Array(packets.count);
  for (let i = 0; i < packets.count; i++)
    if (decoded.flow[i] >= 0)
      out[i] = read(packets.bytes, packets.offset[i] + decoded.l3Offset[i], decoded.ipVersion[i], i);
  return out;
}

/** Copy of a header field per parser state, 0 elsewhere. */
function copied(draft: Draft, name: string, bits: number, from: Readonly<Record<string, string>>): string {
  const field = addField(draft, featureField(name), bits);
  for (const [state, source] of Object.entries(from)) assignIn(draft, state, field, { field: source });
  return field;
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

const ihl: Feature = {
  name: 'ip.ihl',
  bits: 8,
  doc: 'IPv4 header length in 32-bit words',
  idealDoc: 'IPv4 IHL; 0 without IPv4',
  switchDoc: 'header field copied by the parser',
  stateful: false,
  ideal: (context) => perPacket(context, (bytes, l3, version) => (version === 4 ? bytes[l3] & 15 : 0)),
  realise: (draft) => copied(draft, 'ip.ihl', 8, { ipv4: 'hdr.ipv4.ihl' }),
};

/** The length of the IP packet in a field; idempotent, since lengths over the flow may need it too. */
export function totalLenField(draft: Draft): string {
  const field = featureField('ip.total_len');
  if (draft.fields.has(field)) return field;
  copied(draft, 'ip.total_len', 16, { ipv4: 'hdr.ipv4.total_len', ipv6: 'hdr.ipv6.payload_len' });
  draft.phases.ipv6.push(
    keyless(draft, 'ip_total_len_v6', [
      { op: 'addSatU', dst: field, a: { kind: 'field', field }, b: { kind: 'const', value: 40 } },
    ]),
  );
  return field;
}

const totalLen: Feature = {
  name: 'ip.total_len',
  bits: 16,
  doc: 'length of the IP packet in bytes',
  idealDoc: 'IPv4 total length; IPv6 payload length + 40',
  switchDoc: 'IPv4: header field copied by the parser; IPv6: payload length + 40 in stage 0',
  stateful: false,
  ideal: (context) =>
    perPacket(context, (bytes, l3, version) =>
      version === 4 ? u16(bytes, l3 + 2) : Math.min(u16(bytes, l3 + 4) + 40, 65535),
    ),
  realise: (draft) => totalLenField(draft),
};

const protocol: Feature = {
  name: 'ip.protocol',
  bits: 8,
  doc: 'protocol number',
  idealDoc: 'IPv4 protocol; IPv6 next header of the fixed header',
  switchDoc: 'header field copied by the parser',
  stateful: false,
  ideal: (context) => perPacket(context, (bytes, l3, version) => bytes[l3 + (version === 4 ? 9 : 6)]),
  realise: (draft) => copied(draft, 'ip.protocol', 8, { ipv4: 'hdr.ipv4.protocol', ipv6: 'hdr.ipv6.next_header' }),
};

const tos: Feature = {
  name: 'ip.tos',
  bits: 8,
  doc: 'type of service / traffic class, ECN bits included',
  idealDoc: 'IPv4 TOS byte; IPv6 traffic class',
  switchDoc: 'header field copied by the parser',
  stateful: false,
  ideal: (context) =>
    perPacket(context, (bytes, l3, version) =>
      version === 4 ? bytes[l3 + 1] : ((bytes[l3] & 15) << 4) | (bytes[l3 + 1] >> 4),
    ),
  realise: (draft) => copied(draft, 'ip.tos', 8, { ipv4: 'hdr.ipv4.tos', ipv6: 'hdr.ipv6.traffic_class' }),
};

function realiseDataOffset(draft: Draft, settings: FrontSettings): string {
  if (!hasL4Bytes(settings.features)) return copied(draft, 'tcp.data_offset', 8, { tcp: 'hdr.tcp.data_offset' });
  // With raw bytes the TCP header is byte 12 among others: the upper half of it, where the parser saw TCP.
  const field = addField(draft, featureField('tcp.data_offset'), 8);
  const byte = addField(draft, featureField('l4.byte[12]'), 8);
  const isTcp = addField(draft, 'meta.l4_is_tcp', 1);
  const step = keyless(draft, 'tcp_data_offset', [
    { op: 'slice', dst: field, a: { kind: 'field', field: byte }, low: 4, bits: 4 },
  ]);
  draft.phases.entry.push({
    kind: 'if',
    all: [{ kind: 'cmp', field: isTcp, op: 'eq', value: 1 }],
    then: [step],
    else: [],
  });
  return field;
}

const dataOffset: Feature = {
  name: 'tcp.data_offset',
  bits: 8,
  doc: 'TCP header length in 32-bit words',
  idealDoc: 'TCP data offset; 0 for other protocols',
  switchDoc: 'header field copied by the parser, 0 when absent',
  stateful: false,
  ideal: (context) =>
    perPacket(context, (_bytes, _l3, _version, i) => {
      const { packets, decoded } = context.dataset;
      const at = decoded.l4Offset[i] + 12;
      return decoded.l4Offset[i] > 0 && decoded.protocol[i] === 6 && at < packets.capLen[i]
        ? packets.bytes[packets.offset[i] + at] >> 4
        : 0;
    }),
  realise: realiseDataOffset,
};

export const headerFeatures: readonly Feature[] = [ihl, totalLen, protocol, tos, dataOffset];
