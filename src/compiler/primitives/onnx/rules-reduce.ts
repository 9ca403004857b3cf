/** Reductions: poolings, Reduce*, softmax and argmax. Averages and sums stay linear; the rest are joint functions of a block. */
import { intAttribute, intsAttribute } from '../../../model/index.ts';
import type { BlockFn, ScalarFn2 } from '../ir.ts';
import { add, binary, block, linear, move, moveMany, type Ref, refuse, scaleShift, unary } from './builder.ts';
import { axisOf, type NodeContext, operand, type Rule } from './context.ts';
import { axesOf } from './rules-move.ts';
import { type Shape, sizeOf, stridedIndex, stridesOf } from './shape.ts';
import { windowsOf } from './windows.ts';

/** An associative function, folded pairwise so that each step is a Map over a pair when the whole block is no small group. */
const MAX: ScalarFn2 = { name: 'max', f: Math.max };
const MIN: ScalarFn2 = { name: 'min', f: Math.min };
const PRODUCT: ScalarFn2 = { name: 'mul', f: (a, b) => a * b };

/**
 * Folds every block of `k` elements (src −1: absent; at least one present) with an associative function: a balanced tree of pairs. Absent
 * elements repeat a present one, so `fn` must not mind repetition unless all are present.
 */
function foldBlocks(c: NodeContext, x: Ref, k: number, src: Int32Array, fn: ScalarFn2, shape: Shape): Ref {
  const filled = src.map((s, i) => {
    if (s >= 0) return s;
    const block = src.subarray(i - (i % k), i - (i % k) + k);
    return block.find((other) => other >= 0) ?? -1;
  });
  const count = src.length / k;
  let level = move(c.b, c.origin, x, filled, [count, k]);
  for (let width = k; width > 1; width = Math.ceil(width / 2)) {
    const half = Math.floor(width / 2);
    const take = (from: number, step: number, many: number): Ref =>
      move(c.b, c.origin, level, stridedIndex([count, many], [width, step], from), [count, many]);
    const pairs = binary(c.b, c.origin, take(0, 2, half), take(1, 2, half), fn);
    level = width % 2 ? joinColumns(c, pairs, take(width - 1, 1, 1), count, half) : pairs;
  }
  return { ...level, shape };
}

/** [count, half] and [count, 1] side by side. */
function joinColumns(c: NodeContext, a: Ref, b: Ref, count: number, half: number): Ref {
  const width = half + 1;
  const src = Int32Array.from({ length: count * width }, (_, i) => {
    const row = Math.floor(i / width);
    return i % width < half ? row * half + (i % width) : count * half + row;
  });
  return moveMany(c.b, c.origin, [a, b], src, [count, width]);
}

function softmax(log: boolean): BlockFn {
  return {
    name: log ? 'logsoftmax' : 'softmax',
    f: (x, count, y) => {
      let top = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < count; i++) top = Math.max(top, x[i]);
      let sum = 0;
      for (let i = 0; i < count; i++) sum += Math.exp(x[i] - top);
      for (let i = 0; i < count; i++) y[i] = log ? x[i] - top - Math.log(sum) : Math.exp(x[i] - top) / sum;
    },
  };
}

function argBlock(sign: number, last: boolean): BlockFn {
  return {
    name: sign > 0 ? 'argmax' : 'argmin',
    f: (x, count, y) => {
      let best = 0;
      for (let i = 1; i < count; i++) {
        const gain = sign * (x[i] - x[best]);
        if (gain > 0 || (last && gain === 0)) best = i;
      }
      y[0] = best;
    },
  };
}

interface Reduced {
  /** Elements per block, and the elements of every block in order. */
  readonly k: number;
  readonly src: Int32Array;
  readonly shape: Shape;
}

/** The blocks of a reduction over `axes`, one per remaining element in row-major order. */
function reduced(x: Ref, axes: readonly number[], keep: boolean): Reduced {
  const strides = stridesOf(x.shape);
  const kept = [...x.shape.keys()].filter((d) => !axes.includes(d));
  const order = [...kept, ...axes];
  const src = stridedIndex(
    order.map((d) => x.shape[d]),
    order.map((d) => strides[d]),
  );
  const shape = keep ? x.shape.map((dim, d) => (axes.includes(d) ? 1 : dim)) : kept.map((d) => x.shape[d]);
  return { k: sizeOf(axes.map((d) => x.shape[d])), src, shape };
}

function reductionOf(c: NodeContext, x: Ref): Reduced | undefined {
  const axes = axesOf(c, x.shape.length);
  if ((!axes || axes.length === 0) && intAttribute(c.node, 'noop_with_empty_axes', 0)) return undefined;
  const all = axes && axes.length > 0 ? axes : [...x.shape.keys()];
  return reduced(x, all, intAttribute(c.node, 'keepdims', 1) === 1);
}

function weighted(c: NodeContext, x: Ref, r: Reduced, weight: number): Ref {
  return linear(c.b, c.origin, x, { k: r.k, m: 1, src: r.src, weights: [new Float64Array(r.k).fill(weight)] }, r.shape);
}

/** Sum of f(x) over the axes, then g of the sum: the L1, L2, square and log-sum reductions. */
function sumRule(before?: (x: number) => number, after?: (x: number) => number, mean = false): Rule {
  return (c) => {
    const x = operand(c, 0);
    const r = reductionOf(c, x);
    const inner = before ? unary(c.b, c.origin, x, { name: `${c.node.op.toLowerCase()} term`, f: before }) : x;
    // Without axes and with noop_with_empty_axes every element is a block of its own, as in ONNX Runtime.
    const sum = r ? weighted(c, inner, r, mean ? 1 / r.k : 1) : inner;
    return [after ? unary(c.b, c.origin, sum, { name: `${c.node.op.toLowerCase()} root`, f: after }) : sum];
  };
}

function foldRule(fn: ScalarFn2): Rule {
  return (c) => {
    const x = operand(c, 0);
    const r = reductionOf(c, x);
    return [r ? foldBlocks(c, x, r.k, r.src, fn, r.shape) : x];
  };
}

/** exp(x) / Σ exp(x), or x − log Σ exp(x), as operations of their own: a softmax in the middle of a network. */
function openSoftmax(c: NodeContext, x: Ref, r: Reduced, log: boolean): Ref {
  const exp = unary(c.b, c.origin, x, { name: 'exp', f: Math.exp });
  const sum = weighted(c, exp, r, 1);
  if (log) {
    const logSum = unary(c.b, c.origin, sum, { name: '-log', f: (v) => -Math.log(v) });
    return add(c.b, c.origin, x, logSum);
  }
  return binary(c.b, c.origin, exp, sum, { name: 'div', f: (a, b) => a / b });
}

function softmaxRule(log: boolean): Rule {
  return (c) => {
    const x = operand(c, 0);
    const axis = axisOf(c, intAttribute(c.node, 'axis', -1), x.shape.length);
    const r = reduced(x, [axis], true);
    if (!c.final || r.k !== sizeOf(x.shape)) return [openSoftmax(c, x, r, log)];
    return [block(c.b, c.origin, x, { k: r.k, m: r.k, src: r.src, dst: r.src }, softmax(log), x.shape)];
  };
}

function argRule(sign: number): Rule {
  return (c) => {
    const x = operand(c, 0);
    const axis = axisOf(c, intAttribute(c.node, 'axis', 0), x.shape.length);
    const r = reduced(x, [axis], intAttribute(c.node, 'keepdims', 1) === 1);
    if (!c.final || r.k !== sizeOf(x.shape)) {
      refuse(
        c.origin,
        'the place of a maximum is needed inside the network',
        'make ArgMax over all classes the last node',
      );
    }
    const fn = argBlock(sign, intAttribute(c.node, 'select_last_index', 0) === 1);
    return [{ ...block(c.b, c.origin, x, { k: r.k, m: 1, src: r.src }, fn, r.shape), int: true }];
  };
}

interface Pool {
  readonly k: number;
  readonly src: Int32Array;
  readonly shape: Shape;
  /** Elements of the plane's explicit padding are counted by AveragePool on request. */
  readonly inPadded: Uint8Array;
}

function poolOf(c: NodeContext, x: Ref): Pool {
  const [batch, channels, ...space] = x.shape;
  const kernel = intsAttribute(c.node, 'kernel_shape') ?? space;
  const { shape, positions, taps, index, inPadded } = windowsOf(c, space, kernel);
  const plane = sizeOf(space);
  const planes = batch * channels;
  const src = new Int32Array(planes * positions * taps);
  for (let q = 0; q < planes; q++) {
    for (let i = 0; i < index.length; i++) src[q * index.length + i] = index[i] < 0 ? -1 : q * plane + index[i];
  }
  return { k: taps, src, shape: [batch, channels, ...shape], inPadded };
}

const maxPool: Rule = (c) => {
  if (c.node.outputs.length > 1 && c.node.outputs[1]) {
    refuse(c.origin, 'max pooling with an index output', 'export without return_indices');
  }
  const x = operand(c, 0);
  const pool = poolOf(c, x);
  return [foldBlocks(c, x, pool.k, pool.src, MAX, pool.shape)];
};

/** A sum per window, divided by the number of elements it counts. */
const averagePool: Rule = (c) => {
  const x = operand(c, 0);
  const { k, src, shape, inPadded } = poolOf(c, x);
  const countPad = intAttribute(c.node, 'count_include_pad', 0) === 1;
  const sum = linear(c.b, c.origin, x, { k, m: 1, src, weights: [new Float64Array(k).fill(1)] }, shape);
  const scale = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    let count = 0;
    for (let t = 0; t < k; t++) {
      const at = i * k + t;
      if (src[at] >= 0 || (countPad && inPadded[at % inPadded.length])) count++;
    }
    return 1 / count;
  });
  return [scaleShift(c.b, c.origin, sum, scale, undefined)];
};

function globalPool(average: boolean): Rule {
  return (c) => {
    const x = operand(c, 0);
    const axes = [...x.shape.keys()].slice(2);
    const r = reduced(x, axes, true);
    if (average) return [weighted(c, x, r, 1 / r.k)];
    return [foldBlocks(c, x, r.k, r.src, MAX, r.shape)];
  };
}

const square = (x: number): number => x * x;

export const REDUCE_RULES: Readonly<Record<string, Rule>> = {
  ReduceSum: sumRule(),
  ReduceMean: sumRule(undefined, undefined, true),
  ReduceSumSquare: sumRule(square),
  ReduceL1: sumRule(Math.abs),
  ReduceL2: sumRule(square, Math.sqrt),
  ReduceLogSum: sumRule(undefined, Math.log),
  ReduceLogSumExp: sumRule(Math.exp, Math.log),
  ReduceMax: foldRule(MAX),
  ReduceMin: foldRule(MIN),
  ReduceProd: foldRule(PRODUCT),
  Softmax: softmaxRule(false),
  LogSoftmax: softmaxRule(true),
  ArgMax: argRule(1),
  ArgMin: argRule(-1),
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool(true),
  GlobalMaxPool: globalPool(false),
};
