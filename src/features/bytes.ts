/** Raw bytes from the start of the L4 header (CNN-L): one feature per byte. */

import { addField } from './draft.ts';
import { type Feature, featureField } from './feature.ts';
import { l4ByteIndex } from './l4fields.ts';

/**
 * Offset of the first byte behind the IP packet in the frame. A length field of 0 (offloaded segments, jumbograms) says nothing:
 * the packet then ends with the captured bytes.
 */
function ipEnd(bytes: Uint8Array, frame: number, l3: number, version: number, capLen: number): number {
  const at = frame + l3 + (version === 4 ? 2 : 4);
  const length = (bytes[at] << 8) | bytes[at + 1];
  if (length === 0) return capLen;
  return Math.min(l3 + length + (version === 4 ? 0 : 40), capLen);
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
    switchDoc: 'parser; IPv4 packets with options give only the fixed TCP or UDP header',
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
