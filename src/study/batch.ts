/** Many scenarios: several at once, in the order of their files whatever finishes first, stopping at the first failure if asked to. */

import { availableParallelism } from 'node:os';
import { fail, type Problem, ProblemError, type Progress } from '../problem.ts';
import type { Outcome } from './rerun.ts';
import type { Scenario } from './scenario.ts';
import { closeThreads, openThread, type TaskThread, ThreadEnded } from './thread.ts';

/** What became of a scenario. */
export type BatchItem =
  | { readonly kind: 'done'; readonly scenario: Scenario; readonly outcome: Outcome }
  | { readonly kind: 'problem'; readonly scenario: Scenario; readonly problem: Problem }
  | { readonly kind: 'skipped'; readonly scenario: Scenario };

export interface BatchOptions {
  /** Scenarios at once. */
  readonly jobs: number;
  /** Leave out what comes after the first that fails. */
  readonly failFast: boolean;
  readonly cache: string | undefined;
  readonly mode: 'compare' | 'update';
  readonly progress: Progress;
  /** Told in the scenarios' order, each as soon as it and all before it are done. */
  readonly onItem: (item: BatchItem) => void;
  /** Where scenarios run; default: a thread for each job. */
  readonly open?: () => TaskThread;
}

const failed = (item: BatchItem): boolean =>
  item.kind === 'problem' || (item.kind === 'done' && !item.outcome.result.pass);

/**
 * Names that match a pattern: `*` stands for anything, a pattern without one for a part of the name.
 * @throws ProblemError CLI-FILTER when none does
 */
export function filterScenarios(scenarios: readonly Scenario[], pattern: string | undefined): readonly Scenario[] {
  if (pattern === undefined) return scenarios;
  const escaped = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  const form = new RegExp(escaped.length === 1 ? escaped[0] : `^${escaped.join('.*')}$`);
  const kept = scenarios.filter(({ name }) => form.test(name));
  if (kept.length > 0) return kept;
  return fail({
    code: 'CLI-FILTER',
    message: `no scenario matches '${pattern}'`,
    have: scenarios.map(({ name }) => name).join(', '),
    hint: 'a part of the name, or a pattern with * for anything',
  });
}

/** Results are written by name. @throws ProblemError SCENARIO-NAME when two scenarios share one */
export function checkNames(scenarios: readonly Scenario[]): void {
  const files = new Map<string, string>();
  for (const { name, origin } of scenarios) {
    const first = files.get(name);
    if (first !== undefined) {
      fail({
        code: 'SCENARIO-NAME',
        where: origin?.file ?? name,
        message: `a scenario called '${name}' is already in ${first}`,
        hint: 'give each its own name; results are written by it',
      });
    }
    files.set(name, origin?.file ?? name);
  }
}

/** Cores are shared among the scenarios that run at once; a file that names its workers keeps them. */
function sharedCores(scenario: Scenario, jobs: number): Scenario {
  if (jobs === 1 || scenario.replay.workers !== 0) return scenario;
  const workers = Math.max(1, Math.floor(availableParallelism() / jobs));
  return { ...scenario, replay: { ...scenario.replay, workers } };
}

/**
 * Run scenarios on threads. No result depends on how many run at once.
 * @returns what became of each, in order
 */
export async function runBatch(scenarios: readonly Scenario[], options: BatchOptions): Promise<BatchItem[]> {
  const { cache, mode, failFast, onItem, open = openThread } = options;
  const jobs = Math.min(options.jobs, scenarios.length);
  const items: (BatchItem | undefined)[] = scenarios.map(() => undefined);
  let [next, told, done, last] = [0, 0, 0, scenarios.length - 1];
  const tell = (): void => {
    for (let item = items[told]; item !== undefined && told <= last; item = items[told]) {
      told++;
      onItem(item);
    }
  };
  const running = new Map<number, TaskThread>();
  const failedAt = (at: number): void => {
    last = Math.min(last, at);
    for (const [later, thread] of running) if (later > last) void thread.close();
  };
  const work = async (): Promise<void> => {
    const thread = open();
    try {
      while (next <= last) {
        const at = next++;
        running.set(at, thread);
        const scenario = scenarios[at]!;
        const progress: Progress = (what, now, total) =>
          jobs === 1 ? options.progress(what, now, total) : options.progress('scenarios', done, scenarios.length);
        const task = { scenario: sharedCores(scenario, jobs), cache, mode };
        const item = await thread.run('scenario', task, progress).then(
          (outcome): BatchItem => ({ kind: 'done', scenario, outcome }),
          (error: unknown): BatchItem => {
            if (error instanceof ProblemError) return { kind: 'problem', scenario, problem: error.problem };
            if (error instanceof ThreadEnded && at > last) return { kind: 'skipped', scenario };
            throw error;
          },
        );
        running.delete(at);
        items[at] = item;
        done++;
        if (failFast && failed(item)) failedAt(at);
        tell();
      }
    } finally {
      await thread.close();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work)).catch(async (error: unknown) => {
    await closeThreads();
    throw error;
  });
  return scenarios.map((scenario, i) => (i <= last ? items[i] : undefined) ?? { kind: 'skipped', scenario });
}
