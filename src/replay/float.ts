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

/** Verdicts of the float model on rows (count × row length), in slices. A score's verdict is 1 above the threshold. */
export async function floatVerdicts(
  reference: FloatReference,
  spec: Pick<ModelSpec, 'verdict' | 'threshold'>,
  values: ArrayLike<number>,
  count: number,
  progress?: Progress,
): Promise<FloatVerdicts> {
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
  if (spec.verdict === 'argmax')
    return { verdict: count === 0 ? new Int16Array(0) : argmaxRows(outputs, width), outputs, width };
  const threshold = spec.threshold ?? 0;
  return {
    verdict: Int16Array.from({ length: count }, (_, i) => (outputs[i * width] > threshold ? 1 : 0)),
    outputs,
    width,
  };
}
