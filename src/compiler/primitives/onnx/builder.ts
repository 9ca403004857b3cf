/** Grows a network in the tensor language; whatever depends on constants alone is evaluated at once (constant folding). */
import { fail } from '../../../problem.ts';
import type { BlockFn, LinearOp, Op, ScalarFn, ScalarFn2 } from '../ir.ts';
import { operands } from '../ir.ts';
import { runOp } from '../run-ir.ts';
import { broadcastIndex, broadcastShape, type Shape, sameShape, sizeOf } from './shape.ts';

/** A tensor under construction: its operation, shape, and whether ONNX holds it as integers. */
export interface Ref {
  readonly id: number;
  readonly shape: Shape;
  readonly int: boolean;
}

/** Where an operation comes from, for errors and reports. */
export interface Origin {
  readonly node: string;
  readonly op: string;
}

export interface IrBuilder {
  readonly ops: Op[];
}

/** Refuse a node: names it, its operator, the reason and a way out. Code COMPILE-OP. */
export function refuse(origin: Origin, message: string, hint: string): never {
  fail({ code: 'COMPILE-OP', message, where: `node ${origin.node} (${origin.op})`, hint });
}

/** Append an operation, or its value when everything it reads is constant. */
export function emit(b: IrBuilder, op: Op): number {
  const from = operands(op);
  if (from.length > 0 && from.every((id) => b.ops[id].kind === 'const')) {
    const at = (id: number) => constantOf(b, id)!;
    const data = runOp(op, at, (id) => b.ops[id].size);
    return b.ops.push({ kind: 'const', size: op.size, node: op.node, op: op.op, data }) - 1;
  }
  return b.ops.push(op) - 1;
}

/** The value of a constant tensor, undefined for activations. */
export function constantOf(b: IrBuilder, id: number): Float64Array | undefined {
  const op = b.ops[id];
  return op.kind === 'const' ? op.data : undefined;
}

export function constant(b: IrBuilder, shape: Shape, data: ArrayLike<number>, int = false): Ref {
  const values = Float64Array.from(data);
  const id = b.ops.push({ kind: 'const', size: values.length, node: '', op: '', data: values }) - 1;
  return { id, shape, int };
}

/** Elements of `x` picked by `src` (−1: zero), in a new shape. */
export function move(b: IrBuilder, origin: Origin, x: Ref, src: Int32Array, shape: Shape): Ref {
  const same = src.length === b.ops[x.id].size && src.every((s, i) => s === i);
  if (same) return { ...x, shape };
  const id = emit(b, { kind: 'affine', ...origin, size: src.length, inputs: [x.id], src });
  return { id, shape, int: x.int };
}

/** Several tensors one after the other, then picked by `src` from the concatenation. */
export function moveMany(b: IrBuilder, origin: Origin, xs: readonly Ref[], src: Int32Array, shape: Shape): Ref {
  const id = emit(b, { kind: 'affine', ...origin, size: src.length, inputs: xs.map((x) => x.id), src });
  return { id, shape, int: xs.every((x) => x.int) };
}

export function broadcastTo(b: IrBuilder, origin: Origin, x: Ref, shape: Shape): Ref {
  if (sameShape(x.shape, shape)) return x;
  if (sizeOf(x.shape) === sizeOf(shape)) return { ...x, shape };
  return move(b, origin, x, broadcastIndex(x.shape, shape), shape);
}

/** Both operands in their common shape. */
export function broadcastPair(b: IrBuilder, origin: Origin, x: Ref, y: Ref): [Ref, Ref] {
  const shape = broadcastShape(x.shape, y.shape);
  if (!shape) {
    refuse(
      origin,
      `shapes [${x.shape}] and [${y.shape}] do not broadcast`,
      'check the exported model in ONNX Runtime first',
    );
  }
  return [broadcastTo(b, origin, x, shape), broadcastTo(b, origin, y, shape)];
}

/** scale · x + bias, elementwise with constant arrays of x's size. */
export function scaleShift(
  b: IrBuilder,
  origin: Origin,
  x: Ref,
  scale: Float64Array | undefined,
  bias: Float64Array | undefined,
): Ref {
  const size = sizeOf(x.shape);
  const src = Int32Array.from({ length: size }, (_, i) => i);
  const extra = { ...(scale ? { scale } : {}), ...(bias ? { bias } : {}) };
  const id = emit(b, { kind: 'affine', ...origin, size, inputs: [x.id], src, ...extra });
  return { id, shape: x.shape, int: x.int };
}

/** x + y with broadcasting; a constant operand becomes a shift. */
export function add(b: IrBuilder, origin: Origin, x: Ref, y: Ref): Ref {
  const [p, q] = broadcastPair(b, origin, x, y);
  const left = constantOf(b, p.id);
  const right = constantOf(b, q.id);
  if (right && !left) return scaleShift(b, origin, p, undefined, right);
  if (left && !right) return scaleShift(b, origin, q, undefined, left);
  const id = emit(b, { kind: 'sum', ...origin, size: sizeOf(p.shape), inputs: [p.id, q.id] });
  return { id, shape: p.shape, int: p.int && q.int };
}

/** x + bias, into the linear operation that just made x when there is one (a layer's bias is no operation of its own). */
export function addBias(b: IrBuilder, origin: Origin, x: Ref, bias: Ref): Ref {
  const made = b.ops[x.id];
  const values = constantOf(b, bias.id);
  if (!values || made.kind !== 'linear' || made.bias || x.id !== b.ops.length - 1) return add(b, origin, x, bias);
  const index = broadcastShape(x.shape, bias.shape);
  if (!index || !sameShape(index, x.shape)) return add(b, origin, x, bias);
  const full = Float64Array.from(broadcastIndex(bias.shape, x.shape), (i) => values[i]);
  b.ops[x.id] = { ...made, bias: full };
  return x;
}

export function unary(b: IrBuilder, origin: Origin, x: Ref, fn: ScalarFn, int = false): Ref {
  const id = emit(b, { kind: 'unary', ...origin, size: sizeOf(x.shape), input: x.id, fn });
  return { id, shape: x.shape, int };
}

export function binary(b: IrBuilder, origin: Origin, x: Ref, y: Ref, fn: ScalarFn2): Ref {
  const [p, q] = broadcastPair(b, origin, x, y);
  const id = emit(b, { kind: 'binary', ...origin, size: sizeOf(p.shape), a: p.id, b: q.id, fn });
  return { id, shape: p.shape, int: p.int && q.int };
}

/** Dense blocks: see LinearOp. `dst` defaults to consecutive elements. */
export interface Blocks {
  readonly k: number;
  readonly m: number;
  readonly src: Int32Array;
  readonly dst?: Int32Array;
  readonly weights: readonly Float64Array[];
  readonly weightOf?: Int32Array;
  readonly bias?: Float64Array;
}

export function linear(b: IrBuilder, origin: Origin, x: Ref, blocks: Blocks, shape: Shape): Ref {
  const count = blocks.src.length / blocks.k;
  const op: LinearOp = {
    kind: 'linear',
    ...origin,
    size: sizeOf(shape),
    input: x.id,
    k: blocks.k,
    m: blocks.m,
    src: blocks.src,
    dst: blocks.dst ?? Int32Array.from({ length: count * blocks.m }, (_, i) => i),
    weights: blocks.weights,
    weightOf: blocks.weightOf ?? new Int32Array(count),
    ...(blocks.bias ? { bias: blocks.bias } : {}),
  };
  return { id: emit(b, op), shape, int: false };
}

/** A joint function of blocks of elements: max pooling, softmax. */
export function block(
  b: IrBuilder,
  origin: Origin,
  x: Ref,
  blocks: { readonly k: number; readonly m: number; readonly src: Int32Array; readonly dst?: Int32Array },
  fn: BlockFn,
  shape: Shape,
): Ref {
  const count = blocks.src.length / blocks.k;
  const dst = blocks.dst ?? Int32Array.from({ length: count * blocks.m }, (_, i) => i);
  const { k, m, src } = blocks;
  const id = emit(b, { kind: 'block', ...origin, size: sizeOf(shape), input: x.id, k, m, src, dst, fn });
  return { id, shape, int: false };
}
