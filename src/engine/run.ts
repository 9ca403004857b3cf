/** The engine's door: runs a placed program over packets or rows, on this thread or on a pool, with identical results. */

import { availableParallelism } from 'node:os';
import { fail, type Progress } from '../problem.ts';
import type { Placement, Program, RunColumns, RunInput, StateMode } from '../program/index.ts';
import { type Crew, openCrew } from './crew.ts';
import { explainPlan } from './explain.ts';
import { buildImage, type Image } from './image.ts';
import type { Kernels } from './kernels.ts';
import { batchColumns, type ImageSizes, type Sharing } from './layout.ts';
import { LOOP_WEIGHT } from './loops.ts';
import { createMachine, kernelsFor } from './machine.ts';
import { type Plan, planProgram } from './plan.ts';
import { clearRegisters, createStation, type Job, rangeAt, runWhole, type Station, type WorkerInput } from './tasks.ts';

export interface EngineOptions {
  /** Worker threads; 1 = this thread. 0 or absent: one per core, this thread for small inputs. */
  readonly workers?: number;
  /** Default `perCapture`. */
  readonly state?: StateMode;
  /** Fields whose final values are wanted. */
  readonly observe?: readonly string[];
  readonly progress?: Progress;
  /** Default: the fastest that runs here. Results are the same. */
  readonly kernels?: Kernels;
}

/** A program planned and laid out, registers at their initial values. */
export interface Engine {
  readonly plan: Plan;
  readonly workers: number;
  /** Bytes of the shared memory. */
  readonly bytes: number;
  /** The plan in words: how tables are matched, what runs in which order, how packets are shared out. */
  readonly explain: () => string;
  /** Runs the next packets; registers keep what earlier calls left. Calls must not overlap. */
  readonly feed: (input: RunInput) => Promise<RunColumns>;
  /** Ends the threads. */
  readonly close: () => Promise<void>;
}

/** Packets below which threads cost more than they bring. */
const SMALL = 16384;
/** Bytes of batch columns aimed at: half of a 512 KiB second-level cache, the rest is for tables. */
const BATCH_BYTES = 1 << 18;
/** Packets of a worker's range: their columns stay in caches, and workers meet some hundred times a second. */
const SPAN = 1 << 15;

/** Lanes of all workers' ranges at most: many workers get shorter ones. */
const LANES = 1 << 18;

function batchSize(plan: Plan, how: Pick<ImageSizes, 'sharing' | 'loopWeight'>): number {
  if (plan.oneByOne) return 1;
  const fit = BATCH_BYTES / 4 / Math.max(1, batchColumns(plan, how));
  return Math.min(4096, Math.max(1024, 2 ** Math.floor(Math.log2(fit))));
}

/** Bytes from a frame's start that the parser can look at; Infinity when its states form a loop. */
function parserReach(program: Program): number {
  const bits = new Map(program.fields.map((field) => [field.name, field.bits]));
  const sizes = new Map(
    program.headers.map((header) => [
      header.name,
      header.fields.reduce((sum, name) => sum + (bits.get(name) ?? 0), 0) / 8,
    ]),
  );
  const reach = (name: string, path: readonly string[]): number => {
    if (path.includes(name)) return Number.POSITIVE_INFINITY;
    const state = program.parser.states.find((candidate) => candidate.name === name);
    if (!state) return 0;
    const own = state.extract.reduce((sum, header) => sum + (sizes.get(header) ?? 0), state.skip);
    const ahead = state.select.map((key) => (key.kind === 'lookahead' ? key.byte + key.bytes : 0));
    const next = [state.otherwise, ...state.cases.map((one) => one.next)];
    return own + Math.max(0, ...ahead, ...[...new Set(next)].map((one) => reach(one, [...path, name])));
  };
  return reach('start', []);
}

/** Opens an engine. `injected`: names of the fields that `feed` will inject; undefined for packets. */
export function openEngine(
  program: Program,
  placement: Placement | undefined,
  count: number,
  injected: readonly string[] | undefined,
  options: EngineOptions = {},
): Engine {
  const plan = planProgram(
    program,
    placement,
    injected ? { observe: options.observe ?? [], injected } : { observe: options.observe ?? [] },
  );
  const asked = options.workers || (count < SMALL ? 1 : availableParallelism());
  if (!Number.isInteger(asked) || asked < 1 || asked > 255) {
    fail({ code: 'RUN-WORKERS', message: 'the number of workers must be 1..255', have: String(asked) });
  }
  const sharing = asked === 1 ? 'whole' : sharingOf(plan);
  // Ranges that any worker may take are smaller, so that all end at about the same time.
  const most = Math.min(sharing === 'whole' ? SPAN / 4 : SPAN, 2 ** Math.floor(Math.log2(LANES / asked)));
  const span = Math.max(4, Math.min(most, (Math.ceil(count / asked) + 3) & ~3));
  const kernels = kernelsFor(options.kernels);
  const loopWeight = kernels === 'fused' ? LOOP_WEIGHT : 0;
  const image = buildImage(plan, {
    span,
    batch: batchSize(plan, { sharing, loopWeight }),
    workers: asked,
    sharing,
    loopWeight,
  });
  const reach = injected ? 0 : parserReach(program);
  const station = createStation(image, createMachine(image, kernels), reach);
  for (const worker of image.workers) clearRegisters(station, worker);
  const crew = asked > 1 ? openCrew(image, reach, kernels) : undefined;
  const setup: Setup = {
    plan,
    image,
    options,
    execute: crew ? crew.execute : (job, seen) => inline(station, job, seen),
  };
  return {
    plan,
    workers: asked,
    bytes: image.memory.buffer.byteLength,
    explain: () => explainPlan(plan, image),
    feed: (input) => feed(setup, input),
    close: async () => crew?.close(),
  };
}

interface Setup {
  readonly plan: Plan;
  readonly image: Image;
  readonly options: EngineOptions;
  readonly execute: Crew['execute'];
}

function sharingOf({ sharding }: Plan): Sharing {
  if (sharding === undefined) return 'whole';
  return typeof sharding === 'object' ? 'sharded' : 'single';
}

/** Milliseconds after which the thread lets others run. */
const BREATH_MS = 50;

/** One worker on this thread. */
async function inline(station: Station, job: Job, seen: (packets: number) => void): Promise<void> {
  let breath = performance.now();
  for (let from = 0; from < job.count; from += station.image.span) {
    const range = rangeAt(station, job, 0, from);
    runWhole(station, job, range);
    seen(from + range.count);
    if (performance.now() - breath < BREATH_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    breath = performance.now();
  }
}

/** The same words on shared memory, so that threads read them without copies. */
function shared<T extends Uint8Array | Uint32Array>(from: T): T {
  if (from.buffer instanceof SharedArrayBuffer) return from;
  const kind = from.constructor as new (buffer: SharedArrayBuffer) => T;
  const to = new kind(new SharedArrayBuffer(from.byteLength));
  to.set(from);
  return to;
}

function workerInput({ plan, image }: Setup, input: RunInput): WorkerInput {
  const place = <T extends Uint8Array | Uint32Array>(array: T) => (image.workers.length > 1 ? shared(array) : array);
  if (input.kind === 'packets') {
    const { count, bytes, offset, capLen, origLen, seconds, nanos, capture } = input.packets;
    return {
      kind: 'packets',
      packets: {
        count,
        bytes: place(bytes),
        offset: place(offset),
        capLen: place(capLen),
        origLen: place(origLen),
        seconds: place(seconds),
        nanos: place(nanos),
        capture: place(capture),
      },
    };
  }
  for (const [field, column] of Object.entries(input.fields)) {
    if (column.length < input.count) {
      fail({
        code: 'RUN-COLUMN',
        message: `injected field "${field}" is shorter than the run`,
        need: `${input.count} values`,
        have: `${column.length}`,
      });
    }
  }
  const byColumn = new Map(Object.entries(input.fields).map(([field, column]) => [plan.fields.get(field)!.lo, column]));
  return { kind: 'injected', columns: image.inputs.map(({ column }) => place(byColumn.get(column)!)) };
}

async function feed(setup: Setup, input: RunInput): Promise<RunColumns> {
  const { plan, image, options } = setup;
  const count = input.kind === 'packets' ? input.packets.count : input.count;
  const results = createResults(plan, count, image.workers.length > 1);
  if (count === 0) return results;
  const job: Job = { input: workerInput(setup, input), count, state: options.state ?? 'perCapture', results };
  await setup.execute(job, (packets) => options.progress?.('engine', packets, count));
  return results;
}

/** Columns for the results, on shared memory where threads write them. */
function createResults(plan: Plan, count: number, threads: boolean): RunColumns {
  const room = (bytes: number) => (threads ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const observed: Record<string, Uint32Array> = {};
  const logits = plan.program.verdict.logits.length;
  for (const { name } of plan.outputs.slice(2 + logits)) observed[name] = new Uint32Array(room(count * 4));
  return {
    count,
    outcome: new Uint8Array(room(count)),
    verdict: new Int16Array(room(count * 2)),
    logits: new Int32Array(room(count * logits * 4)),
    observed,
  };
}

/** Runs a program over packets or rows. Equal to `switch`'s reference pipeline for any number of workers. */
export async function runEngine(
  program: Program,
  placement: Placement | undefined,
  input: RunInput,
  options: EngineOptions = {},
): Promise<RunColumns> {
  const injected = input.kind === 'injected' ? Object.keys(input.fields) : undefined;
  const count = input.kind === 'packets' ? input.packets.count : input.count;
  const engine = openEngine(program, placement, count, injected, options);
  try {
    return await engine.feed(input);
  } finally {
    await engine.close();
  }
}
