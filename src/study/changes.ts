/** What a run changed against its baseline: figures, flipped verdicts, and why they flipped. */

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../files.ts';
import type { Progress } from '../problem.ts';
import { readPgs, writePgs } from '../program/index.ts';
import { replayedDataset } from '../replay/index.ts';
import { type BaselineRun, baselinePath } from './baseline.ts';
import type { Cache } from './cache.ts';
import { causeOf, type FlipCause, type PacketPlace, traceAt, tracesOf, type WalkedSide } from './causes.ts';
import type { FigureChange } from './compare.ts';
import { verdictName } from './explain.ts';
import { type Flip, flipsOf, type Incomparable } from './flips.ts';
import { rowsByCapture } from './record.ts';
import type { ScenarioRun } from './run.ts';

/** A flipped packet as results show it. */
export interface FlippedPacket {
  readonly capture: string;
  /** Number of the packet in its capture, from 0. */
  readonly packet: number;
  /** True class. */
  readonly label: string;
  readonly before: string | null;
  readonly after: string | null;
  /** null: not walked, or the old program is gone. */
  readonly cause: FlipCause | null;
}

/** Flips with the same cause. */
export interface CauseGroup {
  readonly kind: FlipCause['kind'];
  readonly stage: number | null;
  readonly what: string;
  /** Of the walked flips. */
  readonly packets: number;
  /** Of the first of them. */
  readonly before: string;
  readonly after: string;
  readonly via: FlipCause['via'];
}

export interface BaselineChanges {
  /** The baseline's file name. */
  readonly file: string;
  /** `missing`: no baseline holds this run; `equal`: every verdict is the recorded one; `changed`; `written`: by this run. */
  readonly status: 'missing' | 'equal' | 'changed' | 'written';
  readonly compared: number;
  readonly flipped: number;
  /** Flips from a wrong verdict to the right one, and the other way. */
  readonly gained: number;
  readonly lost: number;
  readonly incomparable: readonly Incomparable[];
  readonly figures: readonly FigureChange[];
  /** F1 by class that is not what it was. */
  readonly classes: readonly {
    readonly class: string;
    readonly before: number | null;
    readonly after: number | null;
  }[];
  /** Differences outside the verdicts: `data`, `program`, `replay`, `chip`. */
  readonly differs: readonly string[];
  /** Flips by where the walks part, most packets first. */
  readonly causes: readonly CauseGroup[];
  /** Flips walked for their cause, evenly chosen. */
  readonly walked: number;
  /** Why no flip was walked; null when they were, or none flipped. */
  readonly unexplained: string | null;
  /** The first flips, those walked before the others. */
  readonly flips: readonly FlippedPacket[];
}

/** Flips walked, and flips listed in a result. */
const WALKED = 200;
const LISTED = 500;

/** A run in the form that baselines keep. */
export function baselineOf(run: ScenarioRun, keys: { data: string; program: string }): BaselineRun {
  const { scenario, result, replay } = run;
  const { split, state, packetsPerSecond, flows } = scenario.replay;
  return {
    name: scenario.name,
    smoke: scenario.origin?.smoke ?? false,
    ...keys,
    chip: result.fit.chip,
    replay: {
      split,
      state,
      ...(packetsPerSecond === undefined ? {} : { packetsPerSecond }),
      ...(flows === undefined ? {} : { flows }),
    },
    figures: result.figures,
    classes: result.replay.switch.packets.perClass.map((one) => ({ class: one.class, f1: one.f1 })),
    verdicts: replay.record,
  };
}

const NOTHING = {
  compared: 0,
  flipped: 0,
  gained: 0,
  lost: 0,
  incomparable: [],
  figures: [],
  classes: [],
  differs: [],
  causes: [],
  walked: 0,
  unexplained: null,
  flips: [],
} as const;

/** Of a run whose baseline is missing, or was just written. */
export function noChanges(scenarioFile: string, status: 'missing' | 'written'): BaselineChanges {
  return { file: basename(baselinePath(scenarioFile)), status, ...NOTHING };
}

/** Differences that need no look at a packet. `flips` and causes are added by `explainFlips`. */
export function changesOf(scenarioFile: string, before: BaselineRun, after: BaselineRun): BaselineChanges {
  const { compared, flips, incomparable } = flipsOf(before.verdicts, after.verdicts);
  const names = [...new Set([...Object.keys(before.figures), ...Object.keys(after.figures)])];
  const figures = names
    .map((figure) => ({ figure, before: before.figures[figure] ?? null, after: after.figures[figure] ?? null }))
    .filter((one) => one.before !== one.after);
  const f1 = (run: BaselineRun, name: string): number | null =>
    run.classes.find((one) => one.class === name)?.f1 ?? null;
  const classes = [...new Set([...before.classes, ...after.classes].map((one) => one.class))]
    .map((name) => ({ class: name, before: f1(before, name), after: f1(after, name) }))
    .filter((one) => one.before !== one.after);
  const parts = ['data', 'program', 'replay', 'chip'] as const;
  return {
    ...noChanges(scenarioFile, 'missing'),
    status: flips.length + incomparable.length === 0 ? 'equal' : 'changed',
    compared,
    flipped: flips.length,
    incomparable,
    figures,
    classes,
    differs: parts.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(after[part])),
  };
}

/** File of a baseline's program in the cache. */
export function keptProgram(cache: Cache, key: string): string | undefined {
  return cache.folder === undefined ? undefined : join(cache.folder, 'baseline', `${key}.pgs`);
}

/** Keep the program of a baseline, so that a later run can say where it parts from it. */
export function keepProgram(cache: Cache, run: ScenarioRun, key: string): void {
  const path = keptProgram(cache, key);
  if (path === undefined || existsSync(path)) return;
  const { program, placement } = run.compiled;
  makeFolder(dirname(path));
  writePgs(path, { program, placement, meta: {}, inputs: key });
}

function oldSide(cache: Cache, run: ScenarioRun, before: BaselineRun, key: string): WalkedSide | string {
  if (before.program === key) return { ...run.compiled, replay: before.replay };
  const path = keptProgram(cache, before.program);
  if (path === undefined || !existsSync(path))
    return `the baseline's program ${before.program.slice(0, 12)} is no longer in the cache: only what flipped can be told, not why`;
  const { program, placement } = readPgs(path);
  if (placement === undefined) return 'the kept program of the baseline is not placed';
  return { program, placement, replay: before.replay };
}

/** A flip with its packet. */
interface Placed extends PacketPlace {
  readonly flip: Flip;
  readonly label: number;
}

function placed(run: ScenarioRun, flips: readonly Flip[]): Placed[] {
  const { scenario, dataset, replay } = run;
  const replayed = replayedDataset({ dataset, ...scenario.replay }, scenario.replay.split);
  const rows = rowsByCapture(replayed, replay.verdicts);
  const numbers = new Map(replayed.captures.map((name, i) => [name, i]));
  return flips.map((flip) => {
    const capture = numbers.get(flip.capture) ?? 0;
    const row = rows.get(capture)?.[flip.place] ?? 0;
    const packetNumber = replayed.packets.packetNumber[replay.verdicts.packet[row]];
    return { flip, capture, packetNumber, label: replay.verdicts.label[row] };
  });
}

/** At most `limit` items, evenly over all. */
function evenly<T>(items: readonly T[], limit: number): T[] {
  return items.filter(
    (_, i) =>
      Math.floor(((i + 1) * limit) / items.length) > Math.floor((i * limit) / items.length) || items.length <= limit,
  );
}

/**
 * The flips themselves, with true classes and causes.
 * @param key of the run's own program
 */
export async function explainFlips(
  changes: BaselineChanges,
  run: ScenarioRun,
  before: BaselineRun,
  options: { cache: Cache; key: string; progress?: Progress },
): Promise<BaselineChanges> {
  const { flips } = flipsOf(before.verdicts, run.replay.record);
  const all = placed(run, flips);
  const { classes } = run.result.replay;
  const isScore = run.compiled.program.verdict.kind === 'score';
  const labelOf = ({ label }: Placed): string => classes[isScore ? Math.min(label, 1) : label] ?? String(label);
  const gained = all.filter((one) => one.flip.after === labelOf(one)).length;
  const lost = all.filter((one) => one.flip.before === labelOf(one)).length;
  const old = oldSide(options.cache, run, before, options.key);
  const chosen = typeof old === 'string' ? [] : evenly(all, WALKED);
  const causes = typeof old === 'string' ? [] : await causesOf(run, old, chosen, options.progress);
  const why = new Map(chosen.map((one, i) => [one, causes[i] ?? null]));
  const listed = [...chosen, ...all.filter((one) => !why.has(one))].slice(0, LISTED);
  return {
    ...changes,
    gained,
    lost,
    causes: grouped(causes.filter((one) => one !== null)),
    walked: chosen.length,
    unexplained: typeof old === 'string' && all.length > 0 ? old : null,
    flips: listed.map((one) => ({
      capture: one.flip.capture,
      packet: one.packetNumber,
      label: labelOf(one),
      before: one.flip.before,
      after: one.flip.after,
      cause: why.get(one) ?? null,
    })),
  };
}

async function causesOf(
  run: ScenarioRun,
  old: WalkedSide,
  chosen: readonly Placed[],
  progress: Progress | undefined,
): Promise<(FlipCause | null)[]> {
  const { scenario, dataset, compiled, result } = run;
  const now = await tracesOf({ ...compiled, replay: scenario.replay }, dataset, chosen, progress);
  const then = await tracesOf(old, dataset, chosen, progress);
  return chosen.map((one) => {
    const [before, after] = [traceAt(then, one), traceAt(now, one)];
    if (before === undefined || after === undefined) return null;
    const isScore = old.program.verdict.kind === 'score';
    const name = isScore ? result.replay.classes[before.verdict] : verdictName(old.program, before.verdict);
    const recorded = { verdict: one.flip.before, given: before.verdict < 0 ? null : (name ?? null) };
    return causeOf({ program: old.program, trace: before }, { program: compiled.program, trace: after }, recorded);
  });
}

function grouped(causes: readonly FlipCause[]): CauseGroup[] {
  const groups = new Map<string, CauseGroup>();
  for (const { kind, stage, what, before, after, via } of causes) {
    const key = JSON.stringify([kind, stage, what, via?.table]);
    const group = groups.get(key);
    groups.set(
      key,
      group === undefined
        ? { kind, stage, what, packets: 1, before, after, via }
        : { ...group, packets: group.packets + 1 },
    );
  }
  return [...groups.values()].sort((a, b) => b.packets - a.packets);
}
