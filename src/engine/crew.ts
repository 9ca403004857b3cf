/**
 * Workers on one job. Without registers each takes the next range when it is done with one. With registers all go through the
 * job chunk by chunk: everyone parses a range, they meet, everyone runs the packets of its slots.
 */

import { Piscina } from 'piscina';
import type { Image } from './image.ts';
import type { Kernels } from './kernels.ts';
import { enterRange, handOver, type Job, rangeAt, runShard, runWhole, type Station } from './tasks.ts';

/** Words of the memory that workers of a job meet in. */
const MEET = { arrived: 0, turn: 1, broken: 2, next: 3, done: 4 } as const;
const MEET_WORDS = 5;
/** Looks before a worker sleeps until the last one arrives: some ten microseconds. */
const PATIENCE = 4000;

/** What a worker that was not at fault ends with when another failed. */
export const BROKEN = 'another worker of this run failed';

/** What a thread is told once. */
export interface ThreadData {
  readonly image: Image;
  readonly reach: number;
  readonly kernels: Kernels;
}

/** What a thread is told with every job. */
export interface Message {
  readonly job: Job;
  readonly worker: number;
  readonly meeting: Int32Array;
}

/** A fresh place to meet, on shared memory. */
export function newMeeting(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(MEET_WORDS * 4));
}

/** Wakes everyone who waits: the job is lost. */
export function breakMeeting(meeting: Int32Array): void {
  Atomics.store(meeting, MEET.broken, 1);
  Atomics.add(meeting, MEET.turn, 1);
  Atomics.notify(meeting, MEET.turn);
}

/** Packets whose results are there. */
export function packetsDone(meeting: Int32Array): number {
  return Atomics.load(meeting, MEET.done);
}

/**
 * Waits until all have arrived.
 * @throws Error BROKEN when one of them failed
 */
function meet(meeting: Int32Array, parties: number): void {
  const turn = Atomics.load(meeting, MEET.turn);
  if (Atomics.add(meeting, MEET.arrived, 1) + 1 === parties) {
    Atomics.store(meeting, MEET.arrived, 0);
    Atomics.add(meeting, MEET.turn, 1);
    Atomics.notify(meeting, MEET.turn);
  }
  for (let look = 0; look < PATIENCE && Atomics.load(meeting, MEET.turn) === turn; look++);
  while (Atomics.load(meeting, MEET.turn) === turn && Atomics.load(meeting, MEET.broken) === 0)
    Atomics.wait(meeting, MEET.turn, turn);
  if (Atomics.load(meeting, MEET.broken) !== 0) throw new Error(BROKEN);
}

/** A worker's part of a job. Its failure breaks the meeting, so that nobody waits for it. */
export function work(station: Station, job: Job, worker: number, meeting: Int32Array): void {
  try {
    if (station.image.sharing === 'whole') takeRanges(station, job, worker, meeting);
    else takeShard(station, job, worker, meeting);
  } catch (error) {
    breakMeeting(meeting);
    throw error;
  }
}

function takeRanges(station: Station, job: Job, worker: number, meeting: Int32Array): void {
  const { span } = station.image;
  for (;;) {
    const from = Atomics.add(meeting, MEET.next, 1) * span;
    if (from >= job.count || Atomics.load(meeting, MEET.broken) !== 0) return;
    const range = rangeAt(station, job, worker, from);
    runWhole(station, job, range);
    Atomics.add(meeting, MEET.done, range.count);
  }
}

/** Chunks alternate between two halves of the lanes: while one's slots are run, the next one's packets are brought in. */
function takeShard(station: Station, job: Job, worker: number, meeting: Int32Array): void {
  const { workers, span } = station.image;
  const chunk = span * workers.length;
  const rangesOf = (c: number) => workers.map((_, w) => rangeAt(station, job, w, c * chunk + w * span, c & 1));
  const chunks = Math.ceil(job.count / chunk);
  enterRange(station, job, rangesOf(0)[worker]);
  for (let c = 0; c <= chunks; c++) {
    meet(meeting, workers.length);
    if (c > 0) {
      const past = rangesOf(c - 1)[worker];
      handOver(station, job, past);
      Atomics.add(meeting, MEET.done, past.count);
    }
    if (c < chunks) runShard(station, job, worker, rangesOf(c));
    if (c + 1 < chunks) enterRange(station, job, rangesOf(c + 1)[worker]);
  }
}

export interface Crew {
  /**
   * Runs a job on all threads.
   * @throws the first worker's own error when one fails
   */
  readonly execute: (job: Job, seen: (packets: number) => void) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Milliseconds between two looks at how far the workers are. */
const LOOK_MS = 100;

/** Threads for an image, one a worker. */
export function openCrew(image: Image, reach: number, kernels: Kernels): Crew {
  const data: ThreadData = { image, reach, kernels };
  const threads = image.workers.length;
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const pool = new Piscina({
    filename: new URL(`./worker${extension}`, import.meta.url).href,
    name: 'execute',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    concurrentTasksPerWorker: 1,
    workerData: data,
  });
  const execute = async (job: Job, seen: (packets: number) => void): Promise<void> => {
    const meeting = newMeeting();
    const ticker = setInterval(() => seen(packetsDone(meeting)), LOOK_MS);
    const parts = image.workers.map(async (_, worker) => {
      const message: Message = { job, worker, meeting };
      try {
        await pool.run(message);
      } catch (error) {
        // A thread that died never said so to those who wait for it.
        breakMeeting(meeting);
        throw error;
      }
    });
    const ends = await Promise.allSettled(parts);
    clearInterval(ticker);
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
    if (errors.length > 0) throw errors.find((error) => error.message !== BROKEN) ?? errors[0];
    seen(job.count);
  };
  return { execute, close: () => pool.destroy() };
}
