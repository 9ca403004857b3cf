/**
 * pegasim as a library: what the CLI can do, a program can do. Names are listed by hand; nothing else is public.
 */

export {
  type CompiledModel,
  type CompileInput,
  compileModel,
  type Mapped,
  readTableModel,
  type StateModel,
  type StateOptions,
  type StrategyOptions,
  splitState,
  type TableModel,
  type VerifyResult,
  verifyTableModel,
} from './compiler/index.ts';
export { type EmitFile, type EmitOptions, emitProgram, writeEmitted } from './emit/index.ts';
export { type Engine, type EngineOptions, openEngine, runEngine } from './engine/index.ts';
export {
  buildFront,
  type Feature,
  type FrontOptions,
  featureProgram,
  features,
  idealFeatures,
  idealRows,
  idealWindows,
  type PacketRows,
  packetRows,
  type StateCell,
} from './features/index.ts';
export {
  encodeOnnx,
  type FloatReference,
  type ModelDefinition,
  type ModelSpec,
  modelDefinition,
  models,
  type OnnxModel,
  openReference,
  parseOnnx,
  readModelSpec,
  type TrainedModel,
  type TrainOptions,
  trainModel,
  variants,
} from './model/index.ts';
export { type Problem, ProblemError, type Progress, problemText } from './problem.ts';
export {
  type PgsFile,
  type Placement,
  type Program,
  type RunColumns,
  type RunInput,
  readPgs,
  validateProgram,
  writePgs,
} from './program/index.ts';
export { type Replay, type ReplayOptions, type ReplayResult, replay } from './replay/index.ts';
export { fitText, replayText, resultText } from './report/index.ts';
export {
  loadScenarios,
  type ModelSize,
  modelSizes,
  openCache,
  runScenario,
  SCENARIO_SCHEMA,
  type Scenario,
  type ScenarioResult,
  type ScenarioRun,
} from './study/index.ts';
export {
  CHIPS,
  type Chip,
  chipFromText,
  chipNamed,
  type FitReport,
  fitDescription,
  placeProgram,
  readDescription,
  runReference,
} from './switch/index.ts';
export {
  type Dataset,
  type DatasetSpec,
  type FeatureRows,
  generateTraces,
  loadDataset,
  loadRows,
  type PacketColumns,
  parseTraceSpec,
  readCaptures,
} from './traffic/index.ts';
