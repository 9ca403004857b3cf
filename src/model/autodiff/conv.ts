/**
 * Convolution and max pooling on rows that hold pictures [channels, height, width]; one-dimensional ones have height 1.
 *
 * A convolution is written as one matrix [picture, result] whose entries repeat the kernel's: the pictures here are small (≤ 64 cells),
 * and one product in SIMD lanes beats gathering patches.
 */
import { addBias, matmul } from './dense.ts';
import { gradient, record, result, sizeOf, type Tape, take, type Variable, zeroResult } from './tape.ts';

export interface Picture {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface Window2d {
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  /** Zeros before and after, in height and width. */
  readonly padding?: readonly [number, number];
}

/** Output height and width of a window over a picture. */
export function windowedSize(picture: Picture, window: Window2d): { height: number; width: number } {
  const [sh, sw] = window.stride ?? [1, 1];
  const [ph, pw] = window.padding ?? [0, 0];
  return {
    height: Math.floor((picture.height + 2 * ph - window.kernel[0]) / sh) + 1,
    width: Math.floor((picture.width + 2 * pw - window.kernel[1]) / sw) + 1,
  };
}

/** For each output place and kernel cell (channel, y, x): the index in the picture, −1 in the padding. */
function patchIndex(picture: Picture, window: Window2d): { index: Int32Array; places: number; cells: number } {
  const { channels, height, width } = picture;
  const [kh, kw] = window.kernel;
  const [sh, sw] = window.stride ?? [1, 1];
  const [ph, pw] = window.padding ?? [0, 0];
  const size = windowedSize(picture, window);
  const places = size.height * size.width;
  const cells = channels * kh * kw;
  const index = new Int32Array(places * cells);
  for (let place = 0; place < places; place++) {
    const top = Math.floor(place / size.width) * sh - ph;
    const left = (place % size.width) * sw - pw;
    for (let cell = 0; cell < cells; cell++) {
      const y = top + (Math.floor(cell / kw) % kh);
      const x = left + (cell % kw);
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      index[place * cells + cell] = inside ? Math.floor(cell / (kh * kw)) * height * width + y * width + x : -1;
    }
  }
  return { index, places, cells };
}

/** out[i] = x[index[i]] over all elements, 0 for −1: structured matrices made of few weights. */
export function pick(tape: Tape, x: Variable, index: Int32Array, shape: readonly number[]): Variable {
  if (sizeOf(shape) !== index.length) throw new Error(`${index.length} picked elements for shape ${shape.join('×')}`);
  const out = zeroResult(tape, shape, [x]);
  for (let i = 0; i < index.length; i++) if (index[i] >= 0) out.data[i] = x.data[index[i]];
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < index.length; i++) if (index[i] >= 0) dx[index[i]] += grad[i];
  });
}

/** Where each entry of the convolution's matrix [picture, channels × places] comes from in weight[cells, channels]. */
function matrixIndex(picture: Picture, window: Window2d, channels: number): { matrix: Int32Array; places: number } {
  const { index, places, cells } = patchIndex(picture, window);
  const size = picture.channels * picture.height * picture.width;
  const matrix = new Int32Array(size * channels * places).fill(-1);
  for (let place = 0; place < places; place++) {
    for (let cell = 0; cell < cells; cell++) {
      const from = index[place * cells + cell];
      if (from < 0) continue;
      for (let c = 0; c < channels; c++) matrix[(from * channels + c) * places + place] = cell * channels + c;
    }
  }
  return { matrix, places };
}

/**
 * Convolution of x[rows, channels·height·width] with weight[channels·kh·kw, out] (and bias[out]);
 * returns [rows, out·height'·width'].
 */
export function conv2d(
  tape: Tape,
  x: Variable,
  picture: Picture,
  window: Window2d,
  weight: Variable,
  bias?: Variable,
): Variable {
  const channels = weight.shape[1];
  const { matrix, places } = matrixIndex(picture, window, channels);
  const size = picture.channels * picture.height * picture.width;
  const product = matmul(tape, x, pick(tape, weight, matrix, [size, channels * places]));
  if (!bias) return product;
  const channelOf = Int32Array.from({ length: channels * places }, (_, i) => Math.floor(i / places));
  return addBias(tape, product, pick(tape, bias, channelOf, [channels * places]));
}

/** Largest value of each window, per channel; padding never wins. The slope goes to the first maximum. */
export function maxPool2d(tape: Tape, x: Variable, picture: Picture, window: Window2d): Variable {
  const { index, places, cells } = patchIndex({ ...picture, channels: 1 }, window);
  const area = picture.height * picture.width;
  const planes = x.data.length / area;
  const rows = planes / picture.channels;
  const out = result(tape, [rows, picture.channels * places], [x]);
  // Which cell of its plane won, kept as a number beside the result.
  const winner = take(tape, planes * places);
  const lookup = take(tape, index.length);
  lookup.set(index);
  tape.backend.kernels.maxPool(out.data, winner, x.data, lookup, area, cells);
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < grad.length; i++) dx[Math.floor(i / places) * area + winner[i]] += grad[i];
  });
}
