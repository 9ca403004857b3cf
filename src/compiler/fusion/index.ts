/** Primitive fusion (Pegasus §4.3-4.4): passes over the Partition/Map/SumReduce graph that save lookups, additions and tables. */
export { absoluteSums } from './absolute.ts';
export { type AdditiveOptions, fuseAdditive } from './additive.ts';
export { composeMaps } from './compose-maps.ts';
export { costOf, type GraphCost } from './cost.ts';
export { type JoinOptions, joinIndices } from './join-indices.ts';
export { type GroupSpec, type MergeSpec, mergePartitions } from './merge-partitions.ts';
export { indexPackets } from './packet-index.ts';
export { type FusionOptions, type MappedModel, mapModel, type PassReport, passesFor, runPasses } from './passes.ts';
export { reorderLinear } from './reorder-linear.ts';
