/** Long tasks by name: what runs on a thread of its own, so that the main thread hears Ctrl-C and keeps the progress bar going. */

import type { Progress } from '../problem.ts';
import { openCache } from './cache.ts';
import { type CompileOutcome, type CompileTask, compileTask } from './compile-task.ts';
import { type PlacedSize, type SizeTask, sizeOnThread } from './model-sizes.ts';
import { type Outcome, runOrRecall } from './rerun.ts';
import type { Scenario } from './scenario.ts';
import { type TrainTask, trainTask } from './tasks.ts';

export interface ScenarioTask {
  readonly scenario: Scenario;
  /** Folder of kept artefacts; undefined: none. */
  readonly cache: string | undefined;
  readonly mode: 'compare' | 'update';
}

/** Arguments and results are plain data: they travel between threads. */
export interface ThreadTasks {
  scenario: { readonly task: ScenarioTask; readonly done: Outcome };
  train: { readonly task: Omit<TrainTask, 'progress'>; readonly done: Awaited<ReturnType<typeof trainTask>> };
  compile: { readonly task: Omit<CompileTask, 'progress'>; readonly done: CompileOutcome };
  size: { readonly task: SizeTask; readonly done: PlacedSize };
}

export type TaskName = keyof ThreadTasks;

type Runs = {
  [Name in TaskName]: (task: ThreadTasks[Name]['task'], progress: Progress) => Promise<ThreadTasks[Name]['done']>;
};

const runs: Runs = {
  scenario: ({ scenario, cache, mode }, progress) => runOrRecall(scenario, { cache: openCache(cache), progress }, mode),
  train: async (task, progress) => {
    const { dataset, model, bytes } = await trainTask({ ...task, progress });
    // Only what is told of the dataset: its packets stay where they are.
    return { dataset: { warnings: dataset.warnings, damage: dataset.damage }, model, bytes };
  },
  compile: (task, progress) => compileTask({ ...task, progress }),
  size: sizeOnThread,
};

/** Run a task on this thread. */
export function runTaskHere<Name extends TaskName>(
  name: Name,
  task: ThreadTasks[Name]['task'],
  progress: Progress,
): Promise<ThreadTasks[Name]['done']> {
  return runs[name](task, progress);
}
