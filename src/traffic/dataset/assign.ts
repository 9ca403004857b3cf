/** Split per flow, by the rule the dataset asks for. */
import { fail } from '../../problem.ts';
import { NO_SPLIT } from '../columns.ts';
import type { FlowColumns } from '../decode/flows.ts';
import type { CaptureFile } from './captures.ts';
import type { Labelled } from './label-flows.ts';
import type { DatasetSpec, SplitSpec } from './spec.ts';
import { checkSplit, dealGroups, dealItems } from './split.ts';
import type { SplitList } from './split-list.ts';

/** Split per flow. */
export interface Assigned {
  readonly flowSplit: Uint8Array;
  readonly warnings: readonly string[];
}

/** @throws ProblemError TRAFFIC-SPLIT when a class has nothing to train on or to test on */
export function assignSplits(
  flows: FlowColumns,
  labelled: Labelled,
  captures: readonly CaptureFile[],
  spec: DatasetSpec,
  list: SplitList | undefined,
): Assigned {
  const split = spec.split ?? { by: defaultRule(flows, labelled, captures) };
  if (list !== undefined) return byList(flows, labelled, captures, list);
  if (split.by === 'column') return byColumn(labelled);
  const seed = split.seed ?? 1;
  const flowSplit =
    split.by === 'flow'
      ? dealItems(labelled.flowLabel, labelled.classes.length, seed, split.fractions)
      : byCapture(flows, labelled, captures.length, seed, split);
  checkSplit(labelled.flowLabel, flowSplit, labelled.classes, split.by);
  return { flowSplit, warnings: [] };
}

/** Captures of a class must not be on both sides of a split when there are enough of them to avoid it. */
function defaultRule(flows: FlowColumns, labelled: Labelled, captures: readonly CaptureFile[]): 'flow' | 'file' {
  const weight = captureWeights(flows, labelled, captures.length);
  const width = labelled.classes.length;
  const enough = labelled.classes.every((_, c) => {
    let count = 0;
    for (let k = 0; k < captures.length; k++) if (weight[k * width + c]! > 0) count++;
    return count >= 3;
  });
  return enough ? 'file' : 'flow';
}

function captureWeights(flows: FlowColumns, labelled: Labelled, captures: number): Float64Array {
  const width = labelled.classes.length;
  const weight = new Float64Array(captures * width);
  labelled.flowLabel.forEach((label, flow) => {
    if (label >= 0) weight[flows.capture[flow]! * width + label]!++;
  });
  return weight;
}

function byCapture(
  flows: FlowColumns,
  labelled: Labelled,
  captures: number,
  seed: number,
  split: SplitSpec,
): Uint8Array {
  const weight = captureWeights(flows, labelled, captures);
  const groups = dealGroups(weight, captures, labelled.classes.length, seed, split.fractions);
  return Uint8Array.from(labelled.flowLabel, (label, flow) => (label < 0 ? NO_SPLIT : groups[flows.capture[flow]!]!));
}

function byColumn(labelled: Labelled): Assigned {
  const { file, rowOf } = labelled;
  if (file === undefined || rowOf === undefined || !file.hasSplit) {
    fail({ code: 'TRAFFIC-SPLIT', message: 'a split by column needs a label file with that column' });
  }
  return { flowSplit: Uint8Array.from(rowOf, (row) => (row < 0 ? NO_SPLIT : file.rows[row]!.split)), warnings: [] };
}

function byList(flows: FlowColumns, labelled: Labelled, captures: readonly CaptureFile[], list: SplitList): Assigned {
  const { byRow } = list;
  if (byRow !== undefined) {
    const { rowOf } = labelled;
    if (rowOf === undefined)
      fail({
        code: 'TRAFFIC-SPLIT',
        message: 'the list goes by label rows, but there is no label file',
        where: list.path,
      });
    return { flowSplit: Uint8Array.from(rowOf, (row) => byRow.get(row) ?? NO_SPLIT), warnings: [] };
  }
  const ofCapture = captures.map((capture) => list.byName.get(capture.name) ?? NO_SPLIT);
  const missing = captures.filter((_, i) => ofCapture[i] === NO_SPLIT);
  const flowSplit = Uint8Array.from(labelled.flowLabel, (_, flow) => ofCapture[flows.capture[flow]!]!);
  const warnings =
    missing.length === 0 ? [] : [`${missing.length} captures are not in ${list.path} (the first: ${missing[0]!.name})`];
  return { flowSplit, warnings };
}
