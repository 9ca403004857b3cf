/**
 * compiler: float model or table model → Partition/Map/SumReduce → tables → a program placed on a chip. Front half: primitives,
 * fusion. Back half: fuzzy matching, fixed point, ternary covers, lowering, table models.
 */
export {
  type CompiledModel,
  type CompileInput,
  compileModel,
  rowsOfSplit,
} from './compile.ts';
export { type FusionOptions, mapModel, type PassReport } from './fusion/index.ts';
export type { Lane, LayoutReport, Phase, TableNetwork, TableReport } from './lower/index.ts';
export { evaluateMapped, type Mapped, type MappedResult, type StrategyStep } from './mapped.ts';
export { buildGraph, evaluateGraph, type MapGraph } from './primitives/index.ts';
export { type StateModel, type StateOptions, splitState } from './state/index.ts';
export type { StrategyOptions } from './strategy.ts';
export {
  compileInjected,
  evaluateTableModel,
  injectedRows,
  readTableModel,
  type TableModel,
  tableModelPath,
  type VerifyOptions,
  type VerifyResult,
  type VerifyRun,
  type VerifyRunner,
  verifyTableModel,
} from './tablemodel/index.ts';
