/** Raw bytes from the start of the L4 header (CNN-L): one feature per byte. */

import { addField } from './draft.ts';
import { type Feature, featureField } from './feature.ts';
import { l4ByteIndex } from './l4fields.ts';

/** Offset of the first byte behind the IP packet in the frame; the frame's end when the length field is 0 (offloaded segments). */
function ipEnd(bytes: Uint8Array, frame: number, l3: number, version: number, capLen: number): number {
  const at = frame + l3;
  const length = version === 4 ? (bytes[at + 2] << 8) | bytes[at + 3] : 40 + ((bytes[at + 4] << 8) | bytes[at + 5]);
  return length === 0 ? capLen : Math.min(l3 + length, capLen);
}

/** The feature `l4.byte[i]`, or undefined for another name. */
export function byteFeature(name: string): Feature | undefined {
  const index = l4ByteIndex(name);
  if (index === undefined) return undefined;
  return {
    name,
    bits: 8,
    doc: `byte ${index} from the start of the L4 header`,
    idealDoc: '0 beyond the IP packet, without L4 (fragments, IPv6 extension headers) and beyond the captured bytes',
    switchDoc: 'parser; IPv4 packets with more than one option word give only the fixed TCP or UDP header',
    stateful: false,
    ideal({ dataset: { packets, decoded } }) {
      const out = new Uint32Array(packets.count);
      for (let i = 0; i < out.length; i++) {
        if (decoded.flow[i] < 0 || decoded.l4Offset[i] === 0) continue;
        const frame = packets.offset[i];
        const end = ipEnd(packets.bytes, frame, decoded.l3Offset[i], decoded.ipVersion[i], packets.capLen[i]);
        const at = decoded.l4Offset[i] + index;
        if (at < end) out[i] = packets.bytes[frame + at];
      }
      return out;
    },
    realise: (draft) => addField(draft, featureField(name), 8),
  };
}
