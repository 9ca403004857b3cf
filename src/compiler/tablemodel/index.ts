/** Table models: already-quantised Partition/Map/SumReduce networks from elsewhere, read, evaluated exactly, and turned into table networks. */

export { type CompileTableOptions, compileInjected } from './compile.ts';
export {
  arrayOf,
  readTableModel,
  type TableArray,
  type TableInput,
  type TableModel,
  type TableStep,
  tableModelPath,
} from './document.ts';
export { evaluateTableModel, type TableModelResult } from './evaluate.ts';
export { tableModelNetwork } from './network.ts';
export {
  compareRun,
  injectedRows,
  type VerifyOptions,
  type VerifyResult,
  type VerifyRun,
  type VerifyRunner,
  verifyTableModel,
} from './verify.ts';
