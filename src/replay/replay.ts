/** One run: dataset × program × float model → verdicts side by side and what they are worth. */

import { openEngine } from '../engine/index.ts';
import type { IdealOptions } from '../features/index.ts';
import type { FloatReference, ModelSpec } from '../model/index.ts';
import { fail, type Progress } from '../problem.ts';
import type { Placement, Program, RunColumns, StateMode } from '../program/index.ts';
import type { Dataset } from '../traffic/index.ts';
import { type FloatVerdicts, floatVerdicts } from './float.ts';
import type { OutcomeCounts, ReplayResult, ReplayTiming, ReplayVerdicts, Side } from './result.ts';
import { type SwitchVerdicts, scoredPackets, scoredRows, switchVerdicts } from './scored.ts';
import { backwardSteps, limitFlows, mergedDataset, type Selection, type SplitName, selectPackets } from './select.ts';
import { type Scored, sideOf } from './side.ts';
import { slotCounts } from './slots.ts';

export interface ReplayOptions {
  readonly dataset: Dataset;
  readonly program: Program;
  readonly placement: Placement;
  /** Features and window of the model: which packets are scored, and what the float model reads. */
  readonly spec: Pick<ModelSpec, 'features' | 'window' | 'verdict' | 'threshold' | 'trainedOn'>;
  /** The float model; without it only the switch is scored. */
  readonly reference?: FloatReference;
  /** Of the ideal features (unit, clamps, first ipd). */
  readonly ideal?: IdealOptions;
  /** Default `test`. */
  readonly split?: SplitName;
  /** Default `perCapture`. `interleave` merges the split's flows into one trace at `packetsPerSecond`. */
  readonly state?: ReplayState;
  readonly packetsPerSecond?: number;
  /** Replay at most so many of the split's flows, drawn evenly. Default: all. */
  readonly flows?: number;
  /** 0 or absent: one per core. */
  readonly workers?: number;
  readonly progress?: Progress;
}

/** What registers hold between captures, or one merged trace. */
export type ReplayState = StateMode | 'interleave';

export interface Replay {
  /** What was replayed: the dataset given, or its flows merged or limited. `verdicts.packet` counts its packets. */
  readonly dataset: Dataset;
  readonly result: ReplayResult;
  readonly timing: ReplayTiming;
  readonly verdicts: ReplayVerdicts;
}

/**
 * Replays a split through the engine and scores it beside the float model.
 * @throws RUN-SPLIT-EMPTY, RUN-CLASSES (program and dataset disagree), RUN-RATE, and those of the engine and the features
 */
export async function replay(given: ReplayOptions): Promise<Replay> {
  const split = given.split ?? 'test';
  const options: ReplayOptions = { ...given, dataset: replayedDataset(given, split) };
  const { dataset, program, reference } = options;
  checkClasses(dataset, program);
  const started = performance.now();
  const selection = selectPackets(dataset, split);
  const engine = await runSwitch(options, selection);
  const features = await timed(async () => scoredRows(options, split));
  const rows = features.value;
  const scored = scoredPackets(dataset, rows);
  const ours = switchVerdicts(dataset, program, selection, engine.columns, scored);
  const float = reference
    ? await timed(() => floatVerdicts(reference, options.spec, rows, options.progress))
    : undefined;
  const verdicts: ReplayVerdicts = {
    count: scored.count,
    packet: scored.packet,
    flow: scored.flow,
    label: scored.label,
    switch: ours.verdict,
    float: float?.value.verdict ?? null,
    ...(ours.scores
      ? { scores: { switch: ours.scores, float: float ? everyNth(float.value.outputs, float.value.width) : null } }
      : {}),
  };
  // A merged trace holds the split alone: what was left out is counted against the dataset given.
  const left = given.dataset.packets.count - selection.packet.length;
  const own = { ...selection, otherSplits: left };
  const result = resultOf(options, split, own, engine.columns, scored, ours, float?.value);
  const seconds = (performance.now() - started) / 1e3;
  const named = engine.setupSeconds + engine.seconds + features.seconds + (float?.seconds ?? 0);
  return {
    dataset,
    result,
    timing: {
      engineSetupSeconds: engine.setupSeconds,
      engineSeconds: engine.seconds,
      packetsPerSecond: selection.packet.length / Math.max(engine.seconds, 1e-9),
      workers: options.workers ?? 0,
      floatSeconds: float?.seconds ?? 0,
      floatRowsPerSecond: float ? rows.count / Math.max(float.seconds, 1e-9) : 0,
      featureSeconds: features.seconds,
      scoreSeconds: Math.max(0, seconds - named),
    },
    verdicts,
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1e3 };
}

/** The flows asked for, merged when they are to share the registers as on one link. */
export function replayedDataset(options: ReplayChoice & { readonly dataset: Dataset }, split: SplitName): Dataset {
  const { packetsPerSecond, state } = options;
  const dataset = limitFlows(options.dataset, split, options.flows);
  if ((state === 'interleave') !== (packetsPerSecond !== undefined)) {
    fail({
      code: 'RUN-RATE',
      message: state === 'interleave' ? 'interleaving needs a rate' : 'only interleaved flows have a rate',
      hint: 'state interleave goes with packetsPerSecond (`--rate`)',
    });
  }
  return packetsPerSecond === undefined ? dataset : mergedDataset(dataset, split, packetsPerSecond);
}

type ReplayChoice = Pick<ReplayOptions, 'state' | 'packetsPerSecond' | 'flows'>;

function checkClasses(dataset: Dataset, program: Program): void {
  const { verdict } = program;
  if (verdict.kind !== 'argmax' || verdict.classes.length === dataset.classes.length) return;
  fail({
    code: 'RUN-CLASSES',
    message: 'the program and the dataset have different numbers of classes',
    where: dataset.name,
    need: verdict.classes.join(', '),
    have: dataset.classes.join(', '),
  });
}

interface SwitchRun {
  readonly columns: RunColumns;
  /** Planning, laying out tables and starting workers; and the packets themselves. */
  readonly setupSeconds: number;
  readonly seconds: number;
}

async function runSwitch(options: ReplayOptions, selection: Selection): Promise<SwitchRun> {
  const { program, placement, state, workers, progress } = options;
  const { flow } = program;
  const { packets } = selection;
  const engine = await timed(async () =>
    openEngine(program, placement, packets.count, undefined, {
      observe: flow ? [...new Set([flow.status, flow.slot, flow.owner])] : [],
      ...(state ? { state: engineState(state) } : {}),
      ...(workers ? { workers } : {}),
      ...(progress ? { progress } : {}),
    }),
  );
  try {
    const run = await timed(() => engine.value.feed({ kind: 'packets', packets }));
    return { columns: run.value, setupSeconds: engine.seconds, seconds: run.seconds };
  } finally {
    await engine.value.close();
  }
}

/** A merged trace is one capture to the registers. */
export function engineState(state: ReplayState): StateMode {
  return state === 'interleave' ? 'continuous' : state;
}

function outcomeCounts(run: RunColumns): OutcomeCounts {
  const counts = [0, 0, 0, 0, 0];
  for (const outcome of run.outcome) counts[outcome]++;
  const [verdict, noVerdict, unparsed, truncated, short] = counts;
  return { packets: run.count, verdict, noVerdict, unparsed, truncated, short };
}

/** Scores need two classes to name: normal and anomaly. */
function classNames(dataset: Dataset, program: Program): readonly string[] {
  return program.verdict.kind === 'score' && dataset.classes.length !== 2 ? ['normal', 'anomaly'] : dataset.classes;
}

function resultOf(
  options: ReplayOptions,
  split: SplitName,
  selection: Selection,
  run: RunColumns,
  scoredAll: Scored,
  ours: SwitchVerdicts,
  float: FloatVerdicts | undefined,
): ReplayResult {
  const { dataset, program, reference } = options;
  const classes = classNames(dataset, program);
  const isScore = program.verdict.kind === 'score';
  const scored = isScore ? { ...scoredAll, label: scoredAll.label.map((label) => (label > 0 ? 1 : 0)) } : scoredAll;
  const flow = Int32Array.from(selection.packet, (i) => dataset.decoded.flow[i]);
  const theirs: Side | undefined =
    float &&
    sideOf(
      scored,
      { verdict: float.verdict, ...(isScore ? { scores: everyNth(float.outputs, float.width) } : {}) },
      classes,
    );
  const equal = float ? ours.verdict.reduce((sum, verdict, i) => sum + (verdict === float.verdict[i] ? 1 : 0), 0) : 0;
  return {
    schema: 'pegasim/replay',
    version: 1,
    program: program.name,
    dataset: dataset.name,
    split,
    state: options.state ?? 'perCapture',
    ...(options.packetsPerSecond === undefined ? {} : { packetsPerSecond: options.packetsPerSecond }),
    classes,
    captures: selection.captures,
    outcomes: outcomeCounts(run),
    otherSplits: selection.otherSplits,
    unlabelled: flow.reduce((sum, id) => sum + (id < 0 || dataset.flowLabel[id] < 0 ? 1 : 0), 0),
    scored: scored.count,
    flows: new Set(scored.flow).size,
    switch: sideOf(scored, ours, classes),
    float:
      theirs && reference
        ? {
            ...theirs,
            runtime: `${reference.package} ${reference.version}`,
            features: options.spec.features,
            trainedOn: options.spec.trainedOn ?? null,
          }
        : null,
    agreement: float ? { equal, fraction: scored.count === 0 ? 0 : equal / scored.count } : null,
    slots: program.flow ? slotCounts(program.flow, run, flow) : null,
    backwardTimestamps: backwardSteps(selection.packets),
    partial: dataset.damage.length > 0,
    damage: dataset.damage.map(({ file, packet, byteOffset, reason }) => ({ file, packet, byteOffset, reason })),
    counts: dataset.counts,
    warnings: dataset.warnings,
  };
}

function everyNth(values: Float32Array, width: number): Float32Array {
  return width === 1 ? values : Float32Array.from({ length: values.length / width }, (_, i) => values[i * width]);
}
