/** study: several runs — the artefact graph train → calibrate → compile → fit → replay with caching by content; scenarios, expectations. */
export * from './cache.ts';
export * from './chips.ts';
export * from './compile.ts';
export * from './curves.ts';
export * from './emit.ts';
export * from './expectations.ts';
export * from './explain.ts';
export { figuresOf } from './figures.ts';
export * from './inputs.ts';
export * from './rerun.ts';
export * from './result.ts';
export * from './run.ts';
export * from './scenario.ts';
export { SCENARIO_SCHEMA } from './schema.ts';
export * from './tasks.ts';
export { limitTrainRows, modelShape, trainStep } from './train.ts';
export * from './waterfall.ts';
