/** Packet lengths, and their extremes over the flow. */

import { addField, assignIn, type Draft, keyless } from './draft.ts';
import { addExtreme } from './extreme.ts';
import { type Feature, featureField, type IdealContext } from './feature.ts';
import { totalLenField } from './header.ts';
import type { FrontSettings } from './options.ts';

/** Ethernet header bytes in front of the IP packet, as in the published rows (no VLAN tag, no padding, no FCS). */
const ETHERNET = 14;
const IPV6_HEADER = 40;

function idealFrame({ dataset }: IdealContext): Uint32Array {
  const { packets, decoded } = dataset;
  return packets.origLen.map((length, i) => (decoded.flow[i] >= 0 ? Math.min(length, 65535) : 0));
}

/** IP length + 14 into a field, in stage 0; saturates instead of wrapping. */
function frameField(draft: Draft): string {
  const field = featureField('frame.len');
  if (draft.fields.has(field)) return field;
  addField(draft, field, 16, 'metadata', 'IP length + 14: an ingress parser does not know the frame length');
  assignIn(draft, 'ipv4', field, { field: 'hdr.ipv4.total_len' });
  assignIn(draft, 'ipv6', field, { field: 'hdr.ipv6.payload_len' });
  const add = (name: string, value: number) =>
    keyless(draft, name, [{ op: 'addSatU', dst: field, a: { kind: 'field', field }, b: { kind: 'const', value } }]);
  draft.phases.ipv4.push(add('frame_len_v4', ETHERNET));
  draft.phases.ipv6.push(add('frame_len_v6', ETHERNET + IPV6_HEADER));
  return field;
}

const frameLen: Feature = {
  name: 'frame.len',
  bits: 16,
  doc: 'frame length in bytes',
  idealDoc: 'original frame length (not the captured one)',
  switchDoc: 'IP length + 14: no padding, VLAN tags or trailer; 14 for offloaded segments with total length 0',
  stateful: false,
  ideal: idealFrame,
  realise: (draft) => frameField(draft),
};

const pktLen: Feature = {
  name: 'pkt.len',
  bits: 16,
  doc: 'frame length, clamped for window models (option clamp)',
  idealDoc: 'as frame.len, at most the clamp',
  switchDoc: 'as frame.len, min with the clamp one stage later',
  stateful: false,
  ideal: (context) => context.column('frame.len').slice(),
  realise(draft, settings) {
    const frame = frameField(draft);
    const limit = settings.clamp['pkt.len'];
    if (limit === undefined) return frame;
    const field = addField(draft, featureField('pkt.len'), 16);
    draft.phases.slot.push(
      keyless(draft, 'pkt_len_clamp', [
        { op: 'minU', dst: field, a: { kind: 'field', field: frame }, b: { kind: 'const', value: limit } },
      ]),
    );
    return field;
  },
};

/** Running extreme of a length over the packets of each flow, this one included. */
function idealExtreme(context: IdealContext, pick: (a: number, b: number) => number): Uint32Array {
  const { flow } = context.dataset.decoded;
  const length = context.column(context.options.flowLength === 'frame' ? 'frame.len' : 'ip.total_len');
  const out = new Uint32Array(flow.length);
  for (let i = 0; i < flow.length; i++) {
    if (flow[i] < 0) continue;
    const before = context.previous[i];
    out[i] = before < 0 ? length[i] : pick(out[before], length[i]);
  }
  return out;
}

function lengthSource(draft: Draft, settings: FrontSettings): string {
  return settings.flowLength === 'frame' ? frameField(draft) : totalLenField(draft);
}

function extremeLength(name: string, kind: 'max' | 'min'): Feature {
  return {
    name,
    bits: 16,
    doc: `${kind === 'max' ? 'greatest' : 'least'} packet length of the flow so far, in bytes`,
    idealDoc: 'over all packets of the flow so far, this one included; frame lengths unless flowLength is ip',
    switchDoc: `register ${kind}; the first packet of a flow in its slot sets it`,
    stateful: true,
    ideal: (context) => idealExtreme(context, kind === 'max' ? Math.max : Math.min),
    realise: (draft, settings) =>
      addExtreme(draft, settings, {
        name,
        kind,
        cellBits: 16,
        input: lengthSource(draft, settings),
        start: 'first',
        phase: 'state',
      }),
  };
}

export const lengthFeatures: readonly Feature[] = [
  frameLen,
  pktLen,
  extremeLength('flow.max_len', 'max'),
  extremeLength('flow.min_len', 'min'),
];
