/**
 * The front end's own tensor language: nine flat operations with every shape resolved, so that the dependence analysis
 * (Pegasus §4) needs nine rules instead of one per ONNX operator. A tensor is the number of the operation that makes it.
 */

/** A scalar function with the name it is reported under. */
export interface ScalarFn {
  readonly name: string;
  readonly f: (x: number) => number;
}

/** A function of two scalars. `f` must be defined at every point the network reaches. */
export interface ScalarFn2 {
  readonly name: string;
  readonly f: (a: number, b: number) => number;
}

/** A function of a block of scalars: reads `count` numbers of `x`, writes its results to `y`. */
export interface BlockFn {
  readonly name: string;
  readonly f: (x: Float64Array, count: number, y: Float64Array) => void;
}

interface Common {
  /** Number of elements of the result. */
  readonly size: number;
  /** ONNX node it came from; '' for inputs and constants. */
  readonly node: string;
  readonly op: string;
}

/** The network's input, or (`source` set by the caller) any tensor taken as given. */
export interface InputOp extends Common {
  readonly kind: 'input';
}
export interface ConstOp extends Common {
  readonly kind: 'const';
  readonly data: Float64Array;
}
/** out[i] = scale[i] · cat(inputs)[src[i]] + bias[i]; src −1 reads nothing (zero). Moves, pads, scales, shifts. */
export interface AffineOp extends Common {
  readonly kind: 'affine';
  readonly inputs: readonly number[];
  readonly src: Int32Array;
  readonly scale?: Float64Array;
  readonly bias?: Float64Array;
}
/** Block b reads K elements src[b·K …] (−1: nothing) and writes M elements dst[b·M …]: out = weights[weightOf[b]] (M × K) · in + bias. */
export interface LinearOp extends Common {
  readonly kind: 'linear';
  readonly input: number;
  readonly k: number;
  readonly m: number;
  readonly src: Int32Array;
  readonly dst: Int32Array;
  readonly weights: readonly Float64Array[];
  readonly weightOf: Int32Array;
  readonly bias?: Float64Array;
}
/** Elementwise sum of tensors of one size. */
export interface SumOp extends Common {
  readonly kind: 'sum';
  readonly inputs: readonly number[];
}
export interface UnaryOp extends Common {
  readonly kind: 'unary';
  readonly input: number;
  readonly fn: ScalarFn;
}
export interface BinaryOp extends Common {
  readonly kind: 'binary';
  readonly a: number;
  readonly b: number;
  readonly fn: ScalarFn2;
}
/** Block b reads the elements src[b·k …] that are not −1 and writes m elements dst[b·m …]: max pooling, softmax. */
export interface BlockOp extends Common {
  readonly kind: 'block';
  readonly input: number;
  readonly k: number;
  readonly m: number;
  readonly src: Int32Array;
  readonly dst: Int32Array;
  readonly fn: BlockFn;
}
/** out[i·dim + d] = table[in[i]·dim + d]: exact match on an integer. Indices are clamped to the table; ONNX's negative ones are not used. */
export interface EmbedOp extends Common {
  readonly kind: 'embed';
  readonly input: number;
  readonly table: Float64Array;
  readonly rows: number;
  readonly dim: number;
}

export type Op = InputOp | ConstOp | AffineOp | LinearOp | SumOp | UnaryOp | BinaryOp | BlockOp | EmbedOp;

/** A network in topological order: an operation reads only earlier ones. */
export interface Ir {
  readonly ops: readonly Op[];
  readonly input: number;
  readonly output: number;
}

/** The tensors an operation reads. */
export function operands(op: Op): readonly number[] {
  switch (op.kind) {
    case 'input':
    case 'const':
      return [];
    case 'affine':
    case 'sum':
      return op.inputs;
    case 'binary':
      return [op.a, op.b];
    default:
      return [op.input];
  }
}

/** Is the operation linear (with a constant part) in what it reads? */
export function isLinear(op: Op): boolean {
  return op.kind === 'affine' || op.kind === 'linear' || op.kind === 'sum';
}

/** Which tensors the output needs. */
export function reachable(ir: Ir): Uint8Array {
  const live = new Uint8Array(ir.ops.length);
  live[ir.output] = 1;
  for (let id = ir.output; id >= 0; id--) if (live[id]) for (const from of operands(ir.ops[id])) live[from] = 1;
  return live;
}
