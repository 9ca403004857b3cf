/**
 * The layers a model definition is written in. One definition, several readings: trained on the tape (tape-layers) and written as ONNX
 * (onnx-layers). Values are rows of numbers [batch, width].
 *
 * A value may be *stacked*: several parts per sample (packets, segments), on which following layers act alike with shared parameters.
 * On the tape the parts are more rows; in ONNX each part is a branch of its own, so that what depends on which input stays visible.
 */
import type { Picture, Window2d } from '../autodiff/index.ts';

export interface LinearOptions {
  /** Default true. */
  readonly bias?: boolean;
}

export interface AcrossOptions extends LinearOptions {
  /** The weight has `total` rows; column i of the joined parts uses row picked[i], −1 for none (weight 0). Default: one row per column. */
  readonly rows?: { readonly total: number; readonly picked: readonly number[] };
}

export interface ConvOptions extends Window2d {
  readonly channels: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** Layers over values of type T. The same `name` twice shares the parameters. */
export interface Layers<T> {
  /** Columns in equal parts: width w becomes `parts` parts of w / parts columns each. */
  stack(x: T, parts: number): T;
  /** The parts side by side again, no longer stacked. */
  join(x: T): T;
  /** Runs of `parts` consecutive parts added up: a SumReduce. */
  sumParts(x: T, parts: number): T;
  /** One part per run of `width` columns, keeping its columns in place and 0 elsewhere. */
  isolate(x: T, width: number): T;
  columns(x: T, start: number, count: number): T;
  concat(parts: readonly T[]): T;
  sum(parts: readonly T[]): T;
  subtract(a: T, b: T): T;
  absolute(x: T): T;
  /** Mean over the columns: width 1. */
  mean(x: T): T;
  relu(x: T): T;
  tanh(x: T): T;
  /** At least `low`, at most `high`. */
  clip(x: T, low: number, high: number): T;
  linear(x: T, name: string, outputs: number, options?: LinearOptions): T;
  /** Two linear layers with nothing between them (the second without bias): trained as one product, kept as two. */
  linearPair(x: T, names: readonly [string, string], widths: readonly [number, number]): T;
  /** A linear layer over the joined parts: Σ over parts of part × its rows of the weight. */
  linearAcross(x: T, name: string, outputs: number, options?: AcrossOptions): T;
  /** Each run of `width` columns through its own linear layer (no bias); the results become parts. */
  linearBlocks(x: T, name: string, width: number, outputs: number): T;
  batchNorm(x: T, name: string): T;
  /** Column `column` of x, a whole number in 0..rows−1, as an index into a table of `rows` vectors of `dim` numbers. */
  embed(x: T, column: number, name: string, rows: number, dim: number): T;
  /** Pictures are columns [channels, height, width]. */
  conv(x: T, name: string, picture: Picture, options: ConvOptions): T;
  maxPool(x: T, picture: Picture, window: Window2d): T;
}
