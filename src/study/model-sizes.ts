/**
 * What each of the models takes on a chip at default options, from the compiler: tables, bits a flow, stages. Weights of one epoch on a few
 * hundred packets of a generated trace: sizes follow from the network's shape, the ranges of its sums and the chip far more than from
 * what was learnt (docs/models.md says how far they hold for the trained scenarios).
 */

import { availableParallelism } from 'node:os';
import { modelDefinition, parameterTotal } from '../model/index.ts';
import { type Problem, ProblemError, type Progress } from '../problem.ts';
import type { Chip } from '../switch/index.ts';
import { type ApplicationSpec, type Dataset, type TraceSpec, traceDataset } from '../traffic/index.ts';
import { cached, contentKey, openCache } from './cache.ts';
import { compileStep } from './compile.ts';
import { registersOf, switchRows, timeUnits } from './inputs.ts';
import { defaultOptions, type ModelId } from './scenario.ts';
import { closeThreads, openThread, type TaskThread } from './thread.ts';
import { modelShape, trainStep } from './train.ts';

/** One thing that keeps a program from fitting (FIT-* of the fit report). */
export interface Shortage {
  readonly code: string;
  readonly message: string;
  readonly need: number;
  readonly have: number;
}

/** What a model takes when compiled. */
export interface PlacedSize {
  readonly tables: number;
  /** Bits per flow as the paper counts them: kept indices and the clock. */
  readonly stateBits: number;
  /** Bits per flow of all registers: also the owner's hash, counters, whole cells. */
  readonly registerBits: number;
  /** null when it does not fit. */
  readonly stages: number | null;
  readonly fits: boolean;
  /** What the chip is short of; empty when it fits. */
  readonly short: readonly Shortage[];
}

export interface ModelSize {
  readonly id: ModelId;
  readonly parameters: number;
  /** null: the model is refused for this chip. */
  readonly placed: PlacedSize | null;
  readonly problem: Problem | null;
}

export interface SizeTask {
  readonly id: ModelId;
  readonly classes: number;
  readonly chip: Chip;
}

/** Rows to train and calibrate on. */
const ROWS = 400;
/** Flows of the trace, dealt to the classes; every class has two at least. */
const FLOWS = 36;

/** Two states of one application: sizes and gaps grow with its number, overlapping with its neighbours'. */
function application(className: string, number: number, classes: number): ApplicationSpec {
  const grown = 1 + (2 * number) / classes;
  const state = (name: string, side: 'client' | 'server', size: number, gap: number) => ({
    name,
    side,
    size: { median: size * grown, spread: 0.5 },
    gapMs: { median: gap * grown, spread: 1 },
    payload: [number & 255, -1, side === 'client' ? 1 : 2],
    next: [
      [0, 0.4],
      [1, 0.6],
    ] as const,
  });
  return {
    name: className,
    className,
    captures: 1,
    flows: Math.max(2, Math.ceil(FLOWS / classes)),
    seconds: 5,
    udp: 0.4,
    ipv6: 0,
    vlan: 0,
    ports: [443 + number],
    packets: { median: 20, spread: 0.3 },
    tos: [
      [0, 0.8],
      [8, 0.2],
    ],
    timestamps: 0.5,
    ipOptions: 0,
    style: 0.2,
    hidden: 0.3,
    ack: 0.3,
    states: [state('ask', 'client', 70, 12), state('tell', 'server', 450, 6)],
  };
}

/** A small trace of so many classes; anomaly models get benign traffic and attacks. */
function sizeTrace(id: ModelId, classes: number): Dataset {
  const anomaly = modelDefinition(id).task === 'anomaly';
  const names = anomaly ? ['benign', 'attack'] : Array.from({ length: classes }, (_, c) => `class-${c + 1}`);
  const spec: TraceSpec = {
    name: 'sizes',
    seed: 1,
    start: 1_700_000_000,
    snapLength: 96,
    nanosecond: false,
    applications: names.map((name, number) => application(name, number, names.length)),
  };
  return traceDataset(spec);
}

/** Train for one epoch, compile for the chip, count. */
export async function sizeOnThread({ id, classes, chip }: SizeTask, progress: Progress): Promise<PlacedSize> {
  const { compile, flow } = defaultOptions();
  const nothingKept = openCache(undefined);
  const shape = modelShape(id);
  const dataset = sizeTrace(id, classes);
  const run = { workers: 1, state: 'perCapture' } as const;
  const rows = await switchRows(dataset, shape, flow, run);
  const about = { units: timeUnits(shape.features, flow.tickBits), trainedOn: 'switch' } as const;
  const recipe = { train: id, seed: 1, epochs: 1, maxRows: ROWS } as const;
  const { onnx, spec } = await trainStep(nothingKept, rows, recipe, about, progress);
  const choices = { ...compile, maxRows: ROWS };
  const registers = registersOf({ onnx, spec }, id, flow, compile);
  const own = registers === undefined ? rows : await switchRows(dataset, registers.shape, flow, run);
  const step = { name: id, onnx, spec, rows: own, chip, choices, flow };
  const { program, fits, fit, stateBits } = await compileStep(nothingKept, step, progress);
  return {
    tables: program.tables.length,
    stateBits,
    registerBits: program.flow?.bitsPerFlow ?? 0,
    stages: fits ? fit.stages.used : null,
    fits,
    short: fit.problems.map(({ code, message, need, have }) => ({ code, message, need, have })),
  };
}

/** Codes by which compiler, front and validator say that a model and a chip do not go together. */
const REFUSALS = /^(COMPILE|FEATURE|FIT|PROGRAM)-/;

/** One model's size, from the cache or from a thread. What the compiler refuses is part of the answer. */
async function sizeOf(
  task: SizeTask,
  cache: string | undefined,
  thread: () => TaskThread,
  progress: Progress,
): Promise<ModelSize> {
  const { id, classes, chip } = task;
  const own = { id, parameters: parameterTotal(id, classes) };
  const key = contentKey('size', id, classes, chip, ROWS, FLOWS);
  try {
    const placed = await cached(openCache(cache), 'size', key, () => thread().run('size', task, progress));
    return { ...own, placed, problem: null };
  } catch (error) {
    if (!(error instanceof ProblemError) || !REFUSALS.test(error.problem.code)) throw error;
    return { ...own, placed: null, problem: error.problem };
  }
}

export interface SizeOptions {
  readonly classes: number;
  readonly chip: Chip;
  /** Folder of kept artefacts; undefined: none. */
  readonly cache: string | undefined;
  /** Models compiled at once; 0: one per core. The result is the same. */
  readonly workers: number;
  readonly progress: Progress;
}

/**
 * Sizes of models in the order given, compiled on threads of their own.
 * @throws ProblemError FILE-WRITE when the cache cannot be written
 */
export async function modelSizes(ids: readonly ModelId[], options: SizeOptions): Promise<ModelSize[]> {
  const { classes, chip, cache, workers, progress } = options;
  const sizes: ModelSize[] = [];
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    let thread: TaskThread | undefined;
    try {
      for (let at = next++; at < ids.length; at = next++) {
        const open = (): TaskThread => (thread ??= openThread());
        sizes[at] = await sizeOf({ id: ids[at], classes, chip }, cache, open, () =>
          progress('compiling models', done, ids.length),
        );
        progress('compiling models', ++done, ids.length);
      }
    } finally {
      await thread?.close();
    }
  };
  const lanes = Math.min(ids.length, workers === 0 ? availableParallelism() : workers);
  await Promise.all(Array.from({ length: lanes }, lane)).catch(async (error: unknown) => {
    await closeThreads();
    throw error;
  });
  return sizes;
}
