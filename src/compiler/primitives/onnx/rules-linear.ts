/** Linear operators with constant weights (Gemm, MatMul, Conv, BatchNormalization) and products of two activations. */
import { floatAttribute, intAttribute } from '../../../model/index.ts';
import { addBias, binary, broadcastTo, constantOf, linear, move, type Ref, refuse, scaleShift } from './builder.ts';
import { constantOperand, type NodeContext, operand, optionalConstant, type Rule } from './context.ts';
import { broadcastShape, type Shape, sizeOf, stridedIndex, stridesOf } from './shape.ts';
import { type Windows, windowsOf } from './windows.ts';

/** Products of two activations above this number of multiplications are refused. */
const MAX_PRODUCTS = 1 << 16;

function transpose2(c: NodeContext, x: Ref): Ref {
  const [rows, columns] = x.shape;
  return move(c.b, c.origin, x, stridedIndex([columns, rows], [1, columns]), [columns, rows]);
}

interface MatMulShape {
  readonly batch: Shape;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

function matMulShape(c: NodeContext, a: Shape, b: Shape): MatMulShape {
  const batch = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  const inner = a[a.length - 1];
  if (!batch || inner !== b[b.length - 2]) {
    refuse(c.origin, `shapes [${a}] and [${b}] do not multiply`, 'check the exported model in ONNX Runtime first');
  }
  return { batch, rows: a[a.length - 2], inner, columns: b[b.length - 1] };
}

/** Matrix product of operands of rank ≥ 2 with broadcast batch dimensions. */
function product(c: NodeContext, a: Ref, b: Ref): Ref {
  const s = matMulShape(c, a.shape, b.shape);
  const left = broadcastTo(c.b, c.origin, a, [...s.batch, s.rows, s.inner]);
  const right = broadcastTo(c.b, c.origin, b, [...s.batch, s.inner, s.columns]);
  const shape = [...s.batch, s.rows, s.columns];
  const constantRight = constantOf(c.b, right.id);
  if (constantRight) return rightConstant(c, left, constantOf(c.b, b.id)!, s, shape);
  const constantLeft = constantOf(c.b, left.id);
  if (constantLeft) return leftConstant(c, constantLeft, right, s, shape);
  return activationProduct(c, left, right, s, shape);
}

/** One block per row of the left operand; `b` before broadcasting: one matrix, or one per batch element. */
function rightConstant(c: NodeContext, x: Ref, b: Float64Array, s: MatMulShape, shape: Shape): Ref {
  const { rows, inner, columns } = s;
  const batches = sizeOf(s.batch);
  const matrices = b.length / (inner * columns);
  const full = matrices === 1 || matrices === batches ? b : undefined;
  if (!full)
    refuse(c.origin, 'the constant operand is broadcast in part', 'reshape it to one matrix or one per batch element');
  const weights = Array.from({ length: matrices }, (_, q) => {
    const w = new Float64Array(columns * inner);
    for (let j = 0; j < columns; j++) {
      for (let i = 0; i < inner; i++) w[j * inner + i] = full[(q * inner + i) * columns + j];
    }
    return w;
  });
  const src = Int32Array.from({ length: batches * rows * inner }, (_, i) => i);
  const weightOf = Int32Array.from({ length: batches * rows }, (_, i) => (matrices === 1 ? 0 : Math.floor(i / rows)));
  return linear(c.b, c.origin, x, { k: inner, m: columns, src, weights, weightOf }, shape);
}

/** One block per column of the right operand. */
function leftConstant(c: NodeContext, a: Float64Array, x: Ref, s: MatMulShape, shape: Shape): Ref {
  const { rows, inner, columns } = s;
  const batches = sizeOf(s.batch);
  const weights = Array.from({ length: batches }, (_, q) => a.slice(q * rows * inner, (q + 1) * rows * inner));
  const src = stridedIndex([batches, columns, inner], [inner * columns, 1, columns]);
  const dst = stridedIndex([batches, columns, rows], [rows * columns, 1, columns]);
  const weightOf = Int32Array.from({ length: batches * columns }, (_, i) => Math.floor(i / columns));
  return linear(c.b, c.origin, x, { k: inner, m: rows, src, dst, weights, weightOf }, shape);
}

/** Every scalar product becomes a Map over a pair; the sum over the inner dimension stays additive. */
function activationProduct(c: NodeContext, a: Ref, b: Ref, s: MatMulShape, shape: Shape): Ref {
  const { rows, inner, columns } = s;
  const batches = sizeOf(s.batch);
  const full = [batches, rows, columns, inner];
  if (sizeOf(full) > MAX_PRODUCTS) {
    refuse(
      c.origin,
      `a product of two activations needs ${sizeOf(full)} multiplications`,
      'make one operand constant, or the tensors smaller',
    );
  }
  const left = move(c.b, c.origin, a, stridedIndex(full, [rows * inner, inner, 0, 1]), full);
  const right = move(c.b, c.origin, b, stridedIndex(full, [inner * columns, 0, 1, columns]), full);
  const terms = binary(c.b, c.origin, left, right, { name: 'mul', f: (x, y) => x * y });
  const src = Int32Array.from({ length: sizeOf(full) }, (_, i) => i);
  return linear(c.b, c.origin, terms, { k: inner, m: 1, src, weights: [new Float64Array(inner).fill(1)] }, shape);
}

/** MatMul with NumPy's rules for vectors. */
const matMul: Rule = (c) => {
  const a = operand(c, 0);
  const b = operand(c, 1);
  const wideA = a.shape.length === 1 ? { ...a, shape: [1, ...a.shape] } : a;
  const wideB = b.shape.length === 1 ? { ...b, shape: [...b.shape, 1] } : b;
  const out = product(c, wideA, wideB);
  const shape = [...out.shape];
  if (b.shape.length === 1) shape.pop();
  if (a.shape.length === 1) shape.splice(shape.length - (b.shape.length === 1 ? 1 : 2), 1);
  return [{ ...out, shape }];
};

const gemm: Rule = (c) => {
  const alpha = floatAttribute(c.node, 'alpha', 1);
  const beta = floatAttribute(c.node, 'beta', 1);
  const a = intAttribute(c.node, 'transA', 0) ? transpose2(c, operand(c, 0)) : operand(c, 0);
  const b = intAttribute(c.node, 'transB', 0) ? transpose2(c, operand(c, 1)) : operand(c, 1);
  const scaled =
    alpha === 1 ? a : scaleShift(c.b, c.origin, a, new Float64Array(sizeOf(a.shape)).fill(alpha), undefined);
  const given = c.inputs[2];
  const half =
    given && beta !== 1
      ? scaleShift(c.b, c.origin, given, new Float64Array(sizeOf(given.shape)).fill(beta), undefined)
      : given;
  const out = product(c, scaled, b);
  return [half ? addBias(c.b, c.origin, out, half) : out];
};

interface ConvShape {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
  /** Elements of one channel's plane. */
  readonly plane: number;
}

/** One dense block per image, group and output position. */
function convBlocks(
  s: ConvShape,
  windows: Windows,
): { k: number; m: number; src: Int32Array; dst: Int32Array; weightOf: Int32Array } {
  const { positions, taps, index } = windows;
  const perGroup = s.channels / s.groups;
  const m = s.outputs / s.groups;
  const k = perGroup * taps;
  const count = s.batch * s.groups * positions;
  const src = new Int32Array(count * k);
  const dst = new Int32Array(count * m);
  const weightOf = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    const p = at % positions;
    const g = Math.floor(at / positions) % s.groups;
    const n = Math.floor(at / (positions * s.groups));
    weightOf[at] = g;
    for (let i = 0; i < k; i++) {
      const tap = index[p * taps + (i % taps)];
      const channel = n * s.channels + g * perGroup + Math.floor(i / taps);
      src[at * k + i] = tap < 0 ? -1 : channel * s.plane + tap;
    }
    for (let o = 0; o < m; o++) dst[at * m + o] = (n * s.outputs + g * m + o) * positions + p;
  }
  return { k, m, src, dst, weightOf };
}

/** Convolution of any rank. */
const conv: Rule = (c) => {
  const x = operand(c, 0);
  const w = operand(c, 1);
  const weight = constantOperand(c, 1, 'weight');
  const bias = optionalConstant(c, 2, 'bias');
  const groups = intAttribute(c.node, 'group', 1);
  const [batch, channels, ...space] = x.shape;
  const [outputs, perGroup, ...kernel] = w.shape;
  if (perGroup * groups !== channels || kernel.length !== space.length) {
    refuse(
      c.origin,
      `weight [${w.shape}] does not fit input [${x.shape}]`,
      'check the exported model in ONNX Runtime first',
    );
  }
  const windows = windowsOf(c, space, kernel);
  const blocks = convBlocks({ batch, channels, outputs, groups, plane: sizeOf(space) }, windows);
  const part = blocks.m * blocks.k;
  const weights = Array.from({ length: groups }, (_, g) => weight.slice(g * part, (g + 1) * part));
  const size = batch * outputs * windows.positions;
  const shift =
    bias && Float64Array.from({ length: size }, (_, i) => bias[Math.floor(i / windows.positions) % outputs]);
  const shape = [batch, outputs, ...windows.shape];
  return [linear(c.b, c.origin, x, { ...blocks, weights, ...(shift ? { bias: shift } : {}) }, shape)];
};

/** Inference form: γ (x − mean) / √(var + ε) + β per channel (dimension 1). */
const batchNorm: Rule = (c) => {
  if (intAttribute(c.node, 'training_mode', 0)) {
    refuse(c.origin, 'batch normalisation in training mode', 'export the model in evaluation mode');
  }
  const x = operand(c, 0);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => constantOperand(c, i, 'batch-norm parameter'));
  const epsilon = floatAttribute(c.node, 'epsilon', 1e-5);
  const inner = stridesOf(x.shape)[1] ?? 1;
  const channels = x.shape[1] ?? 1;
  const channel = (i: number) => Math.floor(i / inner) % channels;
  const a = gamma.map((g, i) => g / Math.sqrt(variance[i] + epsilon));
  const size = sizeOf(x.shape);
  const scale = Float64Array.from({ length: size }, (_, i) => a[channel(i)]);
  const bias = Float64Array.from({ length: size }, (_, i) => beta[channel(i)] - mean[channel(i)] * a[channel(i)]);
  return [scaleShift(c.b, c.origin, x, scale, bias)];
};

export const LINEAR_RULES: Readonly<Record<string, Rule>> = {
  MatMul: matMul,
  Gemm: gemm,
  Conv: conv,
  BatchNormalization: batchNorm,
};

/** Used by the recurrent rule: x [rows, k] times wᵀ plus bias. */
export function dense(
  c: NodeContext,
  x: Ref,
  weight: Float64Array,
  bias: Float64Array | undefined,
  outputs: number,
): Ref {
  const k = sizeOf(x.shape);
  const src = Int32Array.from({ length: k }, (_, i) => i);
  return linear(c.b, c.origin, x, { k, m: outputs, src, weights: [weight], ...(bias ? { bias } : {}) }, [1, outputs]);
}
