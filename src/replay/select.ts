/** Which packets a replay runs: a split's flows, and what shares their captures without belonging to another split. */

import { fail } from '../problem.ts';
import type { FrameColumns } from '../program/index.ts';
import type { Dataset, PacketColumns } from '../traffic/index.ts';
import { interleave, NO_SPLIT, TEST, TRAIN, VALIDATION } from '../traffic/index.ts';

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

/** Split of flows that a limit on the number of flows leaves out: neither scored nor background. */
const LEFT_OUT = 254;

/** Is a flow scored under this split? */
export function inSplit(dataset: Dataset, flow: number, split: SplitName): boolean {
  const own = dataset.flowSplit[flow];
  return split === 'all' ? own !== LEFT_OUT : own === SPLITS[split];
}

/**
 * The dataset with at most `limit` of the split's labelled flows, drawn evenly over them in order; the others are not replayed at all.
 */
export function limitFlows<T extends Dataset>(dataset: T, split: SplitName, limit: number | undefined): T {
  const own = [...dataset.flowSplit.keys()].filter(
    (flow) => dataset.flowLabel[flow] >= 0 && inSplit(dataset, flow, split),
  );
  if (limit === undefined || own.length <= limit) return dataset;
  const flowSplit = dataset.flowSplit.slice();
  own.forEach((flow, i) => {
    const kept = Math.floor(((i + 1) * limit) / own.length) > Math.floor((i * limit) / own.length);
    if (!kept) flowSplit[flow] = LEFT_OUT;
  });
  return { ...dataset, flowSplit };
}

/**
 * The split's flows merged into one trace (FEATURES.md, "State across captures"): only what a replay of the split would run, so that the
 * rate is that of the replayed packets.
 * @throws ProblemError RUN-SPLIT-EMPTY, TRAFFIC-RATE
 */
export function mergedDataset<T extends Dataset>(dataset: T, split: SplitName, packetsPerSecond: number): T {
  const { packet, packets } = selectPackets(dataset, split);
  const { decoded } = dataset;
  const own = {
    ...dataset,
    packets: { ...packets, packetNumber: packet.map((i) => dataset.packets.packetNumber[i]) },
    decoded: {
      flow: Int32Array.from(packet, (i) => decoded.flow[i]),
      ipVersion: Uint8Array.from(packet, (i) => decoded.ipVersion[i]),
      protocol: Uint8Array.from(packet, (i) => decoded.protocol[i]),
      l3Offset: Uint16Array.from(packet, (i) => decoded.l3Offset[i]),
      l4Offset: Uint16Array.from(packet, (i) => decoded.l4Offset[i]),
    },
  };
  return interleave(own, { packetsPerSecond });
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
    if ((flow < 0 && split === 'all') || (flow >= 0 && inSplit(dataset, flow, split))) touched.add(packets.capture[i]);
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
