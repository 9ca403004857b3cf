/**
 * Training of models whose state lives for the whole flow: back-propagation through runs of consecutive packets. A run starts from the
 * state that its flow has there by the weights at the epoch's start, so that late packets train on states that late packets have.
 */
import { fail } from '../../problem.ts';
import type { FeatureRows } from '../../traffic/index.ts';
import {
  addScaled,
  clearTape,
  clip,
  columns,
  concat,
  constant,
  gather,
  load,
  type Numbers,
  reshape,
  type Tape,
  take,
  type Variable,
} from '../autodiff/index.ts';
import type { ModelDefinition, RegisterCell } from '../definitions/index.ts';
import type { Layers } from '../networks/layers.ts';
import { copyRows, type Samples } from './samples.ts';

/** Packets of a run: the steps that gradients go back. */
export const STEPS = 16;
/** Rows of one evaluation. */
const ROWS = 4096;

/** Rows of each flow in order, of flows with a row among those of `used`. Fails with MODEL-ROWS for rows that do not say their flow. */
export function flowRows(rows: FeatureRows, used: readonly Int32Array[]): readonly Int32Array[] {
  const { flow } = rows;
  if (flow === undefined) {
    fail({
      code: 'MODEL-ROWS',
      message: 'a model with a state learns from whole flows, and rows of a file do not say which follow one another',
      hint: 'train it on captures',
    });
  }
  const wanted = new Set(used.flatMap((index) => Array.from(index, (row) => flow[row])));
  const found = new Map<number, number[]>();
  for (let row = 0; row < rows.count; row++) {
    if (!wanted.has(flow[row])) continue;
    const list = found.get(flow[row]);
    if (list) list.push(row);
    else found.set(flow[row], [row]);
  }
  return [...found.values()].map((list) => Int32Array.from(list));
}

/** Runs of at most STEPS packets of flows that have rows among `used`. */
export function runsOf(flows: readonly Int32Array[], used: Int32Array, count: number): readonly Int32Array[] {
  const wanted = new Uint8Array(count);
  for (const row of used) wanted[row] = 1;
  return flows.flatMap((rows) => {
    const runs: Int32Array[] = [];
    for (let at = 0; at < rows.length; at += STEPS) {
      const run = rows.subarray(at, at + STEPS);
      if (run.some((row) => wanted[row] === 1)) runs.push(run);
    }
    return runs;
  });
}

/** What all epochs of a training share: found once. */
export interface FlowRuns {
  /** Rows of each flow, in order. */
  readonly flows: readonly Int32Array[];
  /** Runs with training rows. */
  readonly runs: readonly Int32Array[];
  /** Label of each run, its flow's. */
  readonly label: Int16Array;
  /** Per row: 1 for training rows. */
  readonly used: Uint8Array;
  /** Per row: the row before it in its flow, −1 for none. */
  readonly before: Int32Array;
}

/** Flows of the samples and runs of the training rows. Fails with MODEL-ROWS, as `flowRows` does. */
export function flowRuns(rows: FeatureRows, { train, validation }: Samples): FlowRuns {
  const flows = flowRows(rows, [train, validation]);
  const used = new Uint8Array(rows.count);
  for (const row of train) used[row] = 1;
  const before = new Int32Array(rows.count).fill(-1);
  for (const flow of flows) for (let i = 1; i < flow.length; i++) before[flow[i]] = flow[i - 1];
  const runs = runsOf(flows, train, rows.count);
  return { flows, runs, label: Int16Array.from(runs, (run) => rows.label[run[0]]), used, before };
}

/** Rows through a function of the tape in slices: count × width numbers. */
export function sliced(
  tape: Tape,
  count: number,
  width: number,
  run: (from: number, to: number) => Variable,
): Float32Array {
  const out = new Float32Array(count * width);
  for (let from = 0; from < count; from += ROWS) {
    clearTape(tape);
    out.set(run(from, Math.min(count, from + ROWS)).data, from * width);
  }
  return out;
}

/** The state after every row of the flows given, their states being zero in front of the first: count × units, zeros elsewhere. */
export function statesOf(
  cell: RegisterCell,
  rows: FeatureRows,
  flows: readonly Int32Array[],
  tape: Tape,
  layers: Layers<Variable>,
): Float32Array {
  const { units, limit } = cell;
  const width = rows.features.length;
  const index = new Int32Array(flows.reduce((sum, flow) => sum + flow.length, 0));
  flows.reduce((at, flow) => {
    index.set(flow, at);
    return at + flow.length;
  }, 0);
  const moves = sliced(tape, index.length, units, (from, to) => {
    const input = take(tape, (to - from) * width);
    copyRows(input, rows, width, index, from, to);
    return cell.move(layers, constant([to - from, width], input));
  });
  const states = new Float32Array(rows.count * units);
  index.forEach((row, i) => {
    states.set(moves.subarray(i * units, (i + 1) * units), row * units);
  });
  for (const flow of flows) {
    for (let i = 1; i < flow.length; i++) {
      for (let unit = 0; unit < units; unit++) states[flow[i] * units + unit] += states[flow[i - 1] * units + unit];
      bound(states, flow[i] * units, units, limit);
    }
    bound(states, flow[0] * units, units, limit);
  }
  return states;
}

function bound(values: Numbers, at: number, units: number, limit: number): void {
  for (let i = at; i < at + units; i++) values[i] = Math.max(-limit, Math.min(limit, values[i]));
}

/** A batch of runs on the tape: logits of the rows that `used` marks, and those rows. */
export function runLogits(
  tape: Tape,
  layers: Layers<Variable>,
  definition: ModelDefinition & { readonly cell: RegisterCell },
  rows: FeatureRows,
  runs: readonly Int32Array[],
  starts: (run: Int32Array) => ArrayLike<number> | undefined,
  used: Uint8Array,
): { readonly logits: Variable; readonly rows: Int32Array } {
  const { cell } = definition;
  const { units, limit } = cell;
  const width = rows.features.length;
  // Short runs are filled up with their last packet, whose repetitions nobody reads.
  const index = new Int32Array(runs.length * STEPS);
  runs.forEach((run, r) => {
    for (let t = 0; t < STEPS; t++) index[r * STEPS + t] = run[Math.min(t, run.length - 1)];
  });
  const input = take(tape, index.length * width);
  copyRows(input, rows, width, index, 0, index.length);
  const moves = cell.move(layers, constant([index.length, width], input));
  const steps = reshape(tape, moves, [runs.length, STEPS * units]);
  const before = new Float32Array(runs.length * units);
  runs.forEach((run, r) => {
    const start = starts(run);
    if (start) before.set(start as Float32Array, r * units);
  });
  let state = load(tape, [runs.length, units], before);
  const states: Variable[] = [];
  for (let t = 0; t < STEPS; t++) {
    state = clip(tape, addScaled(tape, columns(tape, steps, t * units, units), state), -limit, limit);
    states.push(state);
  }
  const all = reshape(tape, concat(tape, states), [index.length, units]);
  const real = Int32Array.from(index.keys()).filter((i) => i % STEPS < runs[Math.floor(i / STEPS)].length);
  const read = real.filter((i) => used[index[i]] === 1);
  const picked = gather(tape, all, load(tape, [read.length], read));
  return { logits: cell.read(layers, picked, rows.classes.length), rows: read.map((i) => index[i]) };
}
