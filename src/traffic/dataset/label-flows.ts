/** Class per flow: from the folder of its capture, or from a label file. */
import { fail } from '../../problem.ts';
import type { FlowColumns } from '../decode/flows.ts';
import type { CaptureFile } from './captures.ts';
import { type Joined, joinLabels } from './join.ts';
import { type LabelFile, readLabels } from './labels.ts';

/** Labels, and what did not fit. */
export interface Labelled {
  readonly classes: readonly string[];
  /** Class per flow; -1 without. */
  readonly flowLabel: Int16Array;
  readonly counts: Record<string, number>;
  readonly warnings: readonly string[];
  /** With a label file: the file and the row of each flow. */
  readonly file?: LabelFile;
  readonly rowOf?: Int32Array;
}

/** @throws ProblemError TRAFFIC-CLASS-EMPTY */
function refuseEmptyClass(name: string, where: string): never {
  fail({ code: 'TRAFFIC-CLASS-EMPTY', message: `class "${name}" has no packets`, where });
}

function countLabelled(flowLabel: Int16Array, classCount: number): Uint32Array {
  const flows = new Uint32Array(classCount);
  for (const label of flowLabel) if (label >= 0) flows[label]!++;
  return flows;
}

/** Every flow of a capture has the class of the folder it lies in. */
export function labelByFolder(
  flows: FlowColumns,
  captures: readonly CaptureFile[],
  folders: ReadonlyMap<string, readonly CaptureFile[]>,
  wanted: readonly string[] | undefined,
  minPackets: number,
): Labelled {
  const classes = wanted ?? [...folders.keys()].sort();
  const classOfPath = new Map<string, number>();
  for (const [name, files] of folders) for (const file of files) classOfPath.set(file.path, classes.indexOf(name));
  const classOfCapture = captures.map((capture) => classOfPath.get(capture.path) ?? -1);
  const flowLabel = new Int16Array(flows.count);
  let short = 0;
  for (let flow = 0; flow < flows.count; flow++) {
    const tooShort = flows.packets[flow]! < minPackets;
    if (tooShort) short++;
    flowLabel[flow] = tooShort ? -1 : classOfCapture[flows.capture[flow]!]!;
  }
  countLabelled(flowLabel, classes.length).forEach((count, c) => {
    if (count === 0) refuseEmptyClass(classes[c]!, folders.get(classes[c]!)?.[0]?.path ?? 'classes');
  });
  const unlabelled = flowLabel.reduce((sum, label) => sum + (label < 0 ? 1 : 0), 0);
  return { classes, flowLabel, counts: { flowsUnlabelled: unlabelled, flowsTooShort: short }, warnings: [] };
}

/** What to take from the label file. */
export interface LabelOptions {
  readonly labelColumn: string | undefined;
  readonly splitColumn: string | undefined;
  readonly classes: readonly string[] | undefined;
  readonly minPackets: number;
}

/**
 * Labels from a file.
 * @throws ProblemError TRAFFIC-LABELS-UNMATCHED when no row matches any flow; TRAFFIC-CLASS-EMPTY for a wanted class without flows; those of readLabels
 */
export function labelByFile(
  flows: FlowColumns,
  captures: readonly CaptureFile[],
  path: string,
  options: LabelOptions,
): Labelled {
  const file = readLabels(path, options.labelColumn, options.splitColumn);
  const joined = joinLabels(flows, captures, file);
  if (joined.matchedRows === 0) {
    const first = file.rows[0];
    fail({
      code: 'TRAFFIC-LABELS-UNMATCHED',
      message: `none of the ${file.rows.length} labels matches a flow`,
      where: first === undefined ? path : `${path}:${first.line}`,
      hint: 'file names are relative to the captures folder; addresses, ports and protocol are those of the outermost IP header',
    });
  }
  const { classes, flowLabel, short } = classesOf(flows, joined, file, options);
  const counts = {
    flowsUnlabelled: flowLabel.reduce((sum, label) => sum + (label < 0 ? 1 : 0), 0),
    flowsTooShort: short,
    labelRows: file.rows.length,
    labelRowsUnmatched: joined.unmatchedRows,
    labelConflicts: joined.conflicts,
    capturesUnlabelled: joined.unlabelledCaptures.length,
  };
  return { classes, flowLabel, counts, warnings: warningsOf(joined, file), file, rowOf: joined.rowOf };
}

function classesOf(
  flows: FlowColumns,
  joined: Joined,
  file: LabelFile,
  options: LabelOptions,
): { classes: readonly string[]; flowLabel: Int16Array; short: number } {
  const used = new Set<string>();
  let short = 0;
  const nameOf = (flow: number): string => {
    const row = joined.rowOf[flow]!;
    return row < 0 ? '' : file.rows[row]!.className;
  };
  for (let flow = 0; flow < flows.count; flow++) {
    const name = nameOf(flow);
    if (name === '') continue;
    if (flows.packets[flow]! < options.minPackets) short++;
    else used.add(name);
  }
  const classes = options.classes ?? [...used].sort();
  for (const name of options.classes ?? []) if (!used.has(name)) refuseEmptyClass(name, file.path);
  const numberOf = new Map(classes.map((name, c) => [name, c]));
  const flowLabel = new Int16Array(flows.count).fill(-1);
  for (let flow = 0; flow < flows.count; flow++) {
    if (flows.packets[flow]! >= options.minPackets) flowLabel[flow] = numberOf.get(nameOf(flow)) ?? -1;
  }
  return { classes, flowLabel, short };
}

function warningsOf(joined: Joined, file: LabelFile): string[] {
  const warnings: string[] = [];
  if (joined.firstUnmatched !== undefined) {
    warnings.push(
      `${joined.unmatchedRows} of ${file.rows.length} labels match no flow (the first: ${file.path}:${joined.firstUnmatched.line})`,
    );
  }
  const bare = joined.unlabelledCaptures;
  if (bare.length > 0) warnings.push(`${bare.length} captures have no labelled flow (the first: ${bare[0]})`);
  if (joined.conflicts > 0)
    warnings.push(`${joined.conflicts} flows have labels of different classes: the first was taken`);
  return warnings;
}
