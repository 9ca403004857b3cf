/** What one scenario yields: plain JSON-able data with a stable schema (docs/results.md). No times, paths or worker counts. */

import type { StrategyStep } from '../compiler/index.ts';
import type { ChosenThreshold } from '../model/index.ts';
import type { ReplayResult, ReplayTiming } from '../replay/index.ts';
import type { FitReport } from '../switch/index.ts';
import type { BaselineChanges } from './changes.ts';
import type { Curves } from './curves.ts';
import type { ExpectationResult, Figures } from './expectations.ts';
import type { CompileChoices, FlowOptions, MatrixPoint } from './scenario.ts';
import type { Waterfall } from './waterfall.ts';

/** The float model of a run. */
export interface ModelSummary {
  readonly source: 'trained' | 'onnx';
  /** A model trained here, or the ONNX file's name. */
  readonly name: string;
  readonly features: readonly string[];
  readonly window: number;
  readonly classes: readonly string[];
  /** Of a training: numbers trained, epochs run, the epoch kept and its validation figure. */
  readonly training?: {
    readonly seed: number;
    readonly rows: number;
    readonly parameters: number;
    readonly epochs: number;
    readonly best: number;
    readonly validation: number;
    /** What the rows were: features as the switch computes them from captures, or those of a file. */
    readonly trainedOn: 'switch' | 'file';
    /** Of anomaly models: the threshold, how it was chosen, and on how many validation rows. */
    readonly alarm?: ChosenThreshold;
  };
}

export interface CompileSummary {
  readonly options: CompileChoices;
  readonly calibrationRows: number;
  readonly tables: number;
  /** Bits per flow as the paper counts them (kept indices and the clock); registers hold more, see `bitsPerFlow`. */
  readonly stateBits: number;
  readonly entries: number;
  /** What each step of the strategy did: share of calibration rows that keep the float model's class, macro-F1 on validation rows. */
  readonly steps: readonly StrategyStep[];
}

export interface ScenarioResult {
  readonly schema: 'pegasim/result';
  readonly version: 1;
  readonly name: string;
  readonly about: string | null;
  readonly model: ModelSummary;
  readonly compile: CompileSummary;
  readonly flow: FlowOptions;
  readonly fit: FitReport;
  readonly replay: ReplayResult;
  /** Float on ideal features → … → the switch, one idealisation replaced at a time. */
  readonly waterfall?: Waterfall;
  /** Accuracy by packet position; ROC of scores. */
  readonly curves?: Curves;
  /** The run's place in its file's matrix. */
  readonly matrix?: { readonly study: string; readonly point: readonly MatrixPoint[] };
  /** Against the committed baseline; absent without one that is asked for or found. */
  readonly baseline?: BaselineChanges;
  readonly figures: Figures;
  readonly expectations: readonly ExpectationResult[];
  readonly pass: boolean;
}

/** Wall-clock seconds of each step; kept apart from the result. */
export interface ScenarioTiming {
  readonly steps: Readonly<Record<string, number>>;
  readonly cached: readonly string[];
  readonly replay: ReplayTiming;
  readonly seconds: number;
}
