/** What training is asked for, and what it gives. */
import type { Progress } from '../../problem.ts';
import type { ModelId } from '../definitions/index.ts';
import type { ModelSpec, TrainedOn } from '../spec.ts';
import type { ChosenThreshold } from './threshold.ts';

export interface TrainOptions {
  /** Default 1. */
  readonly seed?: number;
  readonly epochs?: number;
  readonly patience?: number;
  readonly learningRate?: number;
  readonly batch?: number;
  /** Epochs after which the learning rate halves. */
  readonly halving?: number;
  /** Rows shown per epoch at most, drawn anew each time, and never more than four times as many as there are; also bounds the validation rows. */
  readonly rowsPerEpoch?: number;
  /** 0 shows classes as often as they occur, 1 all alike; default 0.5 (mlp-b: 0): by the square root of their rows, so that rows of a rare class come up more often. Classifiers only. */
  readonly balance?: number;
  /** Name of the benign class, for anomaly models. Default: a class called benign, else the first. */
  readonly benign?: string;
  /** Nanoseconds per unit of the time features, written into the model. */
  readonly units?: Readonly<Record<string, number>>;
  /** What the rows are, written into the model. */
  readonly trainedOn?: TrainedOn;
  readonly progress?: Progress;
}

export interface EpochRecord {
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: number;
  /** Macro-F1 on the validation rows; for anomaly models minus the mean score. Higher is better. */
  readonly validation: number;
}

export interface TrainedModel {
  readonly id: ModelId;
  readonly onnx: Uint8Array;
  readonly spec: ModelSpec;
  readonly parameters: number;
  readonly history: readonly EpochRecord[];
  /** Epoch whose weights were kept, and its validation figure. */
  readonly best: EpochRecord;
  /** How the threshold was chosen; anomaly models only. */
  readonly alarm?: ChosenThreshold;
}
