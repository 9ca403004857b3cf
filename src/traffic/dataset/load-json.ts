/** Flow JSON as a dataset: one file dealt by flow (or by each flow's own "split"), or train.json, validation.json and test.json in a folder. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fail } from '../../problem.ts';
import { gather, gathered, newGathering } from '../capture/read.ts';
import { NO_SPLIT, TEST, TRAIN, VALIDATION } from '../columns.ts';
import { decodeInto, newDecodeCounts, newDecodedColumns } from '../decode/decode.ts';
import { newFlowTable } from '../decode/flows.ts';
import { isFolder } from './captures.ts';
import { flowJsonPackets, type JsonFlow, readFlowJson } from './flow-json.ts';
import { splitOfName } from './labels.ts';
import type { LoadedDataset } from './load.ts';
import type { DatasetSpec } from './spec.ts';
import { checkSplit, dealItems } from './split.ts';

const PARTS: readonly (readonly [name: string, split: number])[] = [
  ['train.json', TRAIN],
  ['validation.json', VALIDATION],
  ['valid.json', VALIDATION],
  ['val.json', VALIDATION],
  ['test.json', TEST],
];

/** The flow JSON files a path names, with the split each stands for (NO_SPLIT: not by file); undefined when it is no flow JSON. */
export function flowJsonFiles(path: string): { path: string; split: number }[] | undefined {
  if (/\.json$/i.test(path)) return [{ path, split: NO_SPLIT }];
  if (!existsSync(join(path, 'train.json')) || !isFolder(path)) return undefined;
  return PARTS.filter(([name]) => existsSync(join(path, name))).map(([name, split]) => ({
    path: join(path, name),
    split,
  }));
}

interface Gathered {
  readonly flows: JsonFlow[];
  /** Per flow: from its file or its own "split"; undefined = to be dealt. */
  readonly given: (number | undefined)[];
  readonly dropped: number;
}

function readFlows(
  files: readonly { path: string; split: number }[],
  spec: DatasetSpec,
  add: (flows: JsonFlow[], file: number) => void,
): Gathered {
  const all: Gathered = { flows: [], given: [], dropped: 0 };
  let dropped = 0;
  files.forEach((file, f) => {
    const read = readFlowJson(file.path);
    const kept = read.filter((flow) => flow.len_seq.length >= Math.max(1, spec.minPackets ?? 1));
    dropped += read.length - kept.length;
    for (const flow of kept) {
      const own = (flow as { split?: string }).split;
      all.flows.push(flow);
      all.given.push(
        file.split !== NO_SPLIT ? file.split : own === undefined ? undefined : splitOfName(own, file.path),
      );
    }
    add(kept, f);
  });
  return { ...all, dropped };
}

function nameClasses(
  flows: readonly JsonFlow[],
  wanted: readonly string[] | undefined,
  where: string,
): { classes: readonly string[]; label: Int16Array } {
  const names = [...new Set(flows.map((flow) => String(flow.label)))];
  const numeric = names.every((name) => /^\d+$/.test(name));
  const classes = wanted ?? (numeric ? names.sort((a, b) => Number(a) - Number(b)) : names.sort());
  for (const name of classes) {
    if (!names.includes(name)) fail({ code: 'TRAFFIC-CLASS-EMPTY', message: `class "${name}" has no flows`, where });
  }
  const numberOf = new Map(classes.map((name, c) => [name, c]));
  return { classes, label: Int16Array.from(flows, (flow) => numberOf.get(String(flow.label)) ?? -1) };
}

/** Load flow JSON. @throws ProblemError TRAFFIC-JSON, TRAFFIC-FLOW-JSON, TRAFFIC-EMPTY, TRAFFIC-CLASS-EMPTY, TRAFFIC-SPLIT */
export function loadFlowJson(files: readonly { path: string; split: number }[], spec: DatasetSpec): LoadedDataset {
  const gathering = newGathering(1 << 20);
  let number = 0;
  const read = readFlows(files, spec, (flows, f) => {
    gather(
      gathering,
      flowJsonPackets(flows, f, number, spec.lengths === undefined ? {} : { lengths: spec.lengths }),
      files[f]!.path,
    );
    number += flows.length;
  });
  const where = files[0]!.path;
  if (read.flows.length === 0) fail({ code: 'TRAFFIC-EMPTY', message: 'no flows in this file', where });
  const packets = gathered(gathering);
  const table = newFlowTable();
  const decoded = newDecodedColumns(packets.count);
  const counts = newDecodeCounts();
  decodeInto(packets, table, decoded, counts, true);
  const { classes, label } = nameClasses(read.flows, spec.classes, where);
  const dealt = dealItems(label, classes.length, spec.split?.seed ?? 1, spec.split?.fractions);
  const flowSplit = Uint8Array.from(label, (c, flow) => (c < 0 ? NO_SPLIT : (read.given[flow] ?? dealt[flow]!)));
  checkSplit(label, flowSplit, classes, 'flow');
  return {
    name: spec.name ?? basename(spec.path ?? where),
    classes,
    captures: files.map((file) => basename(file.path)),
    packets,
    decoded,
    flowLabel: label,
    flowSplit,
    counts: { ...counts, flows: table.flows.count, packets: packets.count, flowsTooShort: read.dropped },
    damage: [],
    warnings: [],
    flows: table.flows,
    infos: [],
  };
}
