/** Convolution and max pooling on rows that hold pictures [channels, height, width]; one-dimensional ones have height 1. */
import { matmul } from './dense.ts';
import type { Numbers } from './kernels.ts';
import { gradient, record, result, type Tape, type Variable } from './tape.ts';

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

/** out[rows, index.length] = x[rows, index]; −1 gives 0. The im2col step, and any fixed rearrangement of columns. */
export function pickColumns(tape: Tape, x: Variable, index: Int32Array): Variable {
  const width = x.shape.at(-1)!;
  const rows = x.data.length / width;
  const count = index.length;
  const out = result(tape, [rows, count], [x]);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < count; j++) out.data[i * count + j] = index[j] < 0 ? 0 : x.data[i * width + index[j]];
  }
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < count; j++) if (index[j] >= 0) dx[i * width + index[j]] += grad[i * count + j];
    }
  });
}

/** [rows·places, channels] (+ bias) → [rows, channels·places]: from matrix product order to picture order. */
function placesLast(tape: Tape, x: Variable, rows: number, places: number, bias: Variable | undefined): Variable {
  const channels = x.shape[1];
  const out = result(tape, [rows, channels * places], bias ? [x, bias] : [x]);
  const move = (visit: (matrixAt: number, pictureAt: number, channel: number) => void): void => {
    for (let row = 0; row < rows; row++) {
      for (let place = 0; place < places; place++) {
        const from = (row * places + place) * channels;
        const to = row * channels * places + place;
        for (let c = 0; c < channels; c++) visit(from + c, to + c * places, c);
      }
    }
  };
  move((from, to, c) => {
    out.data[to] = x.data[from] + (bias ? bias.data[c] : 0);
  });
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    const db: Numbers | undefined = bias?.tracked ? gradient(tape, bias) : undefined;
    move((from, to, c) => {
      dx[from] += grad[to];
      if (db) db[c] += grad[to];
    });
  });
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
  const { index, places, cells } = patchIndex(picture, window);
  const picked = pickColumns(tape, x, index);
  const rows = picked.shape[0];
  const patches: Variable = { ...picked, shape: [rows * places, cells] };
  const view = record(tape, patches, (grad) => {
    picked.grad = grad;
  });
  return placesLast(tape, matmul(tape, view, weight), rows, places, bias);
}

/** Largest value of each window, per channel; padding never wins. The slope goes to the first maximum. */
export function maxPool2d(tape: Tape, x: Variable, picture: Picture, window: Window2d): Variable {
  const single: Picture = { ...picture, channels: 1 };
  const { index, places, cells } = patchIndex(single, window);
  const area = picture.height * picture.width;
  const planes = x.data.length / area;
  const rows = planes / picture.channels;
  const out = result(tape, [rows, picture.channels * places], [x]);
  const winner = new Int32Array(planes * places);
  for (let plane = 0; plane < planes; plane++) {
    for (let place = 0; place < places; place++) {
      let best = -1;
      for (let cell = 0; cell < cells; cell++) {
        const at = index[place * cells + cell];
        if (at >= 0 && (best < 0 || x.data[plane * area + at] > x.data[best])) best = plane * area + at;
      }
      winner[plane * places + place] = best;
      out.data[plane * places + place] = x.data[best];
    }
  }
  return record(tape, out, (grad) => {
    const dx = gradient(tape, x);
    for (let i = 0; i < grad.length; i++) dx[winner[i]] += grad[i];
  });
}
