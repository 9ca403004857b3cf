/** What a slice is: a straight-line program on columns with linear outputs. Made by `slice.ts`, run by `run-slice.ts`. */
import type { ScalarFn, ScalarFn2 } from './ir.ts';

/** Straight-line program on columns: column 0 … inputs−1 are the group; each instruction writes a new column. */
export type Instruction =
  | {
      readonly kind: 'lin';
      readonly out: number;
      readonly cols: Int32Array;
      readonly weights: Float64Array;
      readonly bias: number;
    }
  | { readonly kind: 'fn'; readonly out: number; readonly a: number; readonly fn: ScalarFn }
  | { readonly kind: 'fn2'; readonly out: number; readonly a: Argument; readonly b: Argument; readonly fn: ScalarFn2 }
  | {
      readonly kind: 'embed';
      readonly out: number;
      readonly a: number;
      readonly table: Float64Array;
      readonly rows: number;
      readonly dim: number;
      readonly at: number;
    };

/** A column, or a constant when column is −1. */
export interface Argument {
  readonly column: number;
  readonly value: number;
}

export interface Slice {
  readonly inputs: number;
  readonly columns: number;
  readonly code: readonly Instruction[];
  /** What the group adds to each target: Σ weights · cols + bias. */
  readonly outputs: readonly LinearForm[];
  /** Every output is linear in the inputs: columns are inputs and biases are zero. */
  readonly linear: boolean;
}

export interface LinearForm {
  readonly cols: Int32Array;
  readonly weights: Float64Array;
  readonly bias: number;
}
