/** Primitive fusion (Pegasus §4.3): passes over the Partition/Map/SumReduce graph that save lookups, additions and tables. */
export { type MergeSpec, mergePartitions } from './merge-partitions.ts';
