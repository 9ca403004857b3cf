/** The engine's door: runs a placed program over packets or rows, on this thread or on a pool, with identical results. */

import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { fail, type Progress } from '../problem.ts';
import type { Placement, Program, RunColumns, RunInput, StateMode } from '../program/index.ts';
import { explainPlan } from './explain.ts';
import { buildImage, type Image } from './image.ts';
import { createMachine, type Kernels } from './machine.ts';
import { columnPlaces, type Plan, planProgram } from './plan.ts';
import { clearRegisters, createStation, runTask, type Task, type WorkerInput } from './tasks.ts';
import type { Message } from './worker.ts';

export interface EngineOptions {
  /** Worker threads; 1 = this thread. 0 or absent: one per core, this thread for small inputs. */
  readonly workers?: number;
  /** Default `perCapture`. */
  readonly state?: StateMode;
  /** Fields whose final values are wanted. */
  readonly observe?: readonly string[];
  readonly progress?: Progress;
  /** Default: wasm where it runs. Results are the same. */
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
const CHUNK = 1 << 16;

function batchSize(plan: Plan): number {
  if (plan.oneByOne) return 1;
  const fit = BATCH_BYTES / 4 / Math.max(1, columnPlaces(plan).places);
  return Math.min(4096, Math.max(256, 2 ** Math.floor(Math.log2(fit))));
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
  const shards = typeof plan.sharding === 'object' ? asked : 1;
  const chunk = Math.max(4, Math.min(CHUNK * asked, (count + 3) & ~3));
  const image = buildImage(plan, { chunk, batch: batchSize(plan), workers: asked, shards });
  const reach = injected ? 0 : parserReach(program);
  const station = createStation(image, createMachine(image.memory, options.kernels), reach);
  for (const worker of image.workers) clearRegisters(station, worker);
  const crew = asked > 1 ? threadCrew(image, reach, asked, options.kernels) : undefined;
  const here = async (input: WorkerInput, task: Task) => runTask(station, input, task);
  const setup: Setup = { plan, image, options, workers: asked, execute: crew ? crew.execute : here };
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
  readonly workers: number;
  readonly execute: (input: WorkerInput, task: Task) => Promise<void>;
}

let runs = 0;

function threadCrew(image: Image, reach: number, threads: number, kernels: Kernels | undefined) {
  const run = runs++;
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const pool = new Piscina({
    filename: new URL(`./worker${extension}`, import.meta.url).href,
    name: 'execute',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    concurrentTasksPerWorker: 1,
  });
  return {
    execute: async (input: WorkerInput, task: Task): Promise<void> => {
      const message: Message = { run, image, reach, input, task, ...(kernels ? { kernels } : {}) };
      await pool.run(message);
    },
    close: () => pool.destroy(),
  };
}

/** The same words on shared memory, so that threads read them without copies. */
function shared<T extends Uint8Array | Uint32Array>(from: T): T {
  if (from.buffer instanceof SharedArrayBuffer) return from;
  const kind = from.constructor as new (buffer: SharedArrayBuffer) => T;
  const to = new kind(new SharedArrayBuffer(from.byteLength));
  to.set(from);
  return to;
}

function workerInput({ plan, image, workers }: Setup, input: RunInput): WorkerInput {
  const place = <T extends Uint8Array | Uint32Array>(array: T) => (workers > 1 ? shared(array) : array);
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
  const results = createResults(plan, count);
  if (count === 0) return results;
  const work = workerInput(setup, input);
  let breath = performance.now();
  for (let origin = 0; origin < count; origin += image.chunk) {
    const lanes = Math.min(image.chunk, count - origin);
    await runChunk(setup, work, origin, lanes);
    copyResults(image, results, origin, lanes);
    options.progress?.('engine', origin + lanes, count);
    if (setup.workers > 1 || performance.now() - breath < 50) continue;
    await new Promise((resolve) => setImmediate(resolve));
    breath = performance.now();
  }
  return results;
}

/** Stateless or alone: ranges run whole. Sharded: all ranges enter, then each worker runs the slots it owns. */
async function runChunk(
  { plan, options, workers, execute }: Setup,
  input: WorkerInput,
  origin: number,
  count: number,
): Promise<void> {
  const state = options.state ?? 'perCapture';
  const ranges = Array.from({ length: workers }, (_, worker) => {
    const first = Math.floor((count * worker) / workers) & ~3;
    const end = worker === workers - 1 ? count : Math.floor((count * (worker + 1)) / workers) & ~3;
    return { worker, origin, first, count: end - first, state, shard: -1 };
  }).filter((range) => range.count > 0);
  if (plan.sharding === undefined || workers === 1) {
    await Promise.all(ranges.map((range) => execute(input, { kind: 'whole', ...range })));
    return;
  }
  await Promise.all(ranges.map((range) => execute(input, { kind: 'enter', ...range })));
  const whole = { kind: 'shard' as const, origin, first: 0, count, state };
  const shards = typeof plan.sharding === 'object' ? ranges.length : 0;
  if (shards === 0) await execute(input, { ...whole, worker: 0, shard: -1 });
  else
    await Promise.all(
      Array.from({ length: workers }, (_, worker) => execute(input, { ...whole, worker, shard: worker })),
    );
}

function createResults(plan: Plan, count: number): RunColumns & { readonly observed: Record<string, Uint32Array> } {
  const observed: Record<string, Uint32Array> = {};
  const logits = plan.program.verdict.logits.length;
  for (const { name } of plan.outputs.slice(2 + logits)) observed[name] = new Uint32Array(count);
  return {
    count,
    outcome: new Uint8Array(count),
    verdict: new Int16Array(count),
    logits: new Int32Array(count * logits),
    observed,
  };
}

function copyResults(image: Image, results: RunColumns, origin: number, lanes: number): void {
  const { buffer } = image.memory;
  for (const { name, address, stride } of image.outputs) {
    if (name === 'outcome') results.outcome.set(new Uint8Array(buffer, address, lanes), origin);
    else if (name === 'verdict') results.verdict.set(new Int16Array(buffer, address, lanes), origin);
    else if (name === 'logit 0') results.logits.set(new Int32Array(buffer, address, lanes * stride), origin * stride);
    else if (!name.startsWith('logit ')) results.observed[name].set(new Uint32Array(buffer, address, lanes), origin);
  }
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
