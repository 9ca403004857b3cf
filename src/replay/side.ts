/** One side's figures over the scored packets: per packet, per flow, coverage, time to the first verdict. */

import { rocAuc } from '../model/index.ts';
import type { PacketColumns } from '../traffic/index.ts';
import { median, score } from './metrics.ts';
import type { FirstVerdict, Side } from './result.ts';

/** The scored packets, in capture order. */
export interface Scored {
  readonly count: number;
  readonly packet: Uint32Array;
  readonly flow: Int32Array;
  readonly label: Int16Array;
  /** Position in the flow, from 1, and time since the flow's first packet. */
  readonly position: Uint32Array;
  readonly sinceStartMs: Float64Array;
}

/** Verdicts of one side; `scores` for anomaly models. */
export interface SideVerdicts {
  readonly verdict: Int16Array;
  readonly scores?: ArrayLike<number>;
}

export function sideOf(scored: Scored, { verdict, scores }: SideVerdicts, classes: readonly string[]): Side {
  const covered = Uint32Array.from(verdict.keys()).filter((i) => verdict[i] >= 0);
  const pick = (column: ArrayLike<number>) => Float64Array.from(covered, (i) => column[i]);
  const flows = flowVerdicts(scored, verdict);
  const positive = scores && pick(scored.label).map((label) => (label > 0 ? 1 : 0));
  const auc = scores && positive ? rocAuc(pick(scores), positive) : Number.NaN;
  return {
    packets: score(scored.label, verdict, classes),
    covered: score(pick(scored.label), pick(verdict), classes),
    coverage: scored.count === 0 ? 0 : covered.length / scored.count,
    flows: score(
      flows.map((flow) => flow.label),
      flows.map((flow) => flow.verdict),
      classes,
    ),
    firstVerdict: firstVerdicts(flows, classes),
    rocAuc: Number.isFinite(auc) ? auc : null,
  };
}

interface FlowVerdict {
  readonly label: number;
  /** Majority, ties to the class that came first; -1 without any. */
  readonly verdict: number;
  readonly packets: number | null;
  readonly milliseconds: number | null;
}

/** Flows with a scored packet, in order of appearance. */
export function flowVerdicts(scored: Scored, verdict: Int16Array): FlowVerdict[] {
  const byFlow = new Map<number, number[]>();
  for (let i = 0; i < scored.count; i++) {
    const list = byFlow.get(scored.flow[i]);
    if (list) list.push(i);
    else byFlow.set(scored.flow[i], [i]);
  }
  return [...byFlow.values()].map((items) => {
    const first = items.find((i) => verdict[i] >= 0);
    return {
      label: scored.label[items[0]],
      verdict: majority(items.map((i) => verdict[i])),
      packets: first === undefined ? null : scored.position[first],
      milliseconds: first === undefined ? null : scored.sinceStartMs[first],
    };
  });
}

/** The most frequent value of those from 0 on; of equals the one that came first; -1 when there is none. */
export function majority(verdicts: readonly number[]): number {
  const votes = new Map<number, number>();
  for (const verdict of verdicts) if (verdict >= 0) votes.set(verdict, (votes.get(verdict) ?? 0) + 1);
  let best = -1;
  let most = 0;
  for (const [verdict, count] of votes) {
    if (count <= most) continue;
    best = verdict;
    most = count;
  }
  return best;
}

function firstVerdicts(flows: readonly FlowVerdict[], classes: readonly string[]): FirstVerdict[] {
  return classes.map((name, c) => {
    const own = flows.filter((flow) => flow.label === c);
    const answered = own.filter((flow) => flow.packets !== null);
    return {
      class: name,
      flows: own.length,
      without: own.length - answered.length,
      packets: median(answered.map((flow) => flow.packets!)),
      milliseconds: median(answered.map((flow) => flow.milliseconds!)),
    };
  });
}

/** Milliseconds from packet `from` to packet `to`. */
export function millisecondsBetween(packets: PacketColumns, from: number, to: number): number {
  return (packets.seconds[to] - packets.seconds[from]) * 1e3 + (packets.nanos[to] - packets.nanos[from]) / 1e6;
}
