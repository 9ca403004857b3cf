/** Thread of the engine's pool: builds its station on the shared memory once per run, then does its part of jobs. Silent. */

import { type Message, work } from './crew.ts';
import { createMachine } from './machine.ts';
import { createStation, type Station } from './tasks.ts';

let current: { readonly run: number; readonly station: Station } | undefined;

/** Piscina's entry point. */
export function execute({ run, image, reach, kernels, job, worker, meeting }: Message): void {
  if (current?.run !== run)
    current = { run, station: createStation(image, createMachine(image.memory, kernels), reach) };
  work(current.station, job, worker, meeting);
}
