/** Loading a labelled dataset: captures read, flows found, labels joined, splits dealt; everything left out is counted. */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fail, ProblemError } from '../../problem.ts';
import { type CaptureInfo, openCapture } from '../capture/open.ts';
import { gather, gathered, newGathering } from '../capture/read.ts';
import { type Dataset, NO_SPLIT, type PacketColumns } from '../columns.ts';
import { decodeInto, newDecodeCounts, newDecodedColumns } from '../decode/decode.ts';
import { type FlowColumns, newFlowTable } from '../decode/flows.ts';
import { type Assigned, assignSplits } from './assign.ts';
import { type CaptureFile, classFolders, isFolder, listCaptures } from './captures.ts';
import { type Labelled, labelByFile, labelByFolder } from './label-flows.ts';
import { flowJsonFiles, loadFlowJson } from './load-json.ts';
import type { DatasetSpec } from './spec.ts';
import { readSplitList, type SplitList } from './split-list.ts';

/** A dataset with what the loader knows beyond the contract. */
export interface LoadedDataset extends Dataset {
  readonly flows: FlowColumns;
  readonly infos: readonly CaptureInfo[];
}

/** Captures and where their labels come from. */
export interface Sources {
  readonly captures: readonly CaptureFile[];
  readonly folders: ReadonlyMap<string, readonly CaptureFile[]> | undefined;
  readonly labels: string | undefined;
}

/**
 * Load a dataset.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-NO-CAPTURES, TRAFFIC-UNLABELLED, TRAFFIC-CLASS-EMPTY, TRAFFIC-LABELS-UNMATCHED, TRAFFIC-SPLIT, and
 * those of openCapture and readLabels
 */
export async function loadDataset(spec: DatasetSpec): Promise<LoadedDataset> {
  const json = spec.path === undefined ? undefined : flowJsonFiles(spec.path);
  if (json !== undefined) return loadFlowJson(json, spec);
  const sources = findSources(spec);
  const list = splitListOf(spec);
  const read = await readAll(sources.captures, spec);
  const decodedAll = decodeAll(read.packets, spec);
  const labelled = labelSources(decodedAll.flows, { ...sources, captures: read.captures }, spec, list);
  const splits = assignSplits(decodedAll.flows, labelled, read.captures, spec, list);
  return assemble(spec, read, decodedAll, labelled, splits);
}

/** The split list that a dataset names, read. @throws ProblemError TRAFFIC-SPLIT, TRAFFIC-JSON */
export function splitListOf(spec: DatasetSpec): SplitList | undefined {
  if (spec.split?.by !== 'list') return undefined;
  if (spec.split.file === undefined) {
    fail({ code: 'TRAFFIC-SPLIT', message: 'a split by list needs its file', need: 'split.file' });
  }
  return readSplitList(spec.split.file);
}

/** Decide between class folders and a label file. */
export function findSources(spec: DatasetSpec): Sources {
  if (spec.captures !== undefined) {
    const paths = typeof spec.captures === 'string' ? [spec.captures] : spec.captures;
    const captures = listCaptures(paths);
    if (spec.labels === undefined) refuseUnlabelled(captures[0]!.path);
    return { captures, folders: undefined, labels: spec.labels };
  }
  if (spec.path === undefined) fail({ code: 'TRAFFIC-SPEC', message: 'the dataset names neither a path nor captures' });
  if (!isFolder(spec.path)) {
    if (spec.labels === undefined) refuseUnlabelled(spec.path);
    return { captures: listCaptures([spec.path]), folders: undefined, labels: spec.labels };
  }
  const labels = spec.labels ?? (existsSync(join(spec.path, 'labels.csv')) ? join(spec.path, 'labels.csv') : undefined);
  if (labels !== undefined) {
    const inner = join(spec.path, 'pcap');
    return { captures: listCaptures([existsSync(inner) ? inner : spec.path]), folders: undefined, labels };
  }
  return fromClassFolders(spec.path);
}

function refuseUnlabelled(where: string): never {
  fail({
    code: 'TRAFFIC-UNLABELLED',
    message: 'a capture without labels',
    where,
    hint: 'put captures into one folder per class, or give a labels file (5-tuple or file → class)',
  });
}

function fromClassFolders(path: string): Sources {
  const { classes, empty, loose } = classFolders(path);
  if (loose.length > 0) refuseUnlabelled(loose[0]!.path);
  if (empty.length > 0) {
    fail({ code: 'TRAFFIC-CLASS-EMPTY', message: `class "${empty[0]}" has no captures`, where: join(path, empty[0]!) });
  }
  if (classes.size === 0) {
    fail({
      code: 'TRAFFIC-NO-CAPTURES',
      message: 'no class folders with captures here',
      where: path,
      hint: 'one sub-folder of captures per class, or captures beside labels.csv; flow JSON and feature rows are named by their file',
    });
  }
  return { captures: [...classes.values()].flat(), folders: classes, labels: undefined };
}

interface ReadAll {
  readonly packets: PacketColumns;
  readonly captures: readonly CaptureFile[];
  readonly infos: readonly CaptureInfo[];
  readonly skipped: readonly string[];
}

/** Room for all captures at once, so that nothing is copied while it grows; what is not used is never touched. */
function totalBytes(files: readonly CaptureFile[]): number {
  const sum = files.reduce((bytes, file) => bytes + (statSync(file.path, { throwIfNoEntry: false })?.size ?? 0), 0);
  return Math.min(sum, 0xf000_0000);
}

/** Read every capture; one that cannot be opened fails the whole, or is left out and named. */
async function readAll(files: readonly CaptureFile[], spec: DatasetSpec): Promise<ReadAll> {
  const gathering = newGathering(totalBytes(files));
  const captures: CaptureFile[] = [];
  const infos: CaptureInfo[] = [];
  const skipped: string[] = [];
  for (const [i, file] of files.entries()) {
    spec.progress?.('reading captures', i, files.length);
    try {
      const capture = await openCapture(file.path, { capture: captures.length, reuse: 'next' });
      for await (const batch of capture) gather(gathering, batch, file.path, spec.snapLength ?? 0);
      infos.push(capture.info());
      captures.push(file);
    } catch (error) {
      if (!(error instanceof ProblemError) || spec.unreadable !== 'skip' || error.problem.code === 'TRAFFIC-TOO-LARGE')
        throw error;
      skipped.push(`${file.name}: ${error.problem.message}`);
    }
  }
  spec.progress?.('reading captures', files.length, files.length);
  if (captures.length === 0)
    fail({ code: 'TRAFFIC-NO-CAPTURES', message: `none of the captures is readable; ${skipped[0]}` });
  return { packets: gathered(gathering), captures, infos, skipped };
}

interface DecodedAll {
  readonly decoded: Dataset['decoded'];
  readonly flows: FlowColumns;
  readonly counts: Record<string, number>;
}

function decodeAll(packets: PacketColumns, spec: DatasetSpec): DecodedAll {
  const table = newFlowTable((spec.gap ?? 0) * 1e6);
  const decoded = newDecodedColumns(packets.count);
  const counts = newDecodeCounts();
  decodeInto(packets, table, decoded, counts, spec.continuous === true);
  return { decoded, flows: table.flows, counts: { ...counts } };
}

/** Label flows from whichever the sources have: class folders or a label file. @throws ProblemError as loadDataset */
export function labelSources(
  flows: FlowColumns,
  sources: Sources,
  spec: DatasetSpec,
  list: SplitList | undefined,
): Labelled {
  const minPackets = spec.minPackets ?? list?.minPackets ?? 1;
  // A list's classes are those of its own label column.
  const sameColumn = spec.labelColumn === undefined || spec.labelColumn === list?.labelColumn;
  const classes = spec.classes ?? (sameColumn ? list?.classes : undefined);
  if (sources.folders !== undefined) {
    return labelByFolder(flows, sources.captures, sources.folders, classes, minPackets);
  }
  const options = {
    labelColumn: spec.labelColumn ?? list?.labelColumn,
    splitColumn: spec.split?.by === 'column' ? (spec.split.column ?? 'split') : undefined,
    classes,
    minPackets,
  };
  return labelByFile(flows, sources.captures, sources.labels!, options);
}

/** The name given, else that of the folder or label file. */
export function datasetName(spec: DatasetSpec): string {
  return spec.name ?? basename(spec.path ?? spec.labels ?? 'dataset');
}

function assemble(
  spec: DatasetSpec,
  read: ReadAll,
  all: DecodedAll,
  labelled: Labelled,
  splits: Assigned,
): LoadedDataset {
  const counts: Record<string, number> = { ...all.counts, flows: all.flows.count, ...labelled.counts };
  for (const info of read.infos) {
    for (const [name, value] of Object.entries(info.counts)) counts[name] = (counts[name] ?? 0) + value;
  }
  counts.capturesUnreadable = read.skipped.length;
  const warnings = [...labelled.warnings, ...splits.warnings];
  for (const line of read.skipped.slice(0, 5)) warnings.push(`capture left out: ${line}`);
  if (read.skipped.length > 5) warnings.push(`${read.skipped.length - 5} more captures left out`);
  return {
    name: datasetName(spec),
    classes: labelled.classes,
    captures: read.captures.map((file) => file.name),
    packets: read.packets,
    decoded: all.decoded,
    flowLabel: labelled.flowLabel,
    flowSplit: splits.flowSplit.map((split, flow) => (labelled.flowLabel[flow]! < 0 ? NO_SPLIT : split)),
    counts,
    damage: read.infos.flatMap((info) => (info.damage === undefined ? [] : [info.damage])),
    warnings,
    flows: all.flows,
    infos: read.infos,
  };
}
