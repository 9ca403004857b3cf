/** replay: one run — dataset × program × float model → verdicts side by side, metrics, coverage, agreement. */
export { type FloatRows, type FloatVerdicts, floatVerdicts } from './float.ts';
export { confusionOf, median, metricsOf, score } from './metrics.ts';
export { engineState, type Replay, type ReplayOptions, type ReplayState, replay, replayedDataset } from './replay.ts';
export type * from './result.ts';
export { limitFlows, mergedDataset, type Selection, type SplitName, selectPackets } from './select.ts';
export { majority } from './side.ts';
