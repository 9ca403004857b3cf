/** Curves of a replay for reports: accuracy by packet position in the flow, ROC of scores. Few points, whatever the number of packets. */

import { flowOrder } from '../features/index.ts';
import type { ReplayVerdicts } from '../replay/index.ts';
import type { Dataset } from '../traffic/index.ts';

/** Accuracy over the packets at positions from..to (1 = first) of their flows. */
export interface PositionAccuracy {
  readonly from: number;
  readonly to: number;
  readonly packets: number;
  readonly switch: number;
  readonly float: number | null;
}

/** [false positive rate, true positive rate], from (0, 0) to (1, 1). */
export type RocPoints = readonly (readonly [number, number])[];

export interface Curves {
  readonly byPosition: readonly PositionAccuracy[];
  /** Of anomaly scores over the packets that the switch has a verdict for; null for classes. */
  readonly roc: { readonly switch: RocPoints; readonly float: RocPoints | null } | null;
}

const ROC_POINTS = 200;

/** Bucket of a position: 1 to 16 one by one, then doubling. */
function bucketOf(position: number): { from: number; to: number } {
  if (position <= 16) return { from: position, to: position };
  const from = 2 ** Math.floor(Math.log2(position - 1)) + 1;
  return { from, to: 2 * (from - 1) };
}

function byPosition(dataset: Dataset, verdicts: ReplayVerdicts, label: ArrayLike<number>): PositionAccuracy[] {
  const { position } = flowOrder(dataset);
  const buckets = new Map<number, { from: number; to: number; packets: number; ours: number; theirs: number }>();
  for (let i = 0; i < verdicts.count; i++) {
    const { from, to } = bucketOf(position[verdicts.packet[i]]);
    const bucket = buckets.get(from) ?? { from, to, packets: 0, ours: 0, theirs: 0 };
    buckets.set(from, bucket);
    bucket.packets++;
    if (verdicts.switch[i] === label[i]) bucket.ours++;
    if (verdicts.float?.[i] === label[i]) bucket.theirs++;
  }
  return [...buckets.values()]
    .sort((a, b) => a.from - b.from)
    .map(({ from, to, packets, ours, theirs }) => ({
      from,
      to,
      packets,
      switch: ours / packets,
      float: verdicts.float === null ? null : theirs / packets,
    }));
}

/** ROC of scores against labels (positive from 1 on); thinned to a couple of hundred points, equal scores together. */
export function rocPoints(scores: ArrayLike<number>, label: ArrayLike<number>): RocPoints {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const positives = order.reduce((sum, i) => sum + (label[i] > 0 ? 1 : 0), 0);
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const points: (readonly [number, number])[] = [[0, 0]];
  let [hits, alarms, kept] = [0, 0, 0];
  order.forEach((item, i) => {
    if (label[item] > 0) hits++;
    else alarms++;
    const next = order[i + 1];
    if (next !== undefined && scores[next] === scores[item]) return;
    const travelled = hits / positives + alarms / negatives;
    if (next !== undefined && travelled - kept < 2 / ROC_POINTS) return;
    kept = travelled;
    points.push([alarms / negatives, hits / positives]);
  });
  return points;
}

/** The curves of a replay. */
export function curvesOf(dataset: Dataset, verdicts: ReplayVerdicts): Curves {
  const { scores } = verdicts;
  const label = scores ? verdicts.label.map((one) => (one > 0 ? 1 : 0)) : verdicts.label;
  const covered = Uint32Array.from(verdicts.switch.keys()).filter((i) => verdicts.switch[i] >= 0);
  const pick = (column: ArrayLike<number>): Float64Array => Float64Array.from(covered, (i) => column[i]);
  return {
    byPosition: byPosition(dataset, verdicts, label),
    roc: scores
      ? {
          switch: rocPoints(pick(scores.switch), pick(label)),
          float: scores.float === null ? null : rocPoints(pick(scores.float), pick(label)),
        }
      : null,
  };
}
