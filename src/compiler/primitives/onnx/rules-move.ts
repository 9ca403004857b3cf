/** Operators that only move elements: reshaping, transposing, slicing, joining, padding, gathering, and shape arithmetic. */
import {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  tensorAttribute,
} from '../../../model/index.ts';
import { broadcastTo, constant, constantOf, emit, move, moveMany, type Ref, refuse } from './builder.ts';
import { axisOf, constantOperand, type NodeContext, operand, optionalConstant, type Rule } from './context.ts';
import { broadcastShape, type Shape, sizeOf, stridedIndex, stridesOf } from './shape.ts';

/** Axes given as an attribute (opset < 13) or as the second input. */
export function axesOf(c: NodeContext, rank: number, at = 1): number[] | undefined {
  const given = intsAttribute(c.node, 'axes') ?? optionalConstant(c, at, 'axes');
  return given && Array.from(given, (axis) => axisOf(c, axis, rank));
}

const reshape: Rule = (c) => {
  const x = operand(c, 0);
  const wanted = constantOperand(c, 1, 'shape');
  const keepZero = intAttribute(c.node, 'allowzero', 0) === 1;
  const shape = Array.from(wanted, (dim, d) => (dim === 0 && !keepZero ? x.shape[d] : dim));
  const open = shape.indexOf(-1);
  const size = sizeOf(x.shape);
  if (open >= 0) shape[open] = size / shape.reduce((p, dim) => (dim === -1 ? p : p * dim), 1);
  if (sizeOf(shape) !== size || !shape.every(Number.isInteger)) {
    refuse(
      c.origin,
      `${size} elements per row do not take the shape [${Array.from(wanted)}]`,
      'export with a dynamic batch dimension (use -1 for it in the shape)',
    );
  }
  return [{ ...x, shape }];
};

const flatten: Rule = (c) => {
  const x = operand(c, 0);
  const axis = intAttribute(c.node, 'axis', 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  return [{ ...x, shape: [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))] }];
};

const squeeze: Rule = (c) => {
  const x = operand(c, 0);
  const axes = axesOf(c, x.shape.length);
  return [{ ...x, shape: x.shape.filter((dim, d) => (axes ? !axes.includes(d) : dim !== 1)) }];
};

const unsqueeze: Rule = (c) => {
  const x = operand(c, 0);
  const given = intsAttribute(c.node, 'axes') ?? constantOperand(c, 1, 'axes');
  const rank = x.shape.length + given.length;
  const axes = Array.from(given, (axis) => axisOf(c, axis, rank)).sort((p, q) => p - q);
  const shape = [...x.shape];
  for (const axis of axes) shape.splice(axis, 0, 1);
  return [{ ...x, shape }];
};

const transpose: Rule = (c) => {
  const x = operand(c, 0);
  const perm = intsAttribute(c.node, 'perm') ?? x.shape.map((_, d) => x.shape.length - 1 - d);
  const strides = stridesOf(x.shape);
  const shape = perm.map((d) => x.shape[d]);
  const src = stridedIndex(
    shape,
    perm.map((d) => strides[d]),
  );
  return [move(c.b, c.origin, x, src, shape)];
};

interface Cut {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** ONNX's clamping of a slice along one axis. */
function sliceAxis(size: number, from: number, to: number, step: number): Cut {
  const clamp = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v < 0 ? v + size : v));
  const start = step > 0 ? clamp(from, 0, size) : clamp(from, 0, size - 1);
  const end = step > 0 ? clamp(to, 0, size) : to < -size ? -1 : clamp(to, -1, size - 1);
  return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
}

/** A box of x: per axis start, step, count. */
function takeBox(c: NodeContext, x: Ref, cuts: readonly Cut[]): Ref {
  const strides = stridesOf(x.shape);
  const shape = cuts.map((cut) => cut.count);
  const offset = cuts.reduce((sum, cut, d) => sum + cut.start * strides[d], 0);
  const steps = cuts.map((cut, d) => cut.step * strides[d]);
  return move(c.b, c.origin, x, stridedIndex(shape, steps, offset), shape);
}

const slice: Rule = (c) => {
  const x = operand(c, 0);
  const starts = constantOperand(c, 1, 'slice start');
  const ends = constantOperand(c, 2, 'slice end');
  const axes = optionalConstant(c, 3, 'slice axes') ?? starts.map((_, i) => i);
  const steps = optionalConstant(c, 4, 'slice step');
  const cuts: Cut[] = x.shape.map((count) => ({ start: 0, step: 1, count }));
  Array.from(axes).forEach((axis, i) => {
    const d = axisOf(c, axis, x.shape.length);
    cuts[d] = sliceAxis(x.shape[d], starts[i], ends[i], steps?.[i] ?? 1);
  });
  return [takeBox(c, x, cuts)];
};

const split: Rule = (c) => {
  const x = operand(c, 0);
  const axis = axisOf(c, intAttribute(c.node, 'axis', 0), x.shape.length);
  const count = c.node.outputs.length;
  const part = Math.ceil(x.shape[axis] / count);
  const even = Array.from({ length: count }, (_, i) => Math.min(part, x.shape[axis] - i * part));
  const given = intsAttribute(c.node, 'split') ?? optionalConstant(c, 1, 'split');
  const sizes = given ? Array.from(given) : even;
  let start = 0;
  return sizes.map((size) => {
    const cuts = x.shape.map((whole, d) => ({
      start: d === axis ? start : 0,
      step: 1,
      count: d === axis ? size : whole,
    }));
    start += size;
    return takeBox(c, x, cuts);
  });
};

const concat: Rule = (c) => {
  const xs = c.inputs.map((_, i) => operand(c, i));
  const axis = axisOf(c, intAttribute(c.node, 'axis', 0), xs[0].shape.length);
  const shape = xs[0].shape.map((dim, d) => (d === axis ? xs.reduce((sum, x) => sum + x.shape[d], 0) : dim));
  const src = new Int32Array(sizeOf(shape));
  const outer = sizeOf(shape.slice(0, axis));
  let start = 0;
  let at = 0;
  const parts = xs.map((x) => {
    const part = { start, inner: sizeOf(x.shape) / Math.max(1, outer) };
    start += sizeOf(x.shape);
    return part;
  });
  for (let o = 0; o < outer; o++) {
    for (const part of parts) for (let i = 0; i < part.inner; i++) src[at++] = part.start + o * part.inner + i;
  }
  return [moveMany(c.b, c.origin, xs, src, shape)];
};

/** Where index `i` of a padded axis reads: inside, or by the mode outside (−1: the constant). */
function padIndex(i: number, size: number, mode: string): number {
  if (i >= 0 && i < size) return i;
  if (mode === 'edge') return i < 0 ? 0 : size - 1;
  if (mode === 'reflect') return i < 0 ? -i : 2 * size - 2 - i;
  if (mode === 'wrap') return ((i % size) + size) % size;
  return -1;
}

const pad: Rule = (c) => {
  const x = operand(c, 0);
  const rank = x.shape.length;
  const mode = stringAttribute(c.node, 'mode', 'constant');
  const pads = constantOperand(c, 1, 'pads');
  const value = optionalConstant(c, 2, 'pad value')?.[0] ?? 0;
  const axes = Array.from(optionalConstant(c, 3, 'axes') ?? x.shape.keys(), (axis) => axisOf(c, axis, rank));
  const before = new Array<number>(rank).fill(0);
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    before[axis] = pads[i];
    shape[axis] += pads[i] + pads[i + axes.length];
  });
  const strides = stridesOf(shape);
  const inner = stridesOf(x.shape);
  const src = new Int32Array(sizeOf(shape));
  for (let i = 0; i < src.length; i++) {
    for (let d = 0; d < rank; d++) {
      const at = padIndex((Math.floor(i / strides[d]) % shape[d]) - before[d], x.shape[d], mode);
      src[i] = at < 0 || src[i] < 0 ? -1 : src[i] + at * inner[d];
    }
  }
  if (value === 0) return [move(c.b, c.origin, x, src, shape)];
  const bias = Float64Array.from(src, (s) => (s < 0 ? value : 0));
  const id = emit(c.b, { kind: 'affine', ...c.origin, size: src.length, inputs: [x.id], src, bias });
  return [{ id, shape, int: x.int }];
};

/** A constant table with a computed index is an embedding (exact match); a constant index only moves elements. */
const gather: Rule = (c) => {
  const data = operand(c, 0);
  const index = operand(c, 1);
  const axis = axisOf(c, intAttribute(c.node, 'axis', 0), data.shape.length);
  const shape = [...data.shape.slice(0, axis), ...index.shape, ...data.shape.slice(axis + 1)];
  const fixed = constantOf(c.b, index.id);
  const rows = data.shape[axis];
  const outer = sizeOf(data.shape.slice(0, axis));
  const inner = sizeOf(data.shape.slice(axis + 1));
  if (fixed) {
    const src = new Int32Array(sizeOf(shape));
    let at = 0;
    for (let o = 0; o < outer; o++) {
      for (const row of fixed) {
        for (let i = 0; i < inner; i++) src[at++] = (o * rows + (row < 0 ? row + rows : row)) * inner + i;
      }
    }
    return [move(c.b, c.origin, data, src, shape)];
  }
  const table = constantOf(c.b, data.id);
  if (!table || outer !== 1) {
    refuse(
      c.origin,
      'gathers computed elements by a computed index',
      'gather from a constant table along its first axis',
    );
  }
  const id = emit(c.b, { kind: 'embed', ...c.origin, size: sizeOf(shape), input: index.id, table, rows, dim: inner });
  return [{ id, shape, int: data.int }];
};

const shapeOf: Rule = (c) => {
  const { shape } = operand(c, 0);
  const start = intAttribute(c.node, 'start', 0);
  const part = shape.slice(start, intAttribute(c.node, 'end', shape.length));
  return [constant(c.b, [part.length], part, true)];
};

const countOf: Rule = (c) => [constant(c.b, [], [sizeOf(operand(c, 0).shape)], true)];

const constantNode: Rule = (c) => {
  const tensor = tensorAttribute(c.node, 'value');
  if (tensor) return [constant(c.b, tensor.dims, tensor.data, !tensor.type.startsWith('float'))];
  const floats = floatsAttribute(c.node, 'value_floats');
  const ints = intsAttribute(c.node, 'value_ints');
  const list = floats ?? ints;
  if (list) return [constant(c.b, [list.length], list, floats === undefined)];
  if (c.node.attributes.value_int) return [constant(c.b, [], [intAttribute(c.node, 'value_int', 0)], true)];
  if (c.node.attributes.value_float) return [constant(c.b, [], [floatAttribute(c.node, 'value_float', 0)])];
  return refuse(c.origin, 'a constant that is neither numbers nor a tensor', 'export the constant as a tensor');
};

const constantOfShape: Rule = (c) => {
  const shape = Array.from(constantOperand(c, 0, 'shape'));
  const value = tensorAttribute(c.node, 'value');
  const fill = value?.data[0] ?? 0;
  const data = new Float64Array(sizeOf(shape)).fill(fill);
  return [constant(c.b, shape, data, value ? !value.type.startsWith('float') : false)];
};

const range: Rule = (c) => {
  const [from, to, step] = [0, 1, 2].map((i) => constantOperand(c, i, 'range')[0]);
  const length = Math.max(0, Math.ceil((to - from) / step));
  return [
    constant(
      c.b,
      [length],
      Array.from({ length }, (_, i) => from + i * step),
      operand(c, 0).int,
    ),
  ];
};

const expand: Rule = (c) => {
  const x = operand(c, 0);
  const shape = broadcastShape(x.shape, Array.from(constantOperand(c, 1, 'shape')));
  if (!shape) refuse(c.origin, 'the shape does not broadcast', 'check the exported model in ONNX Runtime first');
  return [broadcastTo(c.b, c.origin, x, shape)];
};

const tile: Rule = (c) => {
  const x = operand(c, 0);
  const repeats = constantOperand(c, 1, 'repeats');
  const shape: Shape = x.shape.map((dim, d) => dim * repeats[d]);
  const outer = stridesOf(shape);
  const inner = stridesOf(x.shape);
  const src = Int32Array.from({ length: sizeOf(shape) }, (_, i) =>
    x.shape.reduce((at, dim, d) => at + (Math.floor(i / outer[d]) % dim) * inner[d], 0),
  );
  return [move(c.b, c.origin, x, src, shape)];
};

export const MOVE_RULES: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Slice: slice,
  Split: split,
  Concat: concat,
  Pad: pad,
  Gather: gather,
  Shape: shapeOf,
  Size: countOf,
  Constant: constantNode,
  ConstantOfShape: constantOfShape,
  Range: range,
  Expand: expand,
  Tile: tile,
};
