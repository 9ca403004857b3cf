/** Layers computed on the differentiation tape; stacked parts are consecutive rows. */
import {
  absolute,
  addBias,
  addScaled,
  batchNorm,
  clip,
  columns,
  concat,
  constant,
  conv2d,
  gather,
  isolateColumns,
  matmul,
  maxPool2d,
  pick,
  relu,
  reshape,
  sumRows,
  type Tape,
  take,
  tanh,
  type Variable,
} from '../autodiff/index.ts';
import type { Layers } from './layers.ts';
import { fill, glorot, type ParameterStore, runningArray, smoothEmbedding, trainedArray } from './parameters.ts';

interface Place {
  readonly tape: Tape;
  readonly store: ParameterStore;
  readonly training: boolean;
  /** Parts per sample of stacked values; absent: not stacked. */
  readonly parts: WeakMap<Variable, number>;
}

type TapeLayers = Layers<Variable>;

function width(x: Variable): number {
  return x.shape.at(-1)!;
}

function partsOf(place: Place, x: Variable): number {
  return place.parts.get(x) ?? 1;
}

/** Note that x has that many parts per sample. */
function stacked(place: Place, x: Variable, parts: number): Variable {
  if (parts > 1) place.parts.set(x, parts);
  return x;
}

/** A layer that keeps rows apart: its result is stacked as its input is. */
function alike<A extends unknown[]>(place: Place, layer: (x: Variable, ...rest: A) => Variable) {
  return (x: Variable, ...rest: A): Variable => stacked(place, layer(x, ...rest), partsOf(place, x));
}

function weightOf(place: Place, name: string, inputs: number, outputs: number): Variable {
  return trainedArray(place.store, `${name}.weight`, [inputs, outputs], glorot(inputs, outputs));
}

function withBias(place: Place, x: Variable, name: string): Variable {
  return addBias(place.tape, x, trainedArray(place.store, `${name}.bias`, [width(x)], fill(0)));
}

function joined(place: Place, x: Variable): Variable {
  const parts = partsOf(place, x);
  return reshape(place.tape, x, [x.data.length / width(x) / parts, width(x) * parts]);
}

function linearLayers(place: Place): Pick<TapeLayers, 'linear' | 'linearPair' | 'linearAcross' | 'linearBlocks'> {
  const { tape } = place;
  return {
    linear: alike(place, (x, name: string, outputs: number, { bias = true } = {}) => {
      const product = matmul(tape, x, weightOf(place, name, width(x), outputs));
      return bias ? withBias(place, product, name) : product;
    }),
    linearPair: alike(place, (x, names: readonly [string, string], widths: readonly [number, number]) => {
      const first = weightOf(place, names[0], width(x), widths[0]);
      const second = weightOf(place, names[1], widths[0], widths[1]);
      const bias = trainedArray(place.store, `${names[0]}.bias`, [widths[0]], fill(0));
      const shift = reshape(tape, matmul(tape, reshape(tape, bias, [1, widths[0]]), second), [widths[1]]);
      return addBias(tape, matmul(tape, x, matmul(tape, first, second)), shift);
    }),
    linearAcross: (x, name, outputs, { bias = true, rows } = {}) => {
      const flat = joined(place, x);
      const full = weightOf(place, name, rows?.total ?? width(flat), outputs);
      const index = rows && Int32Array.from(rows.picked.flatMap((row) => rowIndex(row, outputs)));
      const weight = index ? pick(tape, full, index, [width(flat), outputs]) : full;
      const product = matmul(tape, flat, weight);
      return bias ? withBias(place, product, name) : product;
    },
    linearBlocks: (x, name, block, outputs) => {
      const total = width(x);
      const blocks = total / block;
      const weight = weightOf(place, name, total, outputs);
      const index = new Int32Array(total * blocks * outputs).fill(-1);
      for (let i = 0; i < total; i++) {
        const at = i * blocks * outputs + Math.floor(i / block) * outputs;
        for (let j = 0; j < outputs; j++) index[at + j] = i * outputs + j;
      }
      const product = matmul(tape, x, pick(tape, weight, index, [total, blocks * outputs]));
      const rows = x.data.length / total;
      return stacked(place, reshape(tape, product, [rows * blocks, outputs]), partsOf(place, x) * blocks);
    },
  };
}

/** Elements of one weight row, −1 for no row. */
function rowIndex(row: number, outputs: number): number[] {
  return Array.from({ length: outputs }, (_, j) => (row < 0 ? -1 : row * outputs + j));
}

function normLayer(place: Place): TapeLayers['batchNorm'] {
  return alike(place, (x, name: string) => {
    const n = width(x);
    const state = {
      scale: trainedArray(place.store, `${name}.scale`, [n], fill(1)),
      shift: trainedArray(place.store, `${name}.shift`, [n], fill(0)),
      mean: runningArray(place.store, `${name}.mean`, n, 0),
      variance: runningArray(place.store, `${name}.variance`, n, 1),
    };
    return batchNorm(place.tape, x, state, place.training);
  });
}

function markSeen(store: ParameterStore, name: string, rows: number, index: ArrayLike<number>): void {
  let seen = store.seen.get(name);
  if (!seen) {
    seen = new Uint8Array(rows);
    store.seen.set(name, seen);
  }
  for (let i = 0; i < index.length; i++) seen[Math.max(0, Math.min(rows - 1, Math.trunc(index[i])))] = 1;
}

function embedLayer(place: Place): TapeLayers['embed'] {
  const { tape, store } = place;
  return alike(place, (x, column: number, name: string, rows: number, dim: number) => {
    const picked = columns(tape, x, column, 1);
    if (place.training) markSeen(store, name, rows, picked.data);
    const table = trainedArray(store, name, [rows, dim], smoothEmbedding(rows, dim));
    return gather(tape, table, constant([picked.data.length], picked.data));
  });
}

function pictureLayers(place: Place): Pick<TapeLayers, 'conv' | 'maxPool'> {
  return {
    conv: alike(place, (x, name: string, picture, options) => {
      const cells = picture.channels * options.kernel[0] * options.kernel[1];
      const weight = weightOf(place, name, cells, options.channels);
      const biased = options.bias ?? true;
      const bias = biased ? trainedArray(place.store, `${name}.bias`, [options.channels], fill(0)) : undefined;
      return conv2d(place.tape, x, picture, options, weight, bias);
    }) as TapeLayers['conv'],
    maxPool: alike(place, (x, picture, window) => maxPool2d(place.tape, x, picture, window)) as TapeLayers['maxPool'],
  };
}

function shapeLayers(
  place: Place,
): Pick<TapeLayers, 'stack' | 'join' | 'sumParts' | 'isolate' | 'columns' | 'concat' | 'sum'> {
  const { tape } = place;
  return {
    stack: (x, parts) => {
      const rows = (x.data.length / width(x)) * parts;
      return stacked(place, reshape(tape, x, [rows, width(x) / parts]), partsOf(place, x) * parts);
    },
    join: (x) => joined(place, x),
    sumParts: (x, parts) => stacked(place, sumRows(tape, x, parts), partsOf(place, x) / parts),
    isolate: (x, columnsKept) =>
      stacked(place, isolateColumns(tape, x, columnsKept), partsOf(place, x) * Math.ceil(width(x) / columnsKept)),
    columns: alike(place, (x, start: number, count: number) => columns(tape, x, start, count)),
    concat: (parts) => stacked(place, concat(tape, parts), partsOf(place, parts[0])),
    sum: (parts) => {
      const total = parts.slice(1).reduce((sum, part) => addScaled(tape, sum, part), parts[0]);
      return stacked(place, total, partsOf(place, parts[0]));
    },
  };
}

/** The layers on a tape, with parameters from the store. In training, batch norm uses batch moments and embeddings note the rows they see. */
export function tapeLayers(tape: Tape, store: ParameterStore, training: boolean): Layers<Variable> {
  const place: Place = { tape, store, training, parts: new WeakMap() };
  return {
    ...shapeLayers(place),
    ...linearLayers(place),
    ...pictureLayers(place),
    subtract: (a, b) => stacked(place, addScaled(tape, a, b, -1), partsOf(place, a)),
    absolute: alike(place, (x) => absolute(tape, x)),
    mean: alike(place, (x) => matmul(tape, x, constant([width(x), 1], take(tape, width(x)).fill(1 / width(x))))),
    relu: alike(place, (x) => relu(tape, x)),
    tanh: alike(place, (x) => tanh(tape, x)),
    clip: alike(place, (x, low: number, high: number) => clip(tape, x, low, high)),
    batchNorm: normLayer(place),
    embed: embedLayer(place),
  };
}
