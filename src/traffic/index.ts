/** The traffic room: captures into packet columns, a light decoder for flows and labels, datasets and splits, and the synthetic trace generator. */
export { type Capture, type CaptureInfo, type CaptureOptions, openCapture } from './capture/open.ts';
export { type ReadOptions, type ReadResult, readCaptures } from './capture/read.ts';
export type { Reuse } from './capture/spare.ts';
export { openPcapWriter, type PcapWriter, type WriteOptions, writePcap } from './capture/write.ts';
export type * from './columns.ts';
export { NO_SPLIT, TEST, TRAIN, VALIDATION } from './columns.ts';
export { splitDataset, type Written, writeClassFolders, writeRows } from './dataset/convert.ts';
export { datasetFlows, type JsonFlow, readFlowJson, writeFlowJson } from './dataset/flow-json.ts';
export {
  type CaptureReport,
  type ClassReport,
  type DatasetReport,
  inspectDataset,
  type ProblemReport,
} from './dataset/inspect.ts';
export { type FeatureRange, inspectRows, type RowClassReport, type RowsReport } from './dataset/inspect-rows.ts';
export { type InterleaveOptions, interleave } from './dataset/interleave.ts';
export { type LoadedDataset, loadDataset } from './dataset/load.ts';
export { loadRows, PUBLISHED_COLUMNS, type RowsSpec } from './dataset/rows.ts';
export type { DatasetSpec, SplitSpec } from './dataset/spec.ts';
export { type DatasetBatch, type DatasetStream, openDataset } from './dataset/stream.ts';
export { type DecodeCounts, decodeInto, newDecodeCounts, newDecodedColumns } from './decode/decode.ts';
export { keyText } from './decode/flow-key.ts';
export { type FlowColumns, type FlowTable, newFlowTable } from './decode/flows.ts';
export { mixSeed, newRandom, type Random } from './random.ts';
export { type GeneratedCapture, type GenerateOptions, generateTraces } from './traces/generate.ts';
export { traceDataset } from './traces/memory.ts';
export { type ApplicationSpec, parseTraceSpec, type TraceSpec } from './traces/spec.ts';
