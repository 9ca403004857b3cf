/** Lowering: table networks (Partition / Map / SumReduce as integer tables) to dataplane tables, accumulators and a verdict. */

export { assembleProgram, frontInputs } from './assemble.ts';
export { type Bounds, inputRanges, networkBounds, type Range, reachableLeaves } from './bounds.ts';
export type { LayoutOption, LayoutReport, PlacedLayout, ValueChoice } from './choice.ts';
export type { Phase, TableReport } from './context.ts';
export { argmaxRows, evaluateNetwork, type NetworkResult, treeLeaves } from './evaluate.ts';
export { splitGress } from './gress.ts';
export { joinIndices, joinMaps } from './join.ts';
export { type Lane, type LanePlan, planLanes } from './lanes.ts';
export type { Estimate, LanesChoice, Layout, ValueLayout } from './layouts.ts';
export { type InputField, type Lowered, type LowerOptions, lowerNetwork } from './lower.ts';
export {
  type ExactMap,
  heapTree,
  leafOf,
  type NetFeature,
  type NetMap,
  type NetValue,
  type TableNetwork,
  type Tree,
  type TreeMap,
  tableRows,
} from './network.ts';
export { type Compiled, searchLayout } from './search.ts';
export { coverTrees, type GridSource } from './treetable.ts';
