/** What a worker does with a range of a chunk: bring packets in, find their shards, run batches. Same code inline and in threads. */

import type { FrameColumns, StateMode } from '../program/index.ts';
import type { Image, WorkerImage } from './image.ts';
import type { Machine } from './machine.ts';

/** Packets of a run as the workers see them; typed arrays on shared memory when there are threads. */
export type WorkerInput =
  | { readonly kind: 'packets'; readonly packets: FrameColumns }
  /** Columns in the order of the image's inputs. */
  | { readonly kind: 'injected'; readonly columns: readonly Uint32Array[] };

/** One piece of work. `origin`: packet number of the chunk's lane 0; lanes first..first+count-1. */
export interface Task {
  readonly kind: 'whole' | 'enter' | 'shard';
  readonly worker: number;
  readonly origin: number;
  readonly first: number;
  readonly count: number;
  /** Registers are cleared where the capture changes. */
  readonly state: StateMode;
  /** `shard`: whose packets; -1 takes all. */
  readonly shard: number;
}

/** A worker's view of the image. */
export interface Station {
  readonly image: Image;
  readonly machine: Machine;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  /** Bytes of a frame that the parser can reach at most. */
  readonly reach: number;
}

export function createStation(image: Image, machine: Machine, reach: number): Station {
  const { buffer } = image.memory;
  return {
    image,
    machine,
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    reach,
  };
}

/** Runs one task to its end. */
export function runTask(station: Station, input: WorkerInput, task: Task): void {
  if (task.kind !== 'shard') enter(station, input, task);
  if (task.kind === 'enter') assignShards(station, task);
  if (task.kind !== 'enter') process(station, input, task);
}

function enter(station: Station, input: WorkerInput, task: Task): void {
  const { image, u32 } = station;
  const { origin, first, count } = task;
  if (input.kind === 'injected') {
    const from = origin + first;
    image.inputs.forEach(({ address }, i) => {
      u32.set(input.columns[i].subarray(from, from + count), (address >>> 2) + first);
    });
    u32.fill(255, (image.parseOutcome >>> 2) + first, (image.parseOutcome >>> 2) + first + count);
    return;
  }
  for (let lane = first; lane < first + count; ) lane += parseSome(station, input.packets, task, lane);
  clearOutputs(station, first, count);
}

/** Parses packets from `lane` on, as many as fit the staging area; returns how many. */
function parseSome(station: Station, packets: FrameColumns, task: Task, lane: number): number {
  const { image, machine, u32, reach } = station;
  const worker = image.workers[task.worker];
  const from = task.origin + lane;
  const most = Math.min(image.parseBatch, task.first + task.count - lane);
  let used = 0;
  let count = 0;
  while (count < most) {
    const need = Math.min(packets.capLen[from + count], reach, image.stageBytes);
    if (used + need > image.stageBytes) break;
    used += need;
    count++;
  }
  const bias = stageFrames(station, worker, packets, from, count, used);
  const columns = worker.frameColumns;
  u32.set(packets.capLen.subarray(from, from + count), columns[1] >>> 2);
  u32.set(packets.origLen.subarray(from, from + count), columns[2] >>> 2);
  u32.set(packets.seconds.subarray(from, from + count), columns[3] >>> 2);
  u32.set(packets.nanos.subarray(from, from + count), columns[4] >>> 2);
  u32.set([worker.frames, bias, ...columns], worker.frameInput >>> 2);
  machine.parse(image.parsePlan, worker.frameInput, lane, count);
  return count;
}

/** Frames lying close together are copied at once, others one by one; returns what to subtract from the offsets. */
function stageFrames(
  station: Station,
  worker: WorkerImage,
  packets: FrameColumns,
  from: number,
  count: number,
  used: number,
): number {
  const { image, u8, u32, reach } = station;
  const offsets = worker.frameColumns[0] >>> 2;
  const start = packets.offset[from];
  const last = from + count - 1;
  const span = packets.offset[last] + packets.capLen[last] - start;
  if (start + span > packets.bytes.length)
    throw new RangeError(`the frame of packet ${last} lies outside the bytes given`);
  const near =
    span > 0 && span <= image.stageBytes && span <= 16 * used + 4096 && ascending(packets.offset, from, count);
  if (near) {
    u8.set(packets.bytes.subarray(start, start + span), worker.frames);
    u32.set(packets.offset.subarray(from, from + count), offsets);
    return start;
  }
  let at = 0;
  for (let i = 0; i < count; i++) {
    const need = Math.min(packets.capLen[from + i], reach, image.stageBytes);
    const begin = packets.offset[from + i];
    u8.set(packets.bytes.subarray(begin, begin + need), worker.frames + at);
    u32[offsets + i] = at;
    at += need;
  }
  return 0;
}

function ascending(offset: Uint32Array, from: number, count: number): boolean {
  for (let i = from + 1; i < from + count; i++) if (offset[i] < offset[i - 1]) return false;
  return true;
}

/** What packets without verdict show; accepted packets overwrite it. */
function clearOutputs(station: Station, first: number, count: number): void {
  const { image, u8, u16, u32 } = station;
  const parsed = image.parseOutcome >>> 2;
  for (const { name, address, bytes, stride } of image.outputs) {
    if (name === 'outcome')
      for (let lane = first; lane < first + count; lane++) u8[address + lane] = u32[parsed + lane];
    else if (name === 'verdict') u16.fill(0xffff, (address >>> 1) + first, (address >>> 1) + first + count);
    else if (stride === 1 || name === 'logit 0') {
      const at = address / bytes;
      u32.fill(0, at + first * stride, at + (first + count) * stride);
    }
  }
}

function assignShards(station: Station, task: Task): void {
  const { image, machine } = station;
  if (image.shards <= 1) return;
  const worker = image.workers[task.worker];
  for (let lane = task.first; lane < task.first + task.count; lane += image.batch) {
    const lanes = Math.min(image.batch, task.first + task.count - lane);
    const count = machine.pick(image.parseOutcome, 0, 0, lane, lanes, worker.list);
    machine.collect(worker.slotCollect, worker.slotCollects, worker.list, count);
    machine.run(worker.slotCode, count);
    machine.assign(worker.slotColumn, image.slotMask, image.shards, worker.list, count, image.shard);
  }
}

/** Runs a range's packets (or one shard's) in capture order, batch by batch, never across captures where those clear registers. */
function process(station: Station, input: WorkerInput, task: Task): void {
  const { image, machine } = station;
  const worker = image.workers[task.worker];
  const clears = input.kind === 'packets' && task.state === 'perCapture' && worker.registers.length > 0;
  const end = task.first + task.count;
  for (let lane = task.first; lane < end; ) {
    const stop = clears ? captureEnd(station, worker, input.packets, task.origin, lane, end) : end;
    const shard = task.shard < 0 ? 0 : image.shard;
    const count = machine.pick(image.parseOutcome, shard, Math.max(0, task.shard), lane, stop - lane, worker.list);
    for (let at = 0; at < count; at += image.batch) {
      const list = worker.list + at * 4;
      const lanes = Math.min(image.batch, count - at);
      machine.collect(worker.collect, worker.collects, list, lanes);
      machine.run(worker.code, lanes);
      machine.deliver(worker.deliver, worker.delivers, list, lanes);
    }
    lane = stop;
  }
}

/** First lane after `lane` of another capture; clears the worker's registers when `lane` starts a new one. */
function captureEnd(
  station: Station,
  worker: WorkerImage,
  packets: FrameColumns,
  origin: number,
  lane: number,
  end: number,
): number {
  const { u32 } = station;
  const capture = packets.capture[origin + lane];
  const known = u32[worker.lastCapture >>> 2];
  if (known !== 0 && known !== capture + 1) clearRegisters(station, worker);
  u32[worker.lastCapture >>> 2] = capture + 1;
  let stop = lane + 1;
  while (stop < end && packets.capture[origin + stop] === capture) stop++;
  return stop;
}

/** Every cell back to its initial value. */
export function clearRegisters(station: Station, worker: WorkerImage): void {
  const { u32 } = station;
  for (const { address, bytes, register } of worker.registers) {
    const mask = register.cellBits === 32 ? 0xffffffff : (1 << register.cellBits) - 1;
    const [from, to] = [address >>> 2, (address + bytes) >>> 2];
    const [lo, hi] = [(register.initial[0] ?? 0) & mask, (register.initial[1] ?? 0) & mask];
    if (!register.pair || lo === hi) u32.fill(lo, from, to);
    else for (let at = from; at < to; at += 2) u32.set([lo, hi], at);
  }
}
