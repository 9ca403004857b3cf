/** The float side: the ONNX model on ideal features with unlimited state. */

import { argmaxRows, type FloatReference, type ModelSpec } from '../model/index.ts';
import type { Progress } from '../problem.ts';

/** Rows a call of the runtime; bounds memory. */
const ROWS = 65536;

export interface FloatVerdicts {
  readonly verdict: Int16Array;
  /** Model outputs, row-major. */
  readonly outputs: Float32Array;
  readonly width: number;
}

/** Rows the float model reads: count × row length, with the flow of each for models with a state. */
export interface FloatRows {
  readonly values: ArrayLike<number>;
  readonly count: number;
  readonly flow: Int32Array;
}

/**
 * Verdicts of the float model on rows. A score's verdict is 1 above the threshold. A model with a state goes along each flow, its rows
 * being the flow's packets in order from the first.
 */
export async function floatVerdicts(
  reference: FloatReference,
  spec: Pick<ModelSpec, 'verdict' | 'threshold'>,
  rows: FloatRows,
  progress?: Progress,
): Promise<FloatVerdicts> {
  const { count } = rows;
  const { outputs, width } = await (reference.advance === undefined
    ? rowOutputs(reference, rows, progress)
    : flowOutputs(reference, rows, progress));
  if (spec.verdict === 'argmax')
    return { verdict: count === 0 ? new Int16Array(0) : argmaxRows(outputs, width), outputs, width };
  const threshold = spec.threshold ?? 0;
  return {
    verdict: Int16Array.from({ length: count }, (_, i) => (outputs[i * width] > threshold ? 1 : 0)),
    outputs,
    width,
  };
}

type Outputs = Pick<FloatVerdicts, 'outputs' | 'width'>;

/** Every row by itself, in slices. */
async function rowOutputs(
  reference: FloatReference,
  { values, count }: FloatRows,
  progress: Progress | undefined,
): Promise<Outputs> {
  const length = count === 0 ? 0 : values.length / count;
  let outputs = new Float32Array(0);
  let width = 0;
  for (let start = 0; start < count; start += ROWS) {
    const rows = Math.min(ROWS, count - start);
    const slice = new Float32Array(rows * length);
    for (let i = 0; i < slice.length; i++) slice[i] = values[start * length + i];
    const part = await reference.run(slice, rows);
    if (start === 0) {
      width = part.length / rows;
      outputs = new Float32Array(count * width);
    }
    outputs.set(part, start * width);
    progress?.('float model', start + rows, count);
  }
  return { outputs, width };
}

/** Rows of each flow, longest flow first: those that have a step t are the first so many. */
function byFlow({ flow, count }: FloatRows): number[][] {
  const flows = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const list = flows.get(flow[row]);
    if (list) list.push(row);
    else flows.set(flow[row], [row]);
  }
  return [...flows.values()].sort((a, b) => b.length - a.length);
}

/** Step t of all flows at once; every flow's state starts at zero. */
async function flowOutputs(
  reference: FloatReference,
  rows: FloatRows,
  progress: Progress | undefined,
): Promise<Outputs> {
  const { values, count } = rows;
  const units = reference.units ?? 0;
  const length = count === 0 ? 0 : values.length / count;
  const flows = byFlow(rows);
  let outputs = new Float32Array(0);
  let states = new Float32Array(flows.length * units);
  let alive = flows.length;
  let done = 0;
  for (let t = 0; done < count; t++) {
    while (flows[alive - 1].length <= t) alive--;
    const step = new Float32Array(alive * length);
    for (let f = 0; f < alive; f++) {
      for (let i = 0; i < length; i++) step[f * length + i] = values[flows[f][t] * length + i];
    }
    const made = await reference.advance!(step, states.slice(0, alive * units), alive);
    const width = made.outputs.length / alive;
    if (t === 0) outputs = new Float32Array(count * width);
    for (let f = 0; f < alive; f++) outputs.set(made.outputs.subarray(f * width, (f + 1) * width), flows[f][t] * width);
    states = made.states as Float32Array<ArrayBuffer>;
    done += alive;
    progress?.('float model', done, count);
  }
  return { outputs, width: count === 0 ? 0 : outputs.length / count };
}
