/** The catalogue of what a switch can know about a packet or a flow (docs: the features page). */

import { fail } from '../problem.ts';
import { byteFeature } from './bytes.ts';
import type { Feature } from './feature.ts';
import { headerFeatures } from './header.ts';
import { ipdFeatures } from './ipd.ts';
import { L4_LIMIT } from './l4fields.ts';
import { lengthFeatures } from './length.ts';
import { stateFeature } from './state.ts';

/** Every feature with a fixed name; `l4.byte[i]` exist beside them. */
export const features: readonly Feature[] = [...headerFeatures, ...lengthFeatures, ...ipdFeatures];

const byName = new Map(features.map((feature) => [feature.name, feature]));

/** A feature by name. Throws FEATURE-UNKNOWN, or FEATURE-L4-LIMIT for a byte beyond the parser. */
export function featureNamed(name: string): Feature {
  const feature = byName.get(name) ?? byteFeature(name) ?? stateFeature(name);
  if (feature) return feature;
  return fail({
    code: 'FEATURE-UNKNOWN',
    message: `no feature is called ${name}`,
    hint: `known: ${[...byName.keys()].join(', ')}, l4.byte[0] to l4.byte[${L4_LIMIT - 1}]`,
  });
}

/** Feature lists of the six models of the paper, in the order of their inputs (ALGORITHM §2). */
export const featureSets: Readonly<Record<string, readonly string[]>> = {
  'mlp-b': [
    'ip.ihl',
    'ip.total_len',
    'ip.protocol',
    'ip.tos',
    'tcp.data_offset',
    'flow.max_len',
    'flow.min_len',
    'flow.max_ipd',
    'flow.min_ipd',
    'pkt.ipd',
  ],
  'rnn-b': ['pkt.len', 'pkt.ipd'],
  'cnn-b': ['pkt.len', 'pkt.ipd'],
  'cnn-m': ['pkt.len', 'pkt.ipd'],
  'cnn-l': [
    ...Array.from({ length: 55 }, (_, i) => `l4.byte[${i}]`),
    'pkt.len',
    'pkt.ipd',
    'ip.tos',
    'ip.ihl',
    'tcp.data_offset',
  ],
  autoencoder: ['pkt.len', 'pkt.ipd'],
};
