/** Elementwise operators: constants become scales and shifts, two activations become binary operations. */
import { intAttribute } from '../../../model/index.ts';
import type { ScalarFn2 } from '../ir.ts';
import { add, binary, broadcastPair, constantOf, moveMany, type Ref, scaleShift, unary } from './builder.ts';
import { constantOperand, type NodeContext, operand, type Rule } from './context.ts';
import { SCALAR_OPS, scalarOf, truncated } from './scalar.ts';
import { sizeOf } from './shape.ts';

function negate(c: NodeContext, x: Ref): Ref {
  return scaleShift(c.b, c.origin, x, new Float64Array(sizeOf(x.shape)).fill(-1), undefined);
}

function multiply(c: NodeContext, x: Ref, y: Ref): Ref {
  const [p, q] = broadcastPair(c.b, c.origin, x, y);
  const right = constantOf(c.b, q.id);
  if (right) return scaleShift(c.b, c.origin, p, right, undefined);
  const left = constantOf(c.b, p.id);
  if (left) return scaleShift(c.b, c.origin, q, left, undefined);
  return binary(c.b, c.origin, p, q, { name: 'mul', f: (a, b) => a * b });
}

/** ONNX divides integers towards zero. */
function divide(c: NodeContext, x: Ref, y: Ref): Ref {
  const int = x.int && y.int;
  const divisor = int ? undefined : constantOf(c.b, y.id);
  if (divisor) return multiply(c, x, { ...y, id: reciprocal(c, divisor) });
  const f = int ? (a: number, b: number) => Math.trunc(a / b) : (a: number, b: number) => a / b;
  return binary(c.b, c.origin, x, y, { name: 'div', f });
}

function reciprocal(c: NodeContext, value: Float64Array): number {
  const data = value.map((v) => 1 / v);
  return c.b.ops.push({ kind: 'const', size: data.length, ...c.origin, data }) - 1;
}

const BINARY: Readonly<Record<string, ScalarFn2['f']>> = {
  Pow: (a, b) => a ** b,
  PRelu: (a, b) => (a < 0 ? a * b : a),
  Greater: (a, b) => (a > b ? 1 : 0),
  GreaterOrEqual: (a, b) => (a >= b ? 1 : 0),
  Less: (a, b) => (a < b ? 1 : 0),
  LessOrEqual: (a, b) => (a <= b ? 1 : 0),
  Equal: (a, b) => (a === b ? 1 : 0),
  And: (a, b) => (a && b ? 1 : 0),
  Or: (a, b) => (a || b ? 1 : 0),
  Xor: (a, b) => (!a !== !b ? 1 : 0),
};

function binaryRule(name: string): Rule {
  const fn = { name: name.toLowerCase(), f: BINARY[name] };
  return (c) => [binary(c.b, c.origin, operand(c, 0), operand(c, 1), fn)];
}

const mod: Rule = (c) => {
  const truncated = intAttribute(c.node, 'fmod', 0) === 1;
  const f = truncated ? (a: number, b: number) => a % b : (a: number, b: number) => a - b * Math.floor(a / b);
  return [binary(c.b, c.origin, operand(c, 0), operand(c, 1), { name: 'mod', f })];
};

function extremum(name: string, f: ScalarFn2['f']): Rule {
  return (c) => [c.inputs.map((_, i) => operand(c, i)).reduce((x, y) => binary(c.b, c.origin, x, y, { name, f }))];
}

function total(c: NodeContext): Ref {
  return c.inputs.map((_, i) => operand(c, i)).reduce((x, y) => add(c.b, c.origin, x, y));
}

const mean: Rule = (c) => {
  const sum = total(c);
  return [scaleShift(c.b, c.origin, sum, new Float64Array(sizeOf(sum.shape)).fill(1 / c.inputs.length), undefined)];
};

/** Bounds as inputs (opset 11 on); either may be missing. */
const clip: Rule = (c) => {
  const low = c.inputs[1] ? constantOperand(c, 1, 'lower bound')[0] : Number.NEGATIVE_INFINITY;
  const high = c.inputs[2] ? constantOperand(c, 2, 'upper bound')[0] : Number.POSITIVE_INFINITY;
  return [unary(c.b, c.origin, operand(c, 0), { name: 'clip', f: (x) => Math.min(high, Math.max(low, x)) })];
};

/** Data types (ONNX TensorProto.DataType) that hold integers. */
const INTEGER_TYPES = new Set([2, 3, 4, 5, 6, 7, 9, 12, 13]);

const cast: Rule = (c) => {
  const x = operand(c, 0);
  const to = intAttribute(c.node, 'to', 1);
  const int = INTEGER_TYPES.has(to);
  if (to === 9) return [unary(c.b, c.origin, x, { name: 'bool', f: (v) => (v ? 1 : 0) }, true)];
  if (!int || x.int) return [{ ...x, int }];
  return [unary(c.b, c.origin, x, { name: 'trunc', f: truncated }, true)];
};

/** A constant condition picks elements; a computed one is a product of the condition with both branches. */
const where: Rule = (c) => {
  const [x, y] = broadcastPair(c.b, c.origin, operand(c, 1), operand(c, 2));
  const [condition, yes] = broadcastPair(c.b, c.origin, operand(c, 0), x);
  const no = broadcastPair(c.b, c.origin, y, yes)[0];
  const fixed = constantOf(c.b, condition.id);
  const size = sizeOf(yes.shape);
  if (fixed) {
    const src = Int32Array.from({ length: size }, (_, i) => (fixed[i] ? i : size + i));
    return [moveMany(c.b, c.origin, [yes, no], src, yes.shape)];
  }
  const pick = (f: ScalarFn2['f'], branch: Ref): Ref => binary(c.b, c.origin, condition, branch, { name: 'where', f });
  const taken = pick((t, v) => (t ? v : 0), yes);
  const other = pick((t, v) => (t ? 0 : v), no);
  return [add(c.b, c.origin, taken, other)];
};

const scalar: Rule = (c) => [unary(c.b, c.origin, operand(c, 0), scalarOf(c)!)];

const identity: Rule = (c) => [operand(c, 0)];

export const ELEMENTWISE_RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(SCALAR_OPS.map((name) => [name, scalar])),
  ...Object.fromEntries(Object.keys(BINARY).map((name) => [name, binaryRule(name)])),
  Add: (c) => [add(c.b, c.origin, operand(c, 0), operand(c, 1))],
  Sub: (c) => [add(c.b, c.origin, operand(c, 0), negate(c, operand(c, 1)))],
  Mul: (c) => [multiply(c, operand(c, 0), operand(c, 1))],
  Div: (c) => [divide(c, operand(c, 0), operand(c, 1))],
  Neg: (c) => [negate(c, operand(c, 0))],
  Max: extremum('max', Math.max),
  Min: extremum('min', Math.min),
  Mod: mod,
  Sum: (c) => [total(c)],
  Mean: mean,
  Clip: clip,
  Cast: cast,
  Where: where,
  Identity: identity,
  Dropout: identity,
};
