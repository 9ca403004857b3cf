/** Thread of the engine's pool: builds its station on the shared memory once per run, then executes tasks. Silent. */

import type { Image } from './image.ts';
import { createMachine, type Kernels } from './machine.ts';
import { createStation, runTask, type Station, type Task, type WorkerInput } from './tasks.ts';

/** What a thread is told with every task; equal `run` numbers share station and input. */
export interface Message {
  readonly run: number;
  readonly image: Image;
  readonly reach: number;
  readonly kernels?: Kernels;
  readonly input: WorkerInput;
  readonly task: Task;
}

let current: { readonly run: number; readonly station: Station } | undefined;

/** Piscina's entry point. */
export function execute({ run, image, reach, kernels, input, task }: Message): void {
  if (current?.run !== run)
    current = { run, station: createStation(image, createMachine(image.memory, kernels), reach) };
  runTask(current.station, input, task);
}
