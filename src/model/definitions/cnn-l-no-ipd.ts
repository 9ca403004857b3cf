/** CNN-L without the gap: no clock in the flow's registers, so that 4 bits of index a packet are 28 bits a flow (Figure 8 of the paper). */
import { cnnL } from './cnn-l.ts';
import type { ModelDefinition } from './definition.ts';

/** The number that stands where the gap was: the segments stay ten of six. */
const INSTEAD = 'ip.protocol';

const { 'pkt.ipd': _gap, ...clamp } = cnnL.clamp;

export const cnnLNoIpd: ModelDefinition = {
  ...cnnL,
  id: 'cnn-l-no-ipd',
  title: 'CNN-L without gaps: the protocol in their place, no clock on the switch',
  features: cnnL.features.map((name) => (name === 'pkt.ipd' ? INSTEAD : name)),
  clamp,
};
