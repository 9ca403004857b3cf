/**
 * Datasets larger than memory: a first pass over the captures finds flows, labels and splits; the packets then come in batches, decoded, with the
 * same flow numbers. Memory is that of the flow table and of the batches under way.
 */
import { fail } from '../../problem.ts';
import { openCapture } from '../capture/open.ts';
import { type Damage, type Dataset, type DecodedColumns, NO_SPLIT, type PacketColumns } from '../columns.ts';
import { decodeInto, newDecodeCounts, newDecodedColumns } from '../decode/decode.ts';
import { type FlowColumns, newFlowTable } from '../decode/flows.ts';
import { assignSplits } from './assign.ts';
import type { CaptureFile } from './captures.ts';
import { scanCaptures } from './inspect.ts';
import { datasetName, findSources, labelSources, splitListOf } from './load.ts';
import type { DatasetSpec } from './spec.ts';

/** A batch of a dataset. Call `release` when done with it: its memory serves again. */
export interface DatasetBatch {
  readonly packets: PacketColumns;
  /** Rows beyond packets.count are stale. */
  readonly decoded: DecodedColumns;
  release(): void;
}

/** A dataset without its packets in memory, and the way to them. */
export interface DatasetStream extends Omit<Dataset, 'packets' | 'decoded'> {
  readonly flows: FlowColumns;
  /** Packets of all captures. */
  readonly packetCount: number;
  /** All packets in capture order; may be called again for another pass. */
  batches(): AsyncIterable<DatasetBatch>;
}

/**
 * Open a dataset of captures for streaming. Classes, labels and splits are those that loadDataset gives for the same spec.
 * @throws ProblemError as loadDataset
 */
export async function openDataset(spec: DatasetSpec): Promise<DatasetStream> {
  const sources = findSources(spec);
  const list = splitListOf(spec);
  const scan = await scanCaptures(sources.captures, spec);
  const refused = scan.problems.find((problem) => problem.byteOffset === undefined);
  if (refused !== undefined && spec.unreadable !== 'skip') {
    fail({ code: 'TRAFFIC-UNREADABLE', message: refused.reason, where: refused.file });
  }
  const labelled = labelSources(scan.flows, { ...sources, captures: scan.captures }, spec, list);
  const splits = assignSplits(scan.flows, labelled, scan.captures, spec, list);
  const damage: Damage[] = scan.problems.flatMap(({ file, packet, byteOffset, reason }) =>
    packet === undefined || byteOffset === undefined ? [] : [{ file, packet, byteOffset, reason }],
  );
  return {
    name: datasetName(spec),
    classes: labelled.classes,
    captures: scan.captures.map((file) => file.name),
    flowLabel: labelled.flowLabel,
    flowSplit: splits.flowSplit.map((split, flow) => (labelled.flowLabel[flow]! < 0 ? NO_SPLIT : split)),
    counts: { ...scan.counts, ...labelled.counts, flows: scan.flows.count },
    damage,
    warnings: [...labelled.warnings, ...splits.warnings],
    flows: scan.flows,
    packetCount: scan.reports.reduce((sum, report) => sum + report.packets, 0),
    batches: () => streamBatches(scan.captures, spec),
  };
}

async function* streamBatches(
  files: readonly CaptureFile[],
  spec: DatasetSpec,
): AsyncGenerator<DatasetBatch, void, undefined> {
  const table = newFlowTable((spec.gap ?? 0) * 1e6);
  const counts = newDecodeCounts();
  const spare: DecodedColumns[] = [];
  for (const [number, file] of files.entries()) {
    spec.progress?.('streaming captures', number, files.length);
    const capture = await openCapture(file.path, { capture: number, reuse: 'release' });
    for await (const packets of capture) {
      const at = spare.findIndex((columns) => columns.flow.length >= packets.count);
      const decoded = at < 0 ? newDecodedColumns(packets.count) : spare.splice(at, 1)[0]!;
      decodeInto(packets, table, decoded, counts, spec.continuous === true);
      yield {
        packets,
        decoded,
        release() {
          spare.push(decoded);
          capture.release(packets);
        },
      };
    }
  }
}
