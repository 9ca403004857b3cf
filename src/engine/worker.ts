/** Thread of the engine's pool: builds its station on the shared memory once, then does its part of jobs. Silent. */

import { workerData } from 'piscina';
import { type Message, type ThreadData, work } from './crew.ts';
import { createMachine } from './machine.ts';
import { createStation, type Station } from './tasks.ts';

let station: Station | undefined;

/** Piscina's entry point. */
export function execute({ job, worker, meeting }: Message): void {
  const { image, reach, kernels } = workerData as ThreadData;
  station ??= createStation(image, createMachine(image, kernels), reach);
  work(station, job, worker, meeting);
}
