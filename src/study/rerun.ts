/** A scenario's outcome: the result that the same content gave before, or a new run; compared with its baseline. */

import { existsSync } from 'node:fs';
import { type BaselineRun, baselineRun, readBaseline } from './baseline.ts';
import { cached, contentKey } from './cache.ts';
import {
  type BaselineChanges,
  baselineOf,
  changesOf,
  explainFlips,
  keepProgram,
  keptProgram,
  noChanges,
} from './changes.ts';
import { programDigest, treeDigest } from './digests.ts';
import { checkExpectations } from './expectations.ts';
import type { ScenarioResult, ScenarioTiming } from './result.ts';
import { dataKey, programKey, runScenario, type ScenarioRun, type StudyContext } from './run.ts';
import type { Scenario } from './scenario.ts';

/** A scenario's outcome, made now or found. */
export interface Outcome {
  readonly result: ScenarioResult;
  /** Of the run that made the result. */
  readonly timing: ScenarioTiming;
  /** True when nothing was run. */
  readonly kept: boolean;
  /** What a baseline holds of this run. */
  readonly baseline: BaselineRun;
}

/** What is kept of a run: all that does not depend on expectations, names and baselines. */
type Kept = Pick<Outcome, 'result' | 'timing' | 'baseline'>;

/** Files that decide a scenario's result, as the scenario names them. */
function inputsOf({ dataset, model, target }: Scenario): string[] {
  const { path, labels, generate, split } = dataset;
  const chip = /\.(ya?ml|json)$/.test(target) ? target : undefined;
  const named = [path, labels, generate, split.file, model.onnx, model.tables, chip];
  return [...named.filter((name) => name !== undefined), ...sidecarsOf(model.onnx)];
}

/** Files beside a model that say what it reads, where there are any. */
function sidecarsOf(onnx: string | undefined): string[] {
  if (onnx === undefined) return [];
  return [`${onnx}.yaml`, onnx.replace(/\.onnx$/, '.yaml')].filter((path) => path !== onnx && existsSync(path));
}

/**
 * Key of a scenario's result: the options that decide it and the content of all inputs. Workers, names and expectations do not.
 * Undefined while an input is missing (captures yet to be generated).
 */
export function resultKey(scenario: Scenario): string | undefined {
  const inputs = inputsOf(scenario);
  if (!inputs.every((path) => existsSync(path))) return undefined;
  const { workers: _workers, acceptDamage: _accept, ...replay } = scenario.replay;
  const { dataset, model, compile, target, flow } = scenario;
  const study = scenario.origin?.study ?? scenario.name;
  const options = { dataset, model, compile, target, flow, replay };
  return contentKey('result', programDigest(), study, options, inputs.map(treeDigest));
}

/** Runs a scenario at most once, however many ask. */
function runner(scenario: Scenario, context: StudyContext): () => Promise<ScenarioRun> {
  let run: Promise<ScenarioRun> | undefined;
  return () => {
    run ??= runScenario(scenario, context);
    return run;
  };
}

function keptOf(run: ScenarioRun): Kept {
  const { result, timing } = run;
  const keys = { data: dataKey(run.scenario), program: programKey(run.compiled) };
  return { result, timing, baseline: baselineOf(run, keys) };
}

async function recall(
  scenario: Scenario,
  { cache }: StudyContext,
  run: () => Promise<ScenarioRun>,
): Promise<Kept & { kept: boolean }> {
  const known = cache.folder === undefined ? undefined : resultKey(scenario);
  let kept = true;
  const make = async (): Promise<Kept> => {
    kept = false;
    return keptOf(await run());
  };
  const found = known === undefined ? await make() : await cached(cache, 'result', known, make);
  if (known === undefined && cache.folder !== undefined) {
    const key = resultKey(scenario);
    if (key !== undefined) await cached(cache, 'result', key, async () => found);
  }
  return { ...found, kept };
}

/** @param mode `update`: this run becomes the baseline, and nothing is compared */
async function baselineChanges(
  scenario: Scenario,
  context: StudyContext,
  now: BaselineRun,
  mode: 'compare' | 'update',
  run: () => Promise<ScenarioRun>,
): Promise<BaselineChanges | undefined> {
  const { origin } = scenario;
  if (origin === undefined) return undefined;
  const { cache, progress } = context;
  if (mode === 'update') {
    const path = keptProgram(cache, now.program);
    if (path !== undefined && !existsSync(path)) keepProgram(cache, await run(), now.program);
    return noChanges(origin.file, 'written');
  }
  const before = baselineRun(readBaseline(origin.file, origin.study), scenario.name, origin.smoke);
  if (before === undefined) return undefined;
  const changes = changesOf(origin.file, before, now);
  if (changes.flipped === 0) return changes;
  const old = keptProgram(cache, before.program);
  const reachable = old !== undefined && existsSync(old);
  const key = contentKey('changes', resultKey(scenario), before, now, reachable);
  const options = { cache, key: now.program, ...(progress === undefined ? {} : { progress }) };
  return cached(cache, 'changes', key, async () => explainFlips(changes, await run(), before, options));
}

/**
 * Run a scenario, or give the result that the same scenario on the same inputs gave before; compare it with its baseline.
 * @throws ProblemError of any step; STUDY-BASELINE*
 */
export async function runOrRecall(
  scenario: Scenario,
  context: StudyContext,
  mode: 'compare' | 'update' = 'compare',
): Promise<Outcome> {
  const { origin } = scenario;
  // A damaged baseline is told before minutes are spent.
  if (origin !== undefined && mode === 'compare') readBaseline(origin.file, origin.study);
  const run = runner(scenario, context);
  const found = await recall(scenario, context, run);
  const changes = await baselineChanges(scenario, context, named(found.baseline, scenario), mode, run);
  return { ...found, baseline: named(found.baseline, scenario), result: finished(scenario, found.result, changes) };
}

function named(run: BaselineRun, { name, origin }: Scenario): BaselineRun {
  return { ...run, name, smoke: origin?.smoke ?? false };
}

/** The kept result under this scenario's name, against its expectations and baseline. */
function finished(scenario: Scenario, kept: ScenarioResult, changes: BaselineChanges | undefined): ScenarioResult {
  const { origin } = scenario;
  const verdictsEqual = changes?.status === 'equal' || changes?.status === 'written';
  const figures = changes === undefined ? kept.figures : { ...kept.figures, verdictsEqual };
  const expectations = checkExpectations(scenario.expect, { verdictsEqual, ...figures }, scenario.name);
  const asked = expectations.some(({ text }) => text.startsWith('verdictsEqual'));
  const missing = asked && origin !== undefined ? noChanges(origin.file, 'missing') : undefined;
  const baseline = changes ?? missing;
  return {
    ...kept,
    name: scenario.name,
    about: scenario.about ?? null,
    ...(origin === undefined || origin.point.length === 0
      ? {}
      : { matrix: { study: origin.study, point: origin.point } }),
    ...(baseline === undefined ? {} : { baseline }),
    figures,
    expectations,
    pass: expectations.every(({ pass }) => pass),
  };
}
