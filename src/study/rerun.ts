/** Whole results kept by content: a scenario whose options, data, model and program code are unchanged is not run again. */

import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { failFile } from '../files.ts';
import { cached, contentKey } from './cache.ts';
import type { ScenarioResult, ScenarioTiming } from './result.ts';
import { runScenario, type StudyContext } from './run.ts';
import type { Scenario } from './scenario.ts';

/** A scenario's outcome, made now or found. */
export interface Outcome {
  readonly result: ScenarioResult;
  /** Of the run that made the result. */
  readonly timing: ScenarioTiming;
  /** True when nothing was run. */
  readonly kept: boolean;
}

const BLOCK = 1 << 22;

/** SHA-256 of a file's content, read in blocks. @throws ProblemError FILE-READ */
export function fileDigest(path: string): string {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(BLOCK);
  try {
    const handle = openSync(path, 'r');
    try {
      for (let got = readSync(handle, block); got > 0; got = readSync(handle, block))
        hash.update(block.subarray(0, got));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    failFile('FILE-READ', path, 'cannot be read', error);
  }
  return hash.digest('hex');
}

/** Names and digests of a file, or of all files below a folder, sorted by name. @throws ProblemError FILE-READ */
export function treeDigest(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [fileDigest(path)];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((name) => statSync(join(path, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => `${name}=${fileDigest(join(path, name))}`);
}

/** Digest of the running program itself: its version and every file of its code. */
export function programDigest(): string {
  const home = join(import.meta.dirname, '..');
  const manifest = readFileSync(join(home, '..', 'package.json'), 'utf8');
  const code = extname(import.meta.filename);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name) === code);
  return contentKey(
    manifest,
    files.sort().map((name) => readFileSync(join(home, name))),
  );
}

/** Files that decide a scenario's result, as the scenario names them. */
function inputsOf({ dataset, model, target }: Scenario): string[] {
  const { path, labels, generate, split } = dataset;
  const chip = /\.(ya?ml|json)$/.test(target) ? target : undefined;
  return [path, labels, generate, split.file, model.onnx, model.tables, chip].filter((name) => name !== undefined);
}

/**
 * Key of a scenario's result: every option but the number of workers, on which no result depends, and the content of all inputs.
 * Undefined while an input is missing (captures yet to be generated).
 */
export function resultKey(scenario: Scenario): string | undefined {
  const inputs = inputsOf(scenario);
  if (!inputs.every((path) => existsSync(path))) return undefined;
  const { workers: _workers, acceptDamage: _accept, ...replay } = scenario.replay;
  return contentKey('result', programDigest(), { ...scenario, replay }, inputs.map(treeDigest));
}

/**
 * Run a scenario, or give the result that the same scenario on the same inputs gave before.
 * @throws ProblemError of any step
 */
export async function runOrRecall(scenario: Scenario, context: StudyContext): Promise<Outcome> {
  const { cache } = context;
  const make = async (): Promise<Omit<Outcome, 'kept'>> => {
    const { result, timing } = await runScenario(scenario, context);
    return { result, timing };
  };
  if (cache.folder === undefined) return { ...(await make()), kept: false };
  const known = resultKey(scenario);
  if (known === undefined) {
    const made = await make();
    const key = resultKey(scenario);
    if (key !== undefined) await cached(cache, 'result', key, async () => made);
    return { ...made, kept: false };
  }
  let kept = true;
  const found = await cached(cache, 'result', known, () => {
    kept = false;
    return make();
  });
  return { ...found, kept };
}
