/** Reductions: poolings, Reduce*, softmax and argmax. Averages and sums stay linear; the rest are joint functions of a block. */
import { intAttribute, intsAttribute } from '../../../model/index.ts';
import type { BlockFn } from '../ir.ts';
import { block, linear, type Ref, refuse, scaleShift, unary } from './builder.ts';
import { axisOf, type NodeContext, operand, type Rule } from './context.ts';
import { axesOf } from './rules-move.ts';
import { type Shape, sizeOf, stridedIndex, stridesOf } from './shape.ts';
import { windowsOf } from './windows.ts';

function fold(name: string, start: number, step: (a: number, x: number) => number): BlockFn {
  return {
    name,
    f: (x, count, y) => {
      let a = start;
      for (let i = 0; i < count; i++) a = step(a, x[i]);
      y[0] = a;
    },
  };
}
const MAX = fold('max', Number.NEGATIVE_INFINITY, Math.max);
const MIN = fold('min', Number.POSITIVE_INFINITY, Math.min);
const PRODUCT = fold('product', 1, (a, x) => a * x);

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
    if (!r) return [inner];
    const sum = weighted(c, inner, r, mean ? 1 / r.k : 1);
    return [after ? unary(c.b, c.origin, sum, { name: `${c.node.op.toLowerCase()} root`, f: after }) : sum];
  };
}

function blockRule(fn: BlockFn): Rule {
  return (c) => {
    const x = operand(c, 0);
    const r = reductionOf(c, x);
    return [r ? block(c.b, c.origin, x, { k: r.k, m: 1, src: r.src }, fn, r.shape) : x];
  };
}

function softmaxRule(log: boolean): Rule {
  return (c) => {
    const x = operand(c, 0);
    const axis = axisOf(c, intAttribute(c.node, 'axis', -1), x.shape.length);
    const r = reduced(x, [axis], true);
    return [block(c.b, c.origin, x, { k: r.k, m: r.k, src: r.src, dst: r.src }, softmax(log), x.shape)];
  };
}

function argRule(sign: number): Rule {
  return (c) => {
    const x = operand(c, 0);
    const axis = axisOf(c, intAttribute(c.node, 'axis', 0), x.shape.length);
    const r = reduced(x, [axis], intAttribute(c.node, 'keepdims', 1) === 1);
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
  return [block(c.b, c.origin, x, { k: pool.k, m: 1, src: pool.src }, MAX, pool.shape)];
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
    return [block(c.b, c.origin, x, { k: r.k, m: 1, src: r.src }, MAX, r.shape)];
  };
}

const square = (x: number): number => x * x;

export const REDUCE_RULES: Readonly<Record<string, Rule>> = {
  ReduceSum: sumRule(),
  ReduceMean: sumRule(undefined, undefined, true),
  ReduceSumSquare: sumRule(square),
  ReduceL1: sumRule(Math.abs),
  ReduceL2: sumRule(square, Math.sqrt),
  ReduceLogSumExp: sumRule(Math.exp, Math.log),
  ReduceMax: blockRule(MAX),
  ReduceMin: blockRule(MIN),
  ReduceProd: blockRule(PRODUCT),
  Softmax: softmaxRule(false),
  LogSoftmax: softmaxRule(true),
  ArgMax: argRule(1),
  ArgMin: argRule(-1),
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool(true),
  GlobalMaxPool: globalPool(false),
};
