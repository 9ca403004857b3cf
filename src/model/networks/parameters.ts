/** Named parameters of a network: created at first use with a seeded initial value, kept for export. */

import { type Backend, type Numbers, parameter, plainBackend, type Random, type Variable } from '../autodiff/index.ts';

export type InitialValue = (data: Numbers, random: Random) => void;

export interface ParameterStore {
  readonly backend: Backend;
  readonly random: Random;
  /** Trained arrays, in order of creation. */
  readonly trained: Map<string, Variable>;
  /** Arrays that follow the data without a gradient: running means and variances. */
  readonly running: Map<string, Numbers>;
  /** Embedding tables: which rows training data have touched. */
  readonly seen: Map<string, Uint8Array>;
}

export function createParameters(random: Random, backend: Backend = plainBackend('float32')): ParameterStore {
  return { backend, random, trained: new Map(), running: new Map(), seen: new Map() };
}

/** The parameter of that name, created when new. A name used with two shapes throws. */
export function trainedArray(
  store: ParameterStore,
  name: string,
  shape: readonly number[],
  initial: InitialValue,
): Variable {
  const found = store.trained.get(name);
  if (found) {
    if (found.shape.join() !== shape.join()) {
      throw new Error(`${name} is used as ${found.shape.join('×')} and ${shape.join('×')}`);
    }
    return found;
  }
  const data = store.backend.allocate(shape.reduce((product, dim) => product * dim, 1));
  initial(data, store.random);
  const made = parameter(shape, data);
  store.trained.set(name, made);
  return made;
}

export function runningArray(store: ParameterStore, name: string, length: number, value: number): Numbers {
  let found = store.running.get(name);
  if (!found) {
    found = store.backend.allocate(length).fill(value);
    store.running.set(name, found);
  }
  return found;
}

/** Glorot uniform: ±√(6 / (fanIn + fanOut)). */
export function glorot(fanIn: number, fanOut: number): InitialValue {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return (data, random) => {
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * limit;
  };
}

export function fill(value: number): InitialValue {
  return (data) => void data.fill(value);
}

/** Cosines per embedding column at the start. */
const WAVES = 6;

/** Columns that vary smoothly with the index, about unit variance: lengths and gaps are ordinal, neighbours start alike. */
export function smoothEmbedding(rows: number, dim: number): InitialValue {
  return (data, random) => {
    for (let j = 0; j < dim; j++) {
      const waves = Array.from({ length: WAVES }, (_, k) => (random.normal() * 1.2) / Math.sqrt(1 + k));
      // Gaps and lengths crowd near zero: waves over the logarithm for every other column.
      const place = j % 2 ? (i: number) => i / (rows - 1) : (i: number) => Math.log1p(i) / Math.log(rows);
      for (let i = 0; i < rows; i++) {
        let value = 0;
        for (let k = 0; k < WAVES; k++) value += waves[k] * Math.cos(Math.PI * (k + 1) * place(i));
        data[i * dim + j] = value;
      }
    }
  };
}

/** Give every embedding row that no training sample touched the interpolation of its nearest touched neighbours. */
export function fillUnseenRows(store: ParameterStore): void {
  for (const [name, seen] of store.seen) {
    const { data, shape } = store.trained.get(name)!;
    const dim = shape[1];
    const known = Array.from(seen.keys()).filter((row) => seen[row] !== 0);
    for (let k = 0; k <= known.length && known.length > 0; k++) {
      const below = known[Math.max(0, k - 1)];
      const above = known[Math.min(known.length - 1, k)];
      const from = k === 0 ? 0 : below + 1;
      const to = k === known.length ? seen.length : above;
      for (let row = from; row < to; row++) {
        const share = above === below ? 0 : (row - below) / (above - below);
        for (let j = 0; j < dim; j++) {
          data[row * dim + j] = (1 - share) * data[below * dim + j] + share * data[above * dim + j];
        }
      }
    }
  }
}

/** Numbers in trained arrays. */
export function parameterCount(store: ParameterStore): number {
  let count = 0;
  for (const { data } of store.trained.values()) count += data.length;
  return count;
}

function allArrays(store: ParameterStore): readonly Numbers[] {
  return [...Array.from(store.trained.values(), ({ data }) => data), ...store.running.values()];
}

/** Copies of all arrays, to return to them later. */
export function snapshot(store: ParameterStore): readonly Numbers[] {
  return allArrays(store).map((data) => Float32Array.from(data));
}

export function restore(store: ParameterStore, saved: readonly Numbers[]): void {
  allArrays(store).forEach((data, k) => {
    data.set(saved[k]);
  });
}

/** Averages over training steps: their validation figure is higher and steadier than that of the last step's weights. */
export interface Average {
  readonly arrays: readonly Numbers[];
  steps: number;
}

/** Weight of the past in each step, once there is enough of it. */
const KEEP = 0.99;

export function startAverage(store: ParameterStore): Average {
  return { arrays: snapshot(store), steps: 0 };
}

/** Move the averages towards the present values; the first steps count more, as the start is random. */
export function updateAverage(average: Average, store: ParameterStore): void {
  average.steps++;
  const step = 1 - Math.min(KEEP, average.steps / (average.steps + 10));
  allArrays(store).forEach((data, k) => {
    const mean = average.arrays[k];
    for (let i = 0; i < data.length; i++) mean[i] += step * (data[i] - mean[i]);
  });
}
