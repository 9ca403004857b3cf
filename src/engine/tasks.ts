/**
 * What a worker does with a range of packets: bring them in, list them by shard, run batches, hand the results over. The same
 * code runs inline and in threads.
 */

import type { FrameColumns, RunColumns, StateMode } from '../program/index.ts';
import type { Steps } from './encode.ts';
import type { Image, WorkerImage } from './image.ts';
import { type Machine, type Views, viewsOf } from './kernels.ts';

/** Packets of a run as the workers see them; typed arrays on shared memory when there are threads. */
export type WorkerInput =
  | { readonly kind: 'packets'; readonly packets: FrameColumns }
  /** Columns in the order of the image's inputs. */
  | { readonly kind: 'injected'; readonly columns: readonly Uint32Array[] };

/** One feed: its packets, and where their results go (shared memory when there are threads). */
export interface Job {
  readonly input: WorkerInput;
  readonly count: number;
  /** Registers are cleared where the capture changes, or kept. */
  readonly state: StateMode;
  readonly results: RunColumns;
}

/** Packets [from, from + count) of a job on the lanes of one worker's range, from lane `first` on. */
export interface Range {
  readonly worker: number;
  /** Which half of the lanes. */
  readonly half: number;
  readonly first: number;
  readonly from: number;
  readonly count: number;
}

/** A worker's view of the image. */
export interface Station extends Views {
  readonly image: Image;
  readonly machine: Machine;
  /** Bytes of a frame that the parser can reach at most. */
  readonly reach: number;
}

/** A station on the image's memory. */
export function createStation(image: Image, machine: Machine, reach: number): Station {
  return { image, machine, ...viewsOf(image.memory.buffer), reach };
}

/** The range of a worker that begins with packet `from`. */
export function rangeAt({ image }: Station, job: Job, worker: number, from: number, half = 0): Range {
  const { span, workers } = image;
  const first = (half * workers.length + worker) * span;
  return { worker, half, first, from, count: Math.max(0, Math.min(span, job.count - from)) };
}

/** A range alone from its packets to its results. */
export function runWhole(station: Station, job: Job, range: Range): void {
  if (job.input.kind === 'injected') {
    runInjected(station, job.input.columns, range);
  } else {
    enter(station, job.input, range);
    const { image, machine, u32 } = station;
    const { list } = image.workers[range.worker];
    const count = machine.pick(image.parseOutcome, range.first, range.count, list);
    process(station, job, range.worker, range, u32.subarray(list >>> 2, (list >>> 2) + count));
  }
  handOver(station, job, range);
}

/** Injected columns go batch by batch straight into the batch columns: every packet has a verdict. */
function runInjected(station: Station, columns: readonly Uint32Array[], range: Range): void {
  const { image, machine, u32 } = station;
  const worker = image.workers[range.worker];
  const places = worker.inputColumns.map((address) => address >>> 2);
  for (let at = 0; at < range.count; at += image.batch) {
    const lanes = Math.min(image.batch, range.count - at);
    const from = range.from + at;
    for (let i = 0; i < places.length; i++) u32.set(columns[i].subarray(from, from + lanes), places[i]);
    for (let i = lanes; i < ((lanes + 3) & ~3); i++) for (const place of places) u32[place + i] = 0;
    runSteps(machine, worker.steps, worker.base, lanes);
    for (let i = 0; i < lanes; i++) u32[(worker.list >>> 2) + i] = range.first + at + i;
    deliverBatch(station, worker, worker.list, lanes);
  }
}

function runSteps(machine: Machine, steps: Steps, base: number, count: number): void {
  const bytes = count * 4;
  for (let s = 0; s < steps.length; s++) {
    const step = steps[s];
    if (step < 0) machine.loops[~step](base, bytes);
    else machine.run(step, count);
  }
}

function deliverBatch({ machine }: Station, worker: WorkerImage, list: number, lanes: number): void {
  machine.deliver(worker.deliver, worker.delivers, list, lanes);
}

/** First step of two: the range's packets are parsed and listed by the shard that runs them. */
export function enterRange(station: Station, job: Job, range: Range): void {
  const { image, machine, u32 } = station;
  const worker = image.workers[range.worker];
  const { lists, heads } = worker.shardLists[range.half];
  u32.set(lists, heads >>> 2);
  enter(station, job.input, range);
  if (image.sharing === 'single') {
    u32[heads >>> 2] += 4 * machine.pick(image.parseOutcome, range.first, range.count, lists[0]);
    return;
  }
  const count = machine.pick(image.parseOutcome, range.first, range.count, worker.list);
  for (let at = 0; at < count; at += image.batch) {
    const list = worker.list + at * 4;
    const lanes = Math.min(image.batch, count - at);
    machine.collect(worker.slotCollect, worker.slotCollects, list, lanes);
    runSteps(machine, worker.slotSteps, worker.base, lanes);
    machine.assign(worker.slotColumn, image.slotMask, image.shards, list, lanes, heads);
    machine.deliver(worker.carry, worker.carries, list, lanes);
  }
}

/** Second step of two: the packets of one shard, from all ranges of the chunk in capture order. */
export function runShard(station: Station, job: Job, shard: number, ranges: readonly Range[]): void {
  const { image, u32 } = station;
  if (shard >= image.shards) return;
  for (const range of ranges) {
    const { lists, heads } = image.workers[range.worker].shardLists[range.half];
    process(station, job, shard, range, u32.subarray(lists[shard] >>> 2, u32[(heads >>> 2) + shard] >>> 2));
  }
}

function enter(station: Station, input: WorkerInput, range: Range): void {
  const { image, u32 } = station;
  const { first, from, count } = range;
  if (input.kind === 'injected') {
    image.inputs.forEach(({ address }, i) => {
      u32.set(input.columns[i].subarray(from, from + count), (address >>> 2) + first);
    });
    u32.fill(255, (image.parseOutcome >>> 2) + first, (image.parseOutcome >>> 2) + first + count);
    return;
  }
  for (let done = 0; done < count; ) done += parseSome(station, input.packets, range, done);
  clearOutputs(station, first, count);
}

/** Parses packets of the range from the `done`-th on, as many as fit the staging area; returns how many. */
function parseSome(station: Station, packets: FrameColumns, range: Range, done: number): number {
  const { image, machine, u32, reach } = station;
  const worker = image.workers[range.worker];
  const from = range.from + done;
  const most = Math.min(image.parseBatch, range.count - done);
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
  machine.parse(image.parsePlan, worker.frameInput, range.first + done, count);
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

/** Runs listed lanes of a range in capture order, batch by batch, never across captures where those clear registers. */
function process(station: Station, job: Job, worker: number, range: Range, lanes: Uint32Array): void {
  const own = station.image.workers[worker];
  if (job.input.kind !== 'packets' || job.state !== 'perCapture' || own.registers.length === 0) {
    runLanes(station, own, lanes);
    return;
  }
  const { capture } = job.input.packets;
  for (let done = 0, at = 0; done < range.count; ) {
    enterCapture(station, own, capture[range.from + done]);
    const stop = captureEnd(capture, range.from + done, range.from + range.count) - range.from;
    let end = lanes.length;
    if (stop < range.count) for (end = at; end < lanes.length && lanes[end] < range.first + stop; ) end++;
    runLanes(station, own, lanes.subarray(at, end));
    at = end;
    done = stop;
  }
}

function runLanes(station: Station, worker: WorkerImage, lanes: Uint32Array): void {
  const { image, machine } = station;
  for (let at = 0; at < lanes.length; at += image.batch) {
    const list = lanes.byteOffset + at * 4;
    const count = Math.min(image.batch, lanes.length - at);
    machine.collect(worker.collect, worker.collects, list, count);
    runSteps(machine, worker.steps, worker.base, count);
    deliverBatch(station, worker, list, count);
  }
}

/** Clears the worker's registers when another capture than the last packet's begins. */
function enterCapture(station: Station, worker: WorkerImage, capture: number): void {
  const { u32 } = station;
  const known = u32[worker.lastCapture >>> 2];
  if (known !== 0 && known !== capture + 1) clearRegisters(station, worker);
  u32[worker.lastCapture >>> 2] = capture + 1;
}

/** First packet after `from` of another capture. */
function captureEnd(capture: Uint32Array, from: number, end: number): number {
  let stop = from + 1;
  while (stop < end && capture[stop] === capture[from]) stop++;
  return stop;
}

/** The range's results from the image to the job's columns. */
export function handOver({ image, u8, u32 }: Station, { results }: Job, { first, from, count }: Range): void {
  if (count === 0) return;
  const words = (address: number, stride: number) =>
    u32.subarray((address >>> 2) + first * stride, (address >>> 2) + (first + count) * stride);
  for (const { name, address, stride } of image.outputs) {
    if (name === 'outcome') results.outcome.set(u8.subarray(address + first, address + first + count), from);
    else if (name === 'verdict') results.verdict.set(new Int16Array(u8.buffer, address + first * 2, count), from);
    else if (name === 'logit 0') results.logits.set(words(address, stride), from * stride);
    else if (!name.startsWith('logit ')) results.observed[name].set(words(address, 1), from);
  }
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
