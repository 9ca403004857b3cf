/**
 * Threads for long tasks. Training and compiling hold the thread they run on for minutes; on a thread of their own they can be ended at
 * any moment, and the main thread goes on hearing signals.
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { dropFiles } from '../files.ts';
import { type Problem, ProblemError, type Progress } from '../problem.ts';
import type { TaskName, ThreadTasks } from './thread-tasks.ts';

export interface ThreadSetup {
  /** Names the temporary files that are being written. */
  readonly files: MessagePort;
}

export interface ThreadRequest {
  readonly name: TaskName;
  readonly task: ThreadTasks[TaskName]['task'];
}

export type ThreadAnswer =
  | { readonly kind: 'progress'; readonly what: string; readonly done: number; readonly total?: number }
  | { readonly kind: 'done'; readonly done: unknown }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'bug'; readonly detail: string };

/** The task's thread was ended from outside: on Ctrl-C, or because nobody needs its result any more. */
export class ThreadEnded extends Error {}

/** A thread that runs one task at a time. */
export interface TaskThread {
  /** @throws ProblemError as the task does, ThreadEnded */
  run<Name extends TaskName>(
    name: Name,
    task: ThreadTasks[Name]['task'],
    progress: Progress,
  ): Promise<ThreadTasks[Name]['done']>;
  /** End the thread, in the middle of a task if need be, and remove what it was writing. */
  close(): Promise<void>;
}

const open = new Set<TaskThread>();

/** End all threads: called on Ctrl-C. */
export async function closeThreads(): Promise<void> {
  await Promise.all([...open].map((thread) => thread.close()));
}

export function openThread(): TaskThread {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const { port1, port2 } = new MessageChannel();
  const setup: ThreadSetup = { files: port2 };
  const entry = new URL(`./thread-worker${extension}`, import.meta.url);
  const options = { workerData: setup, transferList: [port2] };
  // Run from TypeScript sources (tests, benches), a thread has to ask for the loader itself.
  const fromSource = `import('tsx/esm/api').then(({ register }) => { register(); return import('${entry.href}'); })`;
  const worker = extension === '.js' ? new Worker(entry, options) : new Worker(fromSource, { ...options, eval: true });
  let closed = false;
  const thread: TaskThread = {
    run: (name, task, progress) => runOn(worker, { name, task }, progress),
    async close() {
      if (closed) return;
      closed = true;
      open.delete(thread);
      await worker.terminate();
      dropFiles(unfinished(port1));
      port1.close();
    },
  };
  open.add(thread);
  return thread;
}

/** Files that were begun and not finished, from all that the thread has said. */
function unfinished(port: MessagePort): string[] {
  const under = new Set<string>();
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const { path, under: begun } = next.message as { path: string; under: boolean };
    if (begun) under.add(path);
    else under.delete(path);
  }
  return [...under];
}

function runOn<Done>(worker: Worker, request: ThreadRequest, progress: Progress): Promise<Done> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new ThreadEnded('the thread ended before its task did'));
    const settle = (finish: () => void): void => {
      worker.off('message', heard);
      worker.off('error', reject);
      worker.off('exit', ended);
      finish();
    };
    const heard = (answer: ThreadAnswer): void => {
      if (answer.kind === 'progress') progress(answer.what, answer.done, answer.total);
      else if (answer.kind === 'done') settle(() => resolve(answer.done as Done));
      else if (answer.kind === 'problem') settle(() => reject(new ProblemError(answer.problem)));
      else settle(() => reject(new Error(answer.detail)));
    };
    worker.on('message', heard);
    worker.on('error', reject);
    worker.on('exit', ended);
    worker.postMessage(request);
  });
}

/** Run one task on a thread of its own. @throws ProblemError as the task does */
export async function inThread<Name extends TaskName>(
  name: Name,
  task: ThreadTasks[Name]['task'],
  progress: Progress,
): Promise<ThreadTasks[Name]['done']> {
  const thread = openThread();
  try {
    return await thread.run(name, task, progress);
  } finally {
    await thread.close();
  }
}
