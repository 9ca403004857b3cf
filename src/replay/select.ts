/** Which packets a replay runs: a split's flows, and what shares their captures without belonging to another split. */

import { fail } from '../problem.ts';
import type { FrameColumns } from '../program/index.ts';
import type { Dataset, PacketColumns } from '../traffic/index.ts';
import { NO_SPLIT, TEST, TRAIN, VALIDATION } from '../traffic/index.ts';

export type SplitName = 'train' | 'validation' | 'test' | 'all';

const SPLITS = { train: TRAIN, validation: VALIDATION, test: TEST } as const;

export interface Selection {
  /** Dataset packet of each replayed packet, in capture order. */
  readonly packet: Uint32Array;
  readonly packets: FrameColumns;
  /** Packets left out: their flow belongs to another split, or all of their capture's flows do. */
  readonly otherSplits: number;
  readonly captures: number;
}

/** Is a flow scored under this split? */
export function inSplit(dataset: Dataset, flow: number, split: SplitName): boolean {
  return split === 'all' || dataset.flowSplit[flow] === SPLITS[split];
}

/**
 * Packets of the split's captures, without those of flows of other splits. Frame bytes are shared, not copied.
 * @throws RUN-SPLIT-EMPTY when no flow belongs to the split
 */
export function selectPackets(dataset: Dataset, split: SplitName): Selection {
  const { packets, decoded } = dataset;
  const touched = new Set<number>();
  for (let i = 0; i < packets.count; i++) {
    const flow = decoded.flow[i];
    if (split === 'all' || (flow >= 0 && inSplit(dataset, flow, split))) touched.add(packets.capture[i]);
  }
  if (touched.size === 0) {
    fail({
      code: 'RUN-SPLIT-EMPTY',
      message: `no flow of the dataset belongs to the ${split} split`,
      where: dataset.name,
      hint: 'choose another split or other split fractions',
    });
  }
  const kept = new Uint32Array(packets.count);
  let count = 0;
  for (let i = 0; i < packets.count; i++) {
    if (!touched.has(packets.capture[i])) continue;
    const flow = decoded.flow[i];
    const background = flow < 0 || dataset.flowSplit[flow] === NO_SPLIT;
    if (background || inSplit(dataset, flow, split)) kept[count++] = i;
  }
  const packet = kept.slice(0, count);
  return { packet, packets: subset(packets, packet), otherSplits: packets.count - count, captures: touched.size };
}

function subset(packets: PacketColumns, packet: Uint32Array): FrameColumns {
  if (packet.length === packets.count) return packets;
  const pick = (column: Uint32Array) => packet.map((i) => column[i]);
  return {
    count: packet.length,
    bytes: packets.bytes,
    offset: pick(packets.offset),
    capLen: pick(packets.capLen),
    origLen: pick(packets.origLen),
    seconds: pick(packets.seconds),
    nanos: pick(packets.nanos),
    capture: pick(packets.capture),
  };
}

/** Packets earlier than the one before them in the same capture. */
export function backwardSteps(packets: FrameColumns): number {
  const { count, capture, seconds, nanos } = packets;
  let steps = 0;
  for (let i = 1; i < count; i++) {
    if (capture[i] !== capture[i - 1]) continue;
    if (seconds[i] < seconds[i - 1] || (seconds[i] === seconds[i - 1] && nanos[i] < nanos[i - 1])) steps++;
  }
  return steps;
}
