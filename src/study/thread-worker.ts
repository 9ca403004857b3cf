/** Entry point of a task thread: takes tasks one after the other, reports progress, files being written, results and problems. */

import { parentPort, workerData } from 'node:worker_threads';
import { watchPendingFiles } from '../files.ts';
import { ProblemError } from '../problem.ts';
import type { ThreadAnswer, ThreadRequest, ThreadSetup } from './thread.ts';
import { runTaskHere } from './thread-tasks.ts';

/** Progress is shown a few times a second: more messages would be work for nothing. */
const EVERY_MS = 60;

const { files } = workerData as ThreadSetup;
watchPendingFiles((path, under) => files.postMessage({ path, under }));

function answer(message: ThreadAnswer): void {
  parentPort?.postMessage(message);
}

async function serve({ name, task }: ThreadRequest): Promise<void> {
  let last = 0;
  let shown = '';
  try {
    const done = await runTaskHere(name, task, (what, at, total) => {
      const now = performance.now();
      if (what === shown && now - last < EVERY_MS) return;
      [last, shown] = [now, what];
      answer({ kind: 'progress', what, done: at, ...(total === undefined ? {} : { total }) });
    });
    answer({ kind: 'done', done });
  } catch (error) {
    if (error instanceof ProblemError) answer({ kind: 'problem', problem: error.problem });
    else answer({ kind: 'bug', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

parentPort?.on('message', (request: ThreadRequest) => void serve(request));
