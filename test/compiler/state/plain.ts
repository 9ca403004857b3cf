/** A model with a state evaluated in plain loops from the weights in its ONNX file: length and gap tables, one clip, pairs of units read together. */
import type { OnnxModel } from '../../../src/model/index.ts';

export interface PlainState {
  readonly units: number;
  /** What a packet adds to every unit. */
  added(length: number, gap: number): number[];
  /** The state after a packet. */
  next(before: readonly number[], length: number, gap: number): number[];
  logits(state: readonly number[]): number[];
}

export function plainState(model: OnnxModel, limit = 2): PlainState {
  const weight = (name: string) => model.graph.initializers[name];
  const units = weight('cell.length.bias').data.length;
  const part = (name: string, value: number, unit: number): number => {
    const table = weight(`${name}.table`);
    const dim = table.dims[1];
    let sum = weight(`cell.${name}.bias`).data[unit];
    for (let j = 0; j < dim; j++)
      sum += table.data[value * dim + j] * weight(`cell.${name}.weight`).data[j * units + unit];
    return Math.tanh(sum);
  };
  const all = Array.from({ length: units }, (_, unit) => unit);
  const added = (length: number, gap: number) =>
    all.map((unit) => part('length', length, unit) + part('gap', gap, unit));
  return {
    units,
    added,
    next: (before, length, gap) =>
      added(length, gap).map((x, unit) => Math.max(-limit, Math.min(limit, before[unit] + x))),
    logits: (state) => {
      const { data, dims } = weight('out.weight');
      const out = Array.from(weight('out.bias').data);
      for (let first = 0, at = 0; first < units; first += 2) {
        const { data: w, dims: size } = weight(`pair${first / 2}.weight`);
        for (let j = 0; j < size[1]; j++, at++) {
          const bias = weight(`pair${first / 2}.bias`).data[j];
          const sum = bias + state[first] * w[j] + state[first + 1] * w[size[1] + j];
          for (let c = 0; c < out.length; c++) out[c] += Math.max(0, sum) * data[at * dims[1] + c];
        }
      }
      return out;
    },
  };
}
