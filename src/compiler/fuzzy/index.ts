/** Fuzzy matching: clustering trees per group, leaf values, refit and fine-tuning (COMPILER.md "Fuzzy matching"). */
export { type FineTuneOptions, type FineTuneResult, fineTune, type LabelledRows } from './finetune.ts';
export { type Calibration, type FuzzyInput, type FuzzyOptions, type FuzzyResult, fuzzyNetwork } from './fuzzy.ts';
export { type GrownTree, type GrowOptions, grownLeaves, growTree } from './grow.ts';
export { type RefitTable, refitSum } from './refit.ts';
