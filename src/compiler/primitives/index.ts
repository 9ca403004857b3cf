/** Front half of the compiler: ONNX graph → Partition/Map/SumReduce graph (dependence analysis, cuts, groups) and its float evaluator. */
export { type BuildOptions, buildFromNetwork, buildGraph } from './build.ts';
export type { AnalysisOptions } from './dependence.ts';
export { type ElementView, elementsOf } from './elements.ts';
export { evaluateGraph, evaluateValues, gatherGroup } from './evaluate.ts';
export {
  type ElementRef,
  type GroupFunction,
  type MapGraph,
  type MapNode,
  partsOf,
  type Sharing,
  type Value,
} from './graph.ts';
export { type Network, type ReadOptions, readNetwork } from './onnx/read.ts';
export type { PartitionOptions } from './partition.ts';
