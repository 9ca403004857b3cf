/** What a replay yields: plain JSON-able data with a stable schema. Fractions are 0..1, absent values null. */

import type { TrainedOn } from '../model/index.ts';

export interface ClassMetrics {
  readonly class: string;
  /** Scored items of this class. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Metrics over scored packets or flows. An item without verdict is wrong. Undefined quotients are 0. */
export interface Metrics {
  readonly count: number;
  readonly accuracy: number;
  /** Means over the classes that occur in labels or verdicts. */
  readonly macroPrecision: number;
  readonly macroRecall: number;
  readonly macroF1: number;
  readonly perClass: readonly ClassMetrics[];
  /** [truth][verdict], with one more column: no verdict. */
  readonly confusion: readonly (readonly number[])[];
}

/** Wait until a flow's first verdict, over the flows of one class. */
export interface FirstVerdict {
  readonly class: string;
  readonly flows: number;
  /** Flows that never got one. */
  readonly without: number;
  /** Medians over the flows that got one; null when there is none. Packet 1 is the flow's first. */
  readonly packets: number | null;
  readonly milliseconds: number | null;
}

/** One side: the switch, or the float model on ideal features with unlimited state. */
export interface Side {
  readonly packets: Metrics;
  /** Over the scored packets that this side has a verdict for. */
  readonly covered: Metrics;
  /** Fraction of the scored packets with a verdict. */
  readonly coverage: number;
  /** Majority of a flow's verdicts, ties to the first. */
  readonly flows: Metrics;
  readonly firstVerdict: readonly FirstVerdict[];
  /** Area under the ROC curve of anomaly scores over covered packets; classes from 1 on are the anomalies. */
  readonly rocAuc: number | null;
}

/** What became of every packet: the five add up to `packets`. */
export interface OutcomeCounts {
  readonly packets: number;
  readonly verdict: number;
  readonly noVerdict: number;
  readonly unparsed: number;
  readonly truncated: number;
  readonly short: number;
}

/** What sharing slots cost, from the program's flow status and the true flows. */
export interface SlotCounts {
  readonly slots: number;
  readonly policy: string;
  /** Packets by status. */
  readonly owner: number;
  readonly first: number;
  readonly taken: number;
  readonly foreign: number;
  /** Flows that lost their slot to another, or never held it, at least once. */
  readonly collidingFlows: number;
  /** Flows with the same slot and owner hash as another: the switch takes them for one. */
  readonly mergedFlows: number;
  /** Times a flow seen before started anew (its slot was taken, or it timed out). */
  readonly restarts: number;
  readonly bitsPerFlow: number;
}

export interface ReplayResult {
  readonly schema: 'pegasim/replay';
  readonly version: 1;
  readonly program: string;
  readonly dataset: string;
  readonly split: string;
  readonly state: string;
  /** Rate of the merged trace; only of `interleave`. */
  readonly packetsPerSecond?: number;
  readonly classes: readonly string[];
  readonly captures: number;
  readonly outcomes: OutcomeCounts;
  /** Packets left out: their flow belongs to another split, or all of their capture's flows do. */
  readonly otherSplits: number;
  /** Packets of flows without a label, and outside flows: replayed as background, not scored. */
  readonly unlabelled: number;
  readonly scored: number;
  readonly flows: number;
  readonly switch: Side;
  readonly float:
    | (Side & {
        readonly runtime: string;
        readonly features: readonly string[];
        /** Whether its training saw features as the switch computes them, ideal ones, or rows of a file; null when it does not say. */
        readonly trainedOn?: TrainedOn | null;
      })
    | null;
  /** Scored packets on which both sides give the same verdict; null without a float model. */
  readonly agreement: { readonly equal: number; readonly fraction: number } | null;
  readonly slots: SlotCounts | null;
  /** Packets earlier than the one before them in their capture. */
  readonly backwardTimestamps: number;
  readonly partial: boolean;
  readonly damage: readonly {
    readonly file: string;
    readonly packet: number;
    readonly byteOffset: number;
    readonly reason: string;
  }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** Wall-clock figures: kept apart, as results do not depend on them. */
export interface ReplayTiming {
  /** Planning, laying out tables, starting workers; not in the rate. */
  readonly engineSetupSeconds: number;
  readonly engineSeconds: number;
  readonly packetsPerSecond: number;
  readonly workers: number;
  readonly floatSeconds: number;
  readonly floatRowsPerSecond: number;
  /** Ideal features of the packets to score, for the float model. */
  readonly featureSeconds: number;
  /** Choosing packets, metrics, confusion: everything else. */
  readonly scoreSeconds: number;
  /** Reading and decoding the captures, where the replay did it. */
  readonly readSeconds?: number;
}

/** Verdicts side by side, one row a scored packet. */
export interface ReplayVerdicts {
  readonly count: number;
  /** Index into the dataset's packets. */
  readonly packet: Uint32Array;
  readonly flow: Int32Array;
  readonly label: Int16Array;
  /** -1: none. */
  readonly switch: Int16Array;
  readonly float: Int16Array | null;
  /** Anomaly scores, each side in its own unit; absent for classes. */
  readonly scores?: { readonly switch: Float64Array; readonly float: ArrayLike<number> | null };
}
