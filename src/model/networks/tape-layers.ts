/** Layers computed on the differentiation tape. */
import {
  absolute,
  addBias,
  addScaled,
  batchNorm,
  columns,
  concat,
  constant,
  conv2d,
  gather,
  matmul,
  maxPool2d,
  pickColumns,
  relu,
  type Tape,
  take,
  tanh,
  type Variable,
} from '../autodiff/index.ts';
import type { Layers } from './layers.ts';
import { fill, glorot, type ParameterStore, runningArray, smoothEmbedding, trainedArray } from './parameters.ts';

function linearLayer(tape: Tape, store: ParameterStore): Layers<Variable>['linear'] {
  return (x, name, outputs, { bias = true, rows } = {}) => {
    const inputs = rows?.total ?? x.shape.at(-1)!;
    const full = trainedArray(store, `${name}.weight`, [inputs, outputs], glorot(inputs, outputs));
    const index = rows && constant([rows.picked.length], Float64Array.from(rows.picked));
    const product = matmul(tape, x, index ? gather(tape, full, index) : full);
    return bias ? addBias(tape, product, trainedArray(store, `${name}.bias`, [outputs], fill(0))) : product;
  };
}

function normLayer(tape: Tape, store: ParameterStore, training: boolean): Layers<Variable>['batchNorm'] {
  return (x, name) => {
    const width = x.shape.at(-1)!;
    const state = {
      scale: trainedArray(store, `${name}.scale`, [width], fill(1)),
      shift: trainedArray(store, `${name}.shift`, [width], fill(0)),
      mean: runningArray(store, `${name}.mean`, width, 0),
      variance: runningArray(store, `${name}.variance`, width, 1),
    };
    return batchNorm(tape, x, state, training);
  };
}

function markSeen(store: ParameterStore, name: string, rows: number, index: ArrayLike<number>): void {
  let seen = store.seen.get(name);
  if (!seen) {
    seen = new Uint8Array(rows);
    store.seen.set(name, seen);
  }
  for (let i = 0; i < index.length; i++) seen[Math.max(0, Math.min(rows - 1, Math.trunc(index[i])))] = 1;
}

function embedLayer(tape: Tape, store: ParameterStore, training: boolean): Layers<Variable>['embed'] {
  return (x, column, name, rows, dim) => {
    const picked = columns(tape, x, column, 1);
    if (training) markSeen(store, name, rows, picked.data);
    const table = trainedArray(store, name, [rows, dim], smoothEmbedding(rows, dim));
    return gather(tape, table, constant([picked.data.length], picked.data));
  };
}

function convLayer(tape: Tape, store: ParameterStore): Layers<Variable>['conv'] {
  return (x, name, picture, options) => {
    const cells = picture.channels * options.kernel[0] * options.kernel[1];
    const weight = trainedArray(store, `${name}.weight`, [cells, options.channels], glorot(cells, options.channels));
    const bias = options.bias ?? true;
    const shift = bias ? trainedArray(store, `${name}.bias`, [options.channels], fill(0)) : undefined;
    return conv2d(tape, x, picture, options, weight, shift);
  };
}

function meanLayer(tape: Tape, x: Variable): Variable {
  const width = x.shape.at(-1)!;
  return matmul(tape, x, constant([width, 1], take(tape, width).fill(1 / width)));
}

/** The layers on a tape, with parameters from the store. In training, batch norm uses batch moments and embeddings note the rows they see. */
export function tapeLayers(tape: Tape, store: ParameterStore, training: boolean): Layers<Variable> {
  return {
    width: (x) => x.shape.at(-1)!,
    columns: (x, start, count) => columns(tape, x, start, count),
    place: (x, start, total) => {
      const width = x.shape.at(-1)!;
      const index = Int32Array.from({ length: total }, (_, j) => (j >= start && j < start + width ? j - start : -1));
      return pickColumns(tape, x, index);
    },
    concat: (parts) => concat(tape, parts),
    sum: (parts) => parts.slice(1).reduce((sum, part) => addScaled(tape, sum, part), parts[0]),
    subtract: (a, b) => addScaled(tape, a, b, -1),
    absolute: (x) => absolute(tape, x),
    mean: (x) => meanLayer(tape, x),
    relu: (x) => relu(tape, x),
    tanh: (x) => tanh(tape, x),
    linear: linearLayer(tape, store),
    batchNorm: normLayer(tape, store, training),
    embed: embedLayer(tape, store, training),
    conv: convLayer(tape, store),
    maxPool: (x, picture, window) => maxPool2d(tape, x, picture, window),
  };
}
