/** Datasets into other forms: a labels.csv with a split column, captures in class folders, flow JSON, feature-row CSV. */
import { join } from 'node:path';
import { writeFile } from '../../files.ts';
import { openPcapWriter, type PcapWriter } from '../capture/write.ts';
import { type Dataset, type FeatureRows, NO_SPLIT } from '../columns.ts';
import { keyFields } from '../decode/flow-key.ts';
import { assignSplits } from './assign.ts';
import { writeFlowJson } from './flow-json.ts';
import { scanCaptures } from './inspect.ts';
import { findSources, labelSources, loadDataset, splitListOf } from './load.ts';
import { flowJsonFiles } from './load-json.ts';
import type { DatasetSpec } from './spec.ts';

const SPLIT_NAMES: Readonly<Record<number, string>> = { 0: 'train', 1: 'validation', 2: 'test', [NO_SPLIT]: '' };

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What was written. */
export interface Written {
  readonly path: string;
  /** Rows, flows or packets, as the form has them. */
  readonly count: number;
}

/** Deal a flow JSON's flows and write it again, each flow with its split. @throws ProblemError as loadDataset; FILE-WRITE */
async function splitFlowJson(spec: DatasetSpec, out: string): Promise<Written> {
  return { path: out, count: writeFlowJson(out, await loadDataset(spec)) };
}

/**
 * Deal a dataset's flows and write them as labels.csv (file, 5-tuple, class, packets, bytes, split), which loads again with `split: {by: 'column'}`.
 * Captures are streamed, not held. Flow JSON becomes flow JSON whose flows have a "split".
 * @throws ProblemError as loadDataset; FILE-WRITE
 */
export async function splitDataset(spec: DatasetSpec, out: string): Promise<Written> {
  if (spec.path !== undefined && flowJsonFiles(spec.path) !== undefined) return splitFlowJson(spec, out);
  const sources = findSources(spec);
  const scan = await scanCaptures(sources.captures, spec);
  const list = splitListOf(spec);
  const labelled = labelSources(scan.flows, { ...sources, captures: scan.captures }, spec, list);
  const { flowSplit } = assignSplits(scan.flows, labelled, scan.captures, spec, list);
  const lines = ['file,proto_num,src_ip,src_port,dst_ip,dst_port,class,packets,bytes,split'];
  const { flows } = scan;
  for (let flow = 0; flow < flows.count; flow++) {
    const label = labelled.flowLabel[flow]!;
    if (label < 0) continue;
    const file = csvField(scan.captures[flows.capture[flow]!]!.name);
    const { protocol, low, lowPort, high, highPort } = keyFields(flows.words, flow);
    const name = csvField(labelled.classes[label]!);
    const split = SPLIT_NAMES[flowSplit[flow]!]!;
    lines.push(
      [file, protocol, low, lowPort, high, highPort, name, flows.packets[flow], flows.bytes[flow], split].join(','),
    );
  }
  writeFile(out, `${lines.join('\n')}\n`);
  return { path: out, count: lines.length - 1 };
}

/** Write feature rows as CSV: one column per feature (windows: `name[0]`, oldest first), then class and split. @throws ProblemError FILE-WRITE */
export function writeRows(out: string, rows: FeatureRows): Written {
  const width = rows.values.length / Math.max(1, rows.count);
  const repeats = Math.max(1, Math.round(width / rows.features.length));
  const names = Array.from({ length: repeats }, (_, slot) =>
    rows.features.map((name) => (repeats === 1 ? name : `${name}[${slot}]`)),
  ).flat();
  const lines = [[...names, 'class', 'split'].map(csvField).join(',')];
  for (let r = 0; r < rows.count; r++) {
    const label = rows.label[r]!;
    const values = rows.values.subarray(r * width, (r + 1) * width);
    lines.push(`${values.join(',')},${label < 0 ? '' : csvField(rows.classes[label]!)},${SPLIT_NAMES[rows.split[r]!]}`);
  }
  writeFile(out, `${lines.join('\n')}\n`);
  return { path: out, count: rows.count };
}

/** File name of the capture that holds a class's packets of one source capture. */
function pieceName(dataset: Dataset, label: number, capture: number): string {
  const source = dataset.captures[capture]!.replace(/\.(json|pcapng|pcap|cap)(\.gz)?$/i, '').replace(/[^\w.-]+/g, '-');
  const name = dataset.classes[label]!.replace(/[^\w.-]+/g, '-');
  return `${name}/${source}.pcap`;
}

/** Packet rows capture by capture, in their order: a counting sort. */
function rowsByCapture(dataset: Dataset): { first: Uint32Array; order: Uint32Array } {
  const { count, capture } = dataset.packets;
  const first = new Uint32Array(dataset.captures.length + 1);
  for (let i = 0; i < count; i++) first[capture[i]! + 1]!++;
  for (let c = 0; c < dataset.captures.length; c++) first[c + 1]! += first[c]!;
  const next = first.slice();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[next[capture[i]!]!++] = i;
  return { first, order };
}

/** Write the labelled packets of one capture, a file per class. */
function writePieces(
  folder: string,
  dataset: Dataset,
  capture: number,
  rows: Uint32Array,
  nanosecond: boolean,
): number {
  const { packets, decoded } = dataset;
  const writers = new Map<number, PcapWriter>();
  let count = 0;
  try {
    for (const i of rows) {
      const label = decoded.flow[i]! < 0 ? -1 : dataset.flowLabel[decoded.flow[i]!]!;
      if (label < 0) continue;
      let writer = writers.get(label);
      if (writer === undefined) {
        writer = openPcapWriter(join(folder, pieceName(dataset, label, capture)), { nanosecond });
        writers.set(label, writer);
      }
      const { seconds, nanos, origLen, bytes, offset, capLen } = packets;
      writer.write(seconds[i]!, nanos[i]!, origLen[i]!, bytes, offset[i]!, capLen[i]!);
      count++;
    }
    for (const writer of writers.values()) writer.finish();
  } catch (error) {
    for (const writer of writers.values()) writer.abandon();
    throw error;
  }
  return count;
}

/**
 * Write a dataset's labelled packets as captures, one folder per class, one file per class and source capture.
 * @throws ProblemError TRAFFIC-WRITE
 */
export function writeClassFolders(folder: string, dataset: Dataset): Written {
  const { first, order } = rowsByCapture(dataset);
  const nanosecond = dataset.packets.nanos.some((nanos) => nanos % 1000 !== 0);
  let count = 0;
  for (let c = 0; c < dataset.captures.length; c++) {
    count += writePieces(folder, dataset, c, order.subarray(first[c]!, first[c + 1]!), nanosecond);
  }
  return { path: folder, count };
}
