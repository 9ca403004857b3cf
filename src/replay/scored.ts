/** Which packets are scored, and what the switch said of them. */

import { flowOrder, type IdealOptions, idealRows, type PacketRows, rowsAt } from '../features/index.ts';
import type { ModelSpec } from '../model/index.ts';
import type { Program, RunColumns } from '../program/index.ts';
import type { Dataset } from '../traffic/index.ts';
import { inSplit, type Selection, type SplitName } from './select.ts';
import { millisecondsBetween, type Scored } from './side.ts';

/** Ideal rows of the split's labelled packets: these are the scored ones. */
export function scoredRows(
  options: {
    readonly dataset: Dataset;
    readonly spec: Pick<ModelSpec, 'features' | 'window'>;
    readonly ideal?: IdealOptions;
  },
  split: SplitName,
): PacketRows {
  const { dataset, spec, ideal } = options;
  const all = idealRows(dataset, spec.features, { ...ideal, window: spec.window });
  return rowsAt(
    all,
    Uint32Array.from(all.packet.keys()).filter((row) => inSplit(dataset, all.flow[row], split)),
  );
}

/** Flow, label, position and time of the rows' packets. */
export function scoredPackets(dataset: Dataset, rows: PacketRows): Scored {
  const { position } = flowOrder(dataset);
  const first = new Int32Array(dataset.flowLabel.length).fill(-1);
  dataset.decoded.flow.forEach((flow, i) => {
    if (flow >= 0 && first[flow] < 0) first[flow] = i;
  });
  const { flow } = rows;
  return {
    count: rows.count,
    packet: rows.packet,
    flow,
    label: rows.label,
    position: rows.packet.map((i) => position[i]),
    sinceStartMs: Float64Array.from(rows.packet, (i, row) => millisecondsBetween(dataset.packets, first[flow[row]], i)),
  };
}

/** Class of every scored packet, −1 without verdict; scores of score models. */
export interface SwitchVerdicts {
  readonly verdict: Int16Array;
  readonly scores?: Float64Array;
}

/** The engine's verdicts on the scored packets. */
export function switchVerdicts(
  dataset: Dataset,
  program: Program,
  selection: Selection,
  run: RunColumns,
  scored: Scored,
): SwitchVerdicts {
  const at = new Int32Array(dataset.packets.count).fill(-1);
  selection.packet.forEach((packet, i) => {
    at[packet] = i;
  });
  const verdict = Int16Array.from(scored.packet, (packet) => run.verdict[at[packet]]);
  if (program.verdict.kind !== 'score') return { verdict };
  return { verdict, scores: Float64Array.from(scored.packet, (packet) => run.logits[at[packet]]) };
}
