/**
 * The layers a model definition is written in. One definition, several readings: trained on the tape (tape-layers), written as ONNX
 * (onnx-layers), counted (parameters). Values are rows of numbers [batch, width]; pictures are rows with a declared shape.
 */
import type { Picture, Window2d } from '../autodiff/index.ts';

export interface LinearOptions {
  /** Default true. */
  readonly bias?: boolean;
  /**
   * The layer's weight has `total` input rows, of which this call uses `picked` (one per column of x): a fully connected layer
   * applied to a part of its input, the other inputs being zero.
   */
  readonly rows?: { readonly total: number; readonly picked: readonly number[] };
}

export interface ConvOptions extends Window2d {
  readonly channels: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** Layers over values of type T. The same `name` twice shares the parameters. */
export interface Layers<T> {
  width(x: T): number;
  columns(x: T, start: number, count: number): T;
  /** x at columns start .. start + width(x) of a row of `total` zeros. */
  place(x: T, start: number, total: number): T;
  concat(parts: readonly T[]): T;
  /** Sum of values of equal width: a SumReduce. */
  sum(parts: readonly T[]): T;
  subtract(a: T, b: T): T;
  absolute(x: T): T;
  /** Mean over the columns: [batch, 1]. */
  mean(x: T): T;
  relu(x: T): T;
  tanh(x: T): T;
  linear(x: T, name: string, outputs: number, options?: LinearOptions): T;
  batchNorm(x: T, name: string): T;
  /** Column `column` of x, a whole number in 0..rows−1, as an index into a table of `rows` vectors of `dim` numbers. */
  embed(x: T, column: number, name: string, rows: number, dim: number): T;
  conv(x: T, name: string, picture: Picture, options: ConvOptions): T;
  maxPool(x: T, picture: Picture, window: Window2d): T;
}
