/** engine: the fast path — program → execution plan → column kernels in batches, worker pool, sharding by flow slot. */
export { explainPlan } from './explain.ts';
export type { Kernels } from './kernels.ts';
export { type Plan, planProgram } from './plan.ts';
export { type Engine, type EngineOptions, openEngine, runEngine } from './run.ts';
export { streamEngine, type TakeResults } from './stream.ts';
