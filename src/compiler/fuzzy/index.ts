/** Fuzzy matching: clustering trees per group, leaf values, refit and fine-tuning (COMPILER.md "Fuzzy matching"). */

export { mostEntries } from './entries.ts';
export { type FineTuneOptions, type FineTuneResult, type FloatModel, fineTune } from './finetune.ts';
export { type FuzzyResult, fuzzyNetwork } from './fuzzy.ts';
export { type GrownTree, type GrowOptions, grownLeaves, growTree } from './grow.ts';
export type { Calibration, FuzzyInput, FuzzyOptions } from './options.ts';
export { refitSum } from './refit.ts';
export type { LabelledRows } from './rows.ts';
export { type SnapResult, snapThresholds } from './snap.ts';
export { type SoftmaxOptions, softmaxRefit } from './softmax.ts';
export type { SumTable } from './sum.ts';
