/** Where switch values differ from ideal ones, and why: the feature step of the loss waterfall in counts of packets. */

import type { Dataset } from '../traffic/index.ts';
import { featureNamed } from './catalogue.ts';
import { flowOrder } from './ideal.ts';
import { gapNs } from './ipd.ts';
import { TIME_FEATURES } from './units.ts';

/**
 * `unparsed`: the parser gave the packet up. `slot`: the flow lost its slot at this packet or before. `rounding`: time features, one
 * tick apart at most. `range`: a gap of the flow was beyond what the field holds. `clock`: time went backwards in the flow.
 * `length`: padding, VLAN tags, trailers, offloaded segments. `other`: none of these.
 */
export const CAUSES = ['unparsed', 'slot', 'rounding', 'range', 'clock', 'length', 'other'] as const;
export type Cause = (typeof CAUSES)[number];

export interface FeatureDifference {
  readonly feature: string;
  /** Packets compared: those in a flow. */
  readonly packets: number;
  readonly different: number;
  readonly by: Readonly<Record<Cause, number>>;
}

/** What the run of a feature program says about each packet. */
export interface SwitchColumns {
  /** One column per feature. */
  readonly values: readonly ArrayLike<number>[];
  /** RunColumns.outcome: 2 and above were not parsed. */
  readonly outcome: ArrayLike<number>;
  /** Values of the program's `flow.status` field. */
  readonly status?: ArrayLike<number>;
  /** Greatest ipd told apart, in units of the ideal columns (default 65,535). */
  readonly range?: number;
}

const SLOT = 1;
const CLOCK = 2;
const RANGE = 4;

/** What happened at each packet, and what has happened to its flow so far, as bits. */
interface History {
  readonly now: Uint8Array;
  readonly ever: Uint8Array;
}

function flowHistory(dataset: Dataset, run: SwitchColumns, ipd: Uint32Array): History {
  const { previous, position } = flowOrder(dataset);
  const now = new Uint8Array(previous.length);
  const ever = new Uint8Array(previous.length);
  for (let i = 0; i < now.length; i++) {
    if (position[i] === 0) continue;
    const before = previous[i];
    if (run.status && (run.status[i] === 0) !== position[i] > 1) now[i] |= SLOT;
    if (before >= 0 && gapNs(dataset.packets, before, i) < 0) now[i] |= CLOCK;
    if (ipd[i] > (run.range ?? 65535)) now[i] |= RANGE;
    ever[i] = before < 0 ? now[i] : now[i] | ever[before];
  }
  return { now, ever };
}

function causeOf(name: string, history: number, apart: number): Cause {
  const time = TIME_FEATURES.includes(name);
  if (featureNamed(name).stateful && history & SLOT) return 'slot';
  if (time && apart <= 1) return 'rounding';
  if (time && history & RANGE) return 'range';
  if (time && history & CLOCK) return 'clock';
  return /len$/.test(name) ? 'length' : 'other';
}

/**
 * Count differences per feature and cause. `ideal` are the columns of `idealFeatures`, with a unit of one tick; `ipd` the ideal
 * `pkt.ipd` unclamped. Throws FEATURE-UNKNOWN.
 */
export function featureDifferences(
  dataset: Dataset,
  names: readonly string[],
  ideal: readonly Uint32Array[],
  ipd: Uint32Array,
  run: SwitchColumns,
): FeatureDifference[] {
  const history = flowHistory(dataset, run, ipd);
  const { flow } = dataset.decoded;
  return names.map((feature, f) => {
    // pkt.ipd looks back one packet; features over the flow remember.
    const past = feature === 'pkt.ipd' ? history.now : history.ever;
    const by = Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as Record<Cause, number>;
    let packets = 0;
    let different = 0;
    for (let i = 0; i < flow.length; i++) {
      if (flow[i] < 0) continue;
      packets++;
      const apart = Math.abs(ideal[f][i] - run.values[f][i]);
      const unparsed = run.outcome[i] >= 2;
      if (apart === 0 && !unparsed) continue;
      different++;
      by[unparsed ? 'unparsed' : causeOf(feature, past[i], apart)]++;
    }
    return { feature, packets, different, by };
  });
}
