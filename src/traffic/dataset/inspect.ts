/** What is in a dataset, without holding its packets: captures, link types, durations, classes, splits, and every problem with its place. */
import { statSync } from 'node:fs';
import { ProblemError } from '../../problem.ts';
import { openCapture } from '../capture/open.ts';
import { type PacketColumns, type PacketCounts, TEST, TRAIN, VALIDATION } from '../columns.ts';
import { decodeInto, newDecodeCounts, newDecodedColumns } from '../decode/decode.ts';
import { type FlowColumns, newFlowTable } from '../decode/flows.ts';
import { assignSplits } from './assign.ts';
import { type CaptureFile, listCaptures } from './captures.ts';
import type { Labelled } from './label-flows.ts';
import { findSources, labelSources, type Sources, splitListOf } from './load.ts';
import { flowJsonFiles, loadFlowJson } from './load-json.ts';
import type { DatasetSpec } from './spec.ts';

/** One capture. */
export interface CaptureReport {
  readonly name: string;
  readonly format: string;
  readonly fileBytes: number;
  readonly packets: number;
  readonly linkTypes: readonly (readonly [string, number])[];
  /** Seconds between the first and the last packet. */
  readonly duration: number;
  readonly counts: PacketCounts;
}

/** One class. */
export interface ClassReport {
  readonly name: string;
  readonly flows: number;
  readonly packets: number;
  readonly bytes: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Something wrong, and where. */
export interface ProblemReport {
  readonly file: string;
  /** 0-based packet and byte offset, when it is inside a capture. */
  readonly packet?: number;
  readonly byteOffset?: number;
  readonly reason: string;
}

/** The whole. */
export interface DatasetReport {
  readonly captures: readonly CaptureReport[];
  readonly classes: readonly ClassReport[];
  readonly flows: number;
  readonly packets: number;
  readonly bytes: number;
  readonly linkTypes: readonly (readonly [string, number])[];
  readonly counts: PacketCounts;
  /** Files not opened at all; captures whose reading ended at damage; packets of link types that carry no IP we read. */
  readonly unreadable: { readonly files: number; readonly damaged: number; readonly packets: number };
  readonly problems: readonly ProblemReport[];
  readonly warnings: readonly string[];
}

/** Captures gone through once. */
export interface Scan {
  readonly captures: readonly CaptureFile[];
  readonly reports: readonly CaptureReport[];
  readonly flows: FlowColumns;
  readonly counts: Record<string, number>;
  readonly problems: readonly ProblemReport[];
  /** Files that could not be opened as a capture at all. */
  readonly unreadable: number;
}

/** Stream captures through the decoder; unreadable ones become problems. */
export async function scanCaptures(files: readonly CaptureFile[], spec: DatasetSpec): Promise<Scan> {
  const table = newFlowTable((spec.gap ?? 0) * 1e6);
  const counts: Record<string, number> = {};
  const decodeCounts = newDecodeCounts();
  const problems: ProblemReport[] = [];
  const captures: CaptureFile[] = [];
  const reports: CaptureReport[] = [];
  let unreadable = 0;
  for (const [i, file] of files.entries()) {
    spec.progress?.('reading captures', i, files.length);
    try {
      const { report, problem } = await scanOne(file, captures.length, table, decodeCounts, spec.continuous === true);
      captures.push(file);
      reports.push(report);
      if (problem !== undefined) problems.push(problem);
      for (const [name, value] of Object.entries(report.counts)) counts[name] = (counts[name] ?? 0) + value;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      unreadable++;
      problems.push({ file: file.name, byteOffset: 0, reason: error.problem.message });
    }
  }
  return { unreadable, captures, reports, flows: table.flows, counts: { ...counts, ...decodeCounts }, problems };
}

async function scanOne(
  file: CaptureFile,
  number: number,
  table: ReturnType<typeof newFlowTable>,
  counts: ReturnType<typeof newDecodeCounts>,
  continuous: boolean,
): Promise<{ report: CaptureReport; problem: ProblemReport | undefined }> {
  const capture = await openCapture(file.path, { capture: number, reuse: 'next' });
  let columns = newDecodedColumns(0);
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for await (const batch of capture) {
    if (columns.flow.length < batch.count) columns = newDecodedColumns(batch.count);
    decodeInto(batch, table, columns, counts, continuous);
    for (let i = 0; i < batch.count; i++) {
      const time = batch.seconds[i]! + batch.nanos[i]! / 1e9;
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
  }
  const { format, fileBytes, packets, linkTypes, counts: own, damage } = capture.info();
  const duration = packets === 0 ? 0 : last - first;
  const report = { name: file.name, format, fileBytes, packets, linkTypes, duration, counts: own };
  const problem = damage && {
    file: file.name,
    packet: damage.packet,
    byteOffset: damage.byteOffset,
    reason: damage.reason,
  };
  return { report, problem };
}

function classReports(flows: FlowColumns, labelled: Labelled, split: Uint8Array): ClassReport[] {
  const reports = labelled.classes.map((name) => ({
    name,
    flows: 0,
    packets: 0,
    bytes: 0,
    train: 0,
    validation: 0,
    test: 0,
  }));
  labelled.flowLabel.forEach((label, flow) => {
    if (label < 0) return;
    const report = reports[label]!;
    report.flows++;
    report.packets += flows.packets[flow]!;
    report.bytes += flows.bytes[flow]!;
    if (split[flow] === TRAIN) report.train++;
    else if (split[flow] === VALIDATION) report.validation++;
    else if (split[flow] === TEST) report.test++;
  });
  return reports;
}

/** Class folders and label files where there are any; else the bare captures. */
function sourcesOrBare(spec: DatasetSpec): Sources {
  try {
    return findSources(spec);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code !== 'TRAFFIC-UNLABELLED') throw error;
    const paths = spec.captures ?? spec.path ?? [];
    return {
      captures: listCaptures(typeof paths === 'string' ? [paths] : paths),
      folders: undefined,
      labels: undefined,
    };
  }
}

/**
 * Look a dataset over. Captures that cannot be read, damage, and labels or splits that do not work out are reported, not thrown.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-NO-CAPTURES
 */
export async function inspectDataset(spec: DatasetSpec): Promise<DatasetReport> {
  const json = spec.path === undefined ? undefined : flowJsonFiles(spec.path);
  if (json !== undefined) return inspectFlowJson(json, spec);
  const sources = sourcesOrBare(spec);
  const scan = await scanCaptures(sources.captures, spec);
  const problems = [...scan.problems];
  const warnings: string[] = [];
  let classes: ClassReport[] = [];
  const counts: Record<string, number> = { ...scan.counts };
  if (sources.folders === undefined && sources.labels === undefined)
    warnings.push('no labels: flows are counted, classes are not');
  else {
    try {
      const list = splitListOf(spec);
      const labelled = labelSources(scan.flows, { ...sources, captures: scan.captures }, spec, list);
      Object.assign(counts, labelled.counts);
      warnings.push(...labelled.warnings);
      classes = classReports(scan.flows, labelled, new Uint8Array(scan.flows.count).fill(255));
      const splits = assignSplits(scan.flows, labelled, scan.captures, spec, list);
      warnings.push(...splits.warnings);
      classes = classReports(scan.flows, labelled, splits.flowSplit);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { message, where } = error.problem;
      problems.push({ file: where ?? spec.labels ?? spec.path ?? 'labels', reason: message });
    }
  }
  return summary(scan, classes, counts, problems, warnings);
}

/** Packets of one capture, and the seconds between its first and its last. */
function extent({ count, capture, seconds, nanos }: PacketColumns, own: number): { count: number; duration: number } {
  let [packets, first, last] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i++) {
    if (capture[i] !== own) continue;
    const time = seconds[i]! + nanos[i]! / 1e9;
    packets++;
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return { count: packets, duration: packets === 0 ? 0 : last - first };
}

/** Flow JSON is checked whole when it is read: what is wrong in it is the one problem reported. */
function inspectFlowJson(files: readonly { path: string; split: number }[], spec: DatasetSpec): DatasetReport {
  const empty = { captures: [], reports: [], flows: newFlowTable().flows, counts: {}, problems: [], unreadable: 0 };
  try {
    const { flows, flowLabel, flowSplit, classes, counts, packets, captures, warnings } = loadFlowJson(files, spec);
    const reports = captures.map((name, file): CaptureReport => {
      const { count, duration } = extent(packets, file);
      const fileBytes = statSync(files[file]!.path).size;
      return { name, format: 'flow JSON', fileBytes, packets: count, linkTypes: [], duration, counts: {} };
    });
    const labelled: Labelled = { classes, flowLabel, counts: {}, warnings };
    return summary({ ...empty, reports, flows }, classReports(flows, labelled, flowSplit), counts, [], warnings);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { message, where } = error.problem;
    return summary(empty, [], {}, [{ file: where ?? files[0]!.path, reason: message }], []);
  }
}

function summary(
  scan: Scan,
  classes: readonly ClassReport[],
  counts: PacketCounts,
  problems: readonly ProblemReport[],
  warnings: readonly string[],
): DatasetReport {
  const linkTypes = new Map<string, number>();
  for (const report of scan.reports)
    for (const [name, count] of report.linkTypes) linkTypes.set(name, (linkTypes.get(name) ?? 0) + count);
  let bytes = 0;
  for (let flow = 0; flow < scan.flows.count; flow++) bytes += scan.flows.bytes[flow]!;
  return {
    captures: scan.reports,
    classes,
    flows: scan.flows.count,
    packets: scan.reports.reduce((sum, report) => sum + report.packets, 0),
    bytes,
    linkTypes: [...linkTypes].sort((a, b) => b[1] - a[1]),
    counts,
    unreadable: {
      files: scan.unreadable,
      damaged: scan.problems.length - scan.unreadable,
      packets: counts.skippedLinkType ?? 0,
    },
    problems,
    warnings,
  };
}
