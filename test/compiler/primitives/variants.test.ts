/** Forms of operators that exporters rarely write: every attribute, on random small graphs, equals ONNX Runtime to 1e-5. */
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph, evaluateGraph } from '../../../src/compiler/primitives/index.ts';
import {
  type AttributeInput,
  buildGraph as buildOnnx,
  float,
  type GraphBuilder,
  tensor,
} from '../../../src/model/index.ts';
import { compare, names, numbers } from './support.ts';

const Variants = suite('operator variants');
const TOLERANCE = 1e-5;

type Use = (g: GraphBuilder, x: string) => string;

const size = (dims: readonly number[]): number => dims.reduce((p, d) => p * d, 1);

/** The operator on the input shaped [N, ...dims], a tanh behind it, flattened. */
async function check(name: string, dims: readonly number[], use: Use, opset = 17): Promise<void> {
  const define = (g: GraphBuilder): void => {
    const y = use(g, g.input('x', ['N', ...dims]));
    g.output(g.node('Flatten', [g.node('Tanh', [y])]), ['N', 'n']);
  };
  const { off } = await compare(size(dims), define, { opset, rows: 5 });
  assert.ok(off < TOLERANCE, `${name} at opset ${opset}: off by ${off}`);
}

const small = (max: number, min = 0) => fc.integer({ min, max });
const seeds = small(1e6, 1);

const windows = fc.record({
  space: fc.oneof(fc.tuple(small(9, 5)), fc.tuple(small(6, 4), small(6, 4))),
  kernel: fc.tuple(small(3, 1), small(3, 1)),
  stride: fc.tuple(small(3, 1), small(3, 1)),
  dilation: fc.tuple(small(2, 1), small(2, 1)),
  before: fc.tuple(small(1), small(1)),
  after: fc.tuple(small(1), small(1)),
  auto: fc.constantFrom('NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'),
  groups: fc.constantFrom(1, 2, 4),
  ceil: small(1),
  countPad: small(1),
  bias: fc.boolean(),
  seed: seeds,
});

type Windows = typeof windows extends fc.Arbitrary<infer T> ? T : never;

/** ONNX Runtime refuses windows that do not fit, and SAME with strides beyond the kernel. */
function runs(w: Windows, dilations: readonly number[]): boolean {
  return w.space.every((n, d) => {
    const extent = (w.kernel[d] - 1) * dilations[d] + 1;
    if (w.auto.startsWith('SAME')) return w.kernel[d] >= w.stride[d];
    return extent <= n + (w.auto === 'NOTSET' ? w.before[d] + w.after[d] : 0);
  });
}

/** Padding below the kernel, as pooling asks for. */
function attributesOf(w: Windows, pooling: boolean): Record<string, AttributeInput> {
  const rank = w.space.length;
  const cut = (list: readonly number[]): number[] => list.slice(0, rank);
  const kernel = cut(w.kernel);
  const limit = (list: readonly number[]): number[] =>
    cut(list).map((p, d) => (pooling ? Math.min(p, kernel[d] - 1) : p));
  return {
    kernel_shape: kernel,
    strides: cut(w.stride),
    ...(w.auto === 'NOTSET' ? { pads: [...limit(w.before), ...limit(w.after)] } : { auto_pad: w.auto }),
  };
}

Variants(
  'random convolutions in 1-D and 2-D: stride, padding, auto_pad, dilation, groups up to depthwise, bias or none',
  async () => {
    let done = 0;
    for (const w of fc.sample(windows, { numRuns: 60, seed: 21 })) {
      const attributes = attributesOf(w, false);
      const kernel = attributes.kernel_shape as number[];
      // ONNX Runtime refuses dilation together with SAME.
      const dilations = w.auto.startsWith('SAME') ? kernel.map(() => 1) : w.dilation.slice(0, kernel.length);
      if (!runs(w, dilations)) continue;
      done++;
      const use: Use = (g, x) => {
        const weight = g.weights(
          'w',
          [4, 4 / w.groups, ...kernel],
          numbers(w.seed)((16 / w.groups) * size(kernel), 0.6),
        );
        const bias = w.bias ? [g.weights('b', [4], numbers(w.seed + 1)(4))] : [];
        return g.node('Conv', [x, weight, ...bias], { ...attributes, dilations, group: w.groups });
      };
      await check(JSON.stringify(w), [4, ...w.space], use);
    }
    assert.ok(done >= 40, `${done} convolutions`);
  },
);

Variants('random poolings: ceil_mode, count_include_pad, auto_pad, dilation of MaxPool, strides left out', async () => {
  let done = 0;
  for (const w of fc.sample(windows, { numRuns: 60, seed: 22 })) {
    if (!runs(w, w.auto === 'NOTSET' ? w.dilation : [1, 1])) continue;
    const attributes = attributesOf(w, true);
    if (w.seed % 5 === 0) delete attributes.strides;
    const dilated = w.auto === 'NOTSET' && done % 2 === 0 ? { dilations: w.dilation.slice(0, w.space.length) } : {};
    const ceil_mode = w.auto === 'NOTSET' ? w.ceil : 0;
    await check(`max ${JSON.stringify(w)}`, [2, ...w.space], (g, x) =>
      g.node('MaxPool', [x], { ...attributes, ...dilated, ceil_mode }),
    );
    await check(
      `average ${JSON.stringify(w)}`,
      [2, ...w.space],
      (g, x) => g.node('AveragePool', [x], { ...attributes, ceil_mode, count_include_pad: w.countPad }),
      19,
    );
    done++;
  }
  assert.ok(done >= 40, `${done} poolings`);
});

Variants('Gemm: every transB, alpha, beta and shape of the addend; a constant left operand with transA', async () => {
  for (const transB of [0, 1])
    for (const dims of [undefined, [], [1], [3], [1, 3], [1, 1]]) {
      const use: Use = (g, x) => {
        const w = g.weights('w', transB ? [3, 4] : [4, 3], numbers(5)(12));
        const c = dims ? [g.weights('c', dims, numbers(6)(size(dims)))] : [];
        return g.node('Gemm', [x, w, ...c], { transB, alpha: float(0.5), beta: float(-2) });
      };
      await check(`Gemm ${transB} ${dims}`, [4], use);
    }
  await check('computed addend', [4], (g, x) =>
    g.node('Gemm', [x, g.weights('w', [4, 4], numbers(5)(16)), x], { beta: float(3) }),
  );
});

Variants('random slices: negative steps, axes and bounds far outside, axes left out, int32 bounds', async () => {
  const axis = fc.record({
    d: small(3, 1),
    start: small(7, -7),
    end: small(7, -7),
    step: fc.constantFrom(1, 2, 3, -1, -2),
  });
  let kept = 0;
  for (const s of fc.sample(fc.tuple(axis, axis, fc.boolean()), { numRuns: 60, seed: 23 })) {
    const [a, b, narrow] = s;
    const cuts = a.d === b.d ? [a] : [a, b];
    const dims = [3, 4, 5];
    const list = (pick: (c: (typeof cuts)[number]) => number): number[] => cuts.map(pick);
    const count = cuts.map(({ d, start, end, step }) => span(dims[d - 1], start, end, step));
    if (count.some((n) => n === 0)) continue;
    kept++;
    const use: Use = (g, x) => {
      const ints = (name: string, values: number[]): string =>
        narrow ? g.initializer(tensor('int32', [values.length], values, name)) : g.ints(name, values);
      return g.node('Slice', [
        x,
        ints(
          's',
          list((c) => c.start),
        ),
        ints(
          'e',
          list((c) => c.end),
        ),
        ints(
          'a',
          list((c) => (c.step > 0 ? c.d : c.d - 4)),
        ),
        ints(
          't',
          list((c) => c.step),
        ),
      ]);
    };
    await check(JSON.stringify(s), dims, use);
  }
  assert.ok(kept >= 15, `${kept} slices were not empty`);
});

/** Elements of a slice along one axis, by walking. */
function span(n: number, start: number, end: number, step: number): number {
  const clamp = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v < 0 ? v + n : v));
  let count = 0;
  const last = step > 0 ? clamp(end, 0, n) : clamp(end, -1, n - 1);
  for (let i = step > 0 ? clamp(start, 0, n) : clamp(start, 0, n - 1); step > 0 ? i < last : i > last; i += step)
    count++;
  return count;
}

Variants('Split by sizes, by num_outputs with a shorter last part (18), and evenly; Concat on every axis', async () => {
  const whole = (g: GraphBuilder, parts: readonly string[]): string =>
    g.node('Concat', [...parts].reverse(), { axis: -1 });
  await check('sizes', [2, 7], (g, x) => whole(g, g.nodes('Split', [x, g.ints('s', [1, 2, 4])], 3, { axis: -1 })), 13);
  await check('num_outputs', [2, 7], (g, x) => whole(g, g.nodes('Split', [x], 3, { axis: 2, num_outputs: 3 })), 18);
  await check('even', [2, 6], (g, x) => whole(g, g.nodes('Split', [x], 3, { axis: 2 })), 13);
  for (const axis of [1, 2, -1, -2])
    await check(`concat ${axis}`, [3, 2], (g, x) => g.node('Concat', [x, g.node('Neg', [x]), x], { axis }));
});

Variants(
  'Pad: constant with and without a value, reflect, edge, wrap (19), axes as input (18), negative pads',
  async () => {
    const cases: [string, number, Use][] = [
      ['negative', 13, (g, x) => g.node('Pad', [x, g.ints('p', [0, 0, -1, 0, 1, -2])])],
      ['value', 13, (g, x) => g.node('Pad', [x, g.ints('p', [0, 1, 2, 0, 0, 1]), g.weights('v', [], [-0.7])])],
      ['wrap', 19, (g, x) => g.node('Pad', [x, g.ints('p', [0, 1, 2, 0, 0, 3])], { mode: 'wrap' })],
      ['axes', 18, (g, x) => g.node('Pad', [x, g.ints('p', [1, 2]), '', g.ints('a', [-1])], { mode: 'edge' })],
      [
        'axes 2',
        18,
        (g, x) => g.node('Pad', [x, g.ints('p', [1, 2, 0, 1]), g.weights('v', [], [3]), g.ints('a', [2, 1])]),
      ],
      ['reflect', 18, (g, x) => g.node('Pad', [x, g.ints('p', [0, 1, 2, 0, 2, 3])], { mode: 'reflect' })],
    ];
    for (const [name, opset, use] of cases) await check(name, [3, 4], use, opset);
  },
);

const REDUCTIONS = [
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
  'ReduceLogSumExp',
  'ReduceLogSum',
];

Variants(
  'every Reduce operator over two axes, keepdims or not, noop_with_empty_axes with and without axes',
  async () => {
    for (const op of REDUCTIONS) {
      const input: Use = op === 'ReduceLogSum' ? (g, x) => g.node('Exp', [x]) : (_, x) => x;
      for (const keepdims of [0, 1]) {
        await check(`${op} 18`, [2, 3, 2], (g, x) => g.node(op, [input(g, x), g.ints('a', [-1, 1])], { keepdims }), 18);
        const old: Use = (g, x) =>
          op === 'ReduceSum'
            ? g.node(op, [input(g, x), g.ints('a', [3, 1])], { keepdims })
            : g.node(op, [input(g, x)], { axes: [3, 1], keepdims });
        await check(`${op} 13`, [2, 3, 2], old, 13);
      }
      await check(`${op} noop`, [2, 3], (g, x) => g.node(op, [input(g, x)], { noop_with_empty_axes: 1 }), 18);
      const empty: Use = (g, x) => g.node(op, [input(g, x), g.ints('a', [])], { noop_with_empty_axes: 1 });
      await check(`${op} noop, empty axes`, [2, 3], empty, 18);
    }
  },
);

Variants(
  'Gather by nested and negative indices on every axis; Squeeze and Unsqueeze by negative axes and by none',
  async () => {
    for (const axis of [1, 2, -1])
      await check(`gather ${axis}`, [3, 4], (g, x) =>
        g.node('Gather', [x, g.ints('i', [2, -1, 0, 1], [2, 2])], { axis }),
      );
    await check('squeeze', [1, 4, 1], (g, x) => g.node('Squeeze', [x, g.ints('a', [-1, 1])]));
    await check('unsqueeze', [4], (g, x) => g.node('Unsqueeze', [x, g.ints('a', [-1, 1])]));
    await check('transpose all', [2, 3, 4], (g, x) => g.node('Transpose', [x], { perm: [0, 3, 1, 2] }));
    await check('flatten', [2, 3, 4], (g, x) => g.node('Flatten', [x], { axis: -3 }));
    await check('reshape zero', [2, 3, 4], (g, x) => g.node('Reshape', [x, g.ints('s', [0, 0, -1])]));
  },
);

Variants('Softmax and LogSoftmax inside a network on every axis', async () => {
  for (const op of ['Softmax', 'LogSoftmax'])
    for (const axis of [1, 2, -1, -2]) {
      const use: Use = (g, x) => g.node('Mul', [g.node(op, [x], { axis }), g.weights('c', [1], [1.5])]);
      await check(`${op} ${axis}`, [3, 2], use, 13);
    }
});

Variants(
  'activations with attributes at their defaults and others; Gelu both ways, spelled out as PyTorch does; SiLU; PRelu by channel',
  async () => {
    const cases: [string, number, Use][] = [
      ['HardSigmoid', 13, (g, x) => g.node('HardSigmoid', [x])],
      ['HardSigmoid slope', 13, (g, x) => g.node('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) })],
      ['LeakyRelu', 13, (g, x) => g.node('LeakyRelu', [x])],
      ['Elu', 13, (g, x) => g.node('Elu', [x])],
      ['Selu', 13, (g, x) => g.node('Selu', [x], { alpha: float(1.2), gamma: float(0.8) })],
      ['Celu', 13, (g, x) => g.node('Celu', [x])],
      ['ThresholdedRelu', 13, (g, x) => g.node('ThresholdedRelu', [x])],
      ['Gelu tanh', 20, (g, x) => g.node('Gelu', [x], { approximate: 'tanh' })],
      ['Gelu none', 20, (g, x) => g.node('Gelu', [x], { approximate: 'none' })],
      ['SiLU', 13, (g, x) => g.node('Mul', [x, g.node('Sigmoid', [x])])],
      ['PRelu', 16, (g, x) => g.node('PRelu', [x, g.weights('s', [3, 1], [0.1, -0.2, 0.3])])],
      ['Clip low', 13, (g, x) => g.node('Clip', [x, g.weights('l', [], [-0.2])])],
      ['Clip high', 13, (g, x) => g.node('Clip', [x, '', g.weights('h', [], [0.3])])],
      ['Clip open', 13, (g, x) => g.node('Clip', [x, '', ''])],
      ['Pow 3', 15, (g, x) => g.node('Pow', [x, g.ints('p', [3], [])])],
      ['Pow base', 13, (g, x) => g.node('Pow', [g.weights('p', [], [1.7]), x])],
      [
        'Floor Ceil Round Sign',
        13,
        (g, x) =>
          g.node(
            'Sum',
            ['Floor', 'Ceil', 'Round', 'Sign', 'Sin', 'Cos'].map((op) => g.node(op, [x])),
          ),
      ],
      ['Mod', 13, (g, x) => g.node('Mod', [x, g.weights('m', [], [0.6])], { fmod: 1 })],
      [
        'Max Min of three',
        13,
        (g, x) =>
          g.node('Min', [
            g.node('Max', [x, g.weights('a', [1], [-0.5]), g.node('Neg', [x])]),
            g.weights('b', [1], [0.8]),
          ]),
      ],
    ];
    for (const [name, opset, use] of cases) await check(name, [3, 2], use, opset);
  },
);

Variants(
  'chains of Cast: to int32 and int64 truncates, to bool compares with zero, back to float, through double',
  async () => {
    const chain = (g: GraphBuilder, x: string, types: readonly number[]): string =>
      types.reduce((y, to) => g.node('Cast', [y], { to }), x);
    for (const types of [
      [6, 1],
      [7, 6, 1],
      [9, 1],
      [11, 1],
      [7, 9, 6, 1],
      [11, 7, 1],
    ])
      await check(`Cast ${types}`, [5], (g, x) =>
        g.node('Add', [chain(g, g.node('Mul', [x, g.weights('k', [], [3])]), types), x]),
      );
  },
);

Variants('comparisons and logic make masks: Greater, LessOrEqual, Equal, And, Or, Xor, Not, Where', async () => {
  const use: Use = (g, x) => {
    const z = (name: string, v: number): string => g.weights(name, [], [v]);
    const low = g.node('Greater', [x, z('a', -0.5)]);
    const high = g.node('LessOrEqual', [x, z('b', 0.5)]);
    const mask = g.node('Xor', [
      g.node('And', [low, high]),
      g.node('Or', [g.node('Not', [low]), g.node('Less', [x, z('c', 1)])]),
    ]);
    return g.node('Where', [mask, x, g.node('Neg', [x])]);
  };
  await check('logic', [4], use);
});

Variants(
  'shape arithmetic in int64: Shape with start and end, Size, Mul, Div, Sub, Range, ConstantOfShape, Expand, Tile',
  async () => {
    const use: Use = (g, x) => {
      const c = (v: number[], dims?: number[]): string =>
        g.node('Constant', [], { value: tensor('int64', dims ?? [v.length], v) });
      const space = g.node('Shape', [x], { start: 1, end: 3 });
      const first = g.node('Gather', [space, c([0], [])], { axis: 0 });
      const second = g.node('Squeeze', [g.node('Slice', [space, c([-1]), c([99])])]);
      const product = g.node('Mul', [first, second]);
      const half = g.node('Div', [product, c([2], [])]);
      const shape = g.node('Concat', [c([-1]), g.node('Unsqueeze', [half, c([0])]), c([2])], { axis: 0 });
      const halves = g.node('Reshape', [x, shape]);
      const ramp = g.node('Cast', [g.node('Range', [c([0], []), half, c([1], [])])], { to: 1 });
      const column = g.node('Unsqueeze', [ramp, c([-1])]);
      const rest = g.node('Sub', [g.node('Size', [g.node('ConstantOfShape', [space])]), product]);
      const zeros = g.node('Cast', [rest], { to: 1 });
      return g.node('Add', [g.node('Add', [halves, g.node('Tile', [column, c([1, 2])])]), zeros]);
    };
    for (const opset of [15, 17, 19, 21]) await check('shape arithmetic', [4, 3], use, opset);
  },
);

/** An RNN over four steps of three features, hidden size 2; all states. */
function rnn(
  attributes: Record<string, AttributeInput>,
  directions = 1,
  extra: (g: GraphBuilder) => string[] = () => [],
): Use {
  return (g, x) => {
    const random = numbers(directions + 6);
    const weights = [
      g.weights('w', [directions, 2, 3], random(6 * directions)),
      g.weights('r', [directions, 2, 2], random(4 * directions)),
      g.weights('b', [directions, 4], random(4 * directions)),
    ];
    const sequence = g.node('Transpose', [x], { perm: [1, 0, 2] });
    const [all] = g.nodes('RNN', [sequence, ...weights, ...extra(g)], 2, { hidden_size: 2, ...attributes });
    return g.node('Transpose', [all], { perm: [2, 0, 1, 3] });
  };
}

Variants('RNN: clipped, mixed activations of two directions', async () => {
  const names = (...value: string[]): AttributeInput => ({ kind: 'strings', value });
  await check('clip', [4, 3], rnn({ clip: float(0.4), activations: names('Tanh') }));
  await check('clipped relu', [4, 3], rnn({ clip: float(0.3), activations: names('Relu'), direction: 'reverse' }));
  await check('mixed', [4, 3], rnn({ direction: 'bidirectional', activations: names('Relu', 'Sigmoid') }, 2));
  await check('defaults', [4, 3], rnn({ direction: 'bidirectional' }, 2));
});

Variants('RNN with layout 1 equals the same cell with layout 0 (ONNX Runtime has no layout 1)', () => {
  const build = (layout: number) => {
    const g = buildOnnx({ opset: 17 });
    const random = numbers(3);
    const x = g.input('x', ['N', 4, 3]);
    const weights = [g.weights('w', [1, 2, 3], random(6)), g.weights('r', [1, 2, 2], random(4))];
    const state = g.weights('h', [1, 1, 2], [0.3, -0.6]);
    const sequence = layout ? x : g.node('Transpose', [x], { perm: [1, 0, 2] });
    const [, last] = g.nodes('RNN', [sequence, ...weights, '', '', state], 2, { hidden_size: 2, layout });
    g.output(g.node('Reshape', [last, g.ints('s', [-1, 2])]), ['N', 2]);
    return evaluateGraph(buildGraph(g.model(), { features: names(12) }), Float64Array.from(numbers(4)(60)), 5);
  };
  assert.equal([...build(1)], [...build(0)]);
});

Variants.run();
