/** Every operator in small random graphs: the Partition/Map/SumReduce graph in float equals ONNX Runtime to 1e-5. */
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AttributeInput, float, type GraphBuilder, tensor } from '../../../src/model/index.ts';
import { compare, numbers, softmaxRows, worst } from './support.ts';

const Ops = suite('operators');
const TOLERANCE = 1e-5;

type Define = (g: GraphBuilder) => void;

/** Input [batch, n] → dense to `m` → the operator → dense to 3: the operator between two cuts. */
function between(n: number, m: number, use: (g: GraphBuilder, x: string) => string, width = m, seed = 1): Define {
  return (g) => {
    const random = numbers(seed);
    const x = g.input('x', ['batch', n]);
    const hidden = g.node('Gemm', [x, g.weights('w1', [n, m], random(n * m, 0.5)), g.weights('b1', [m], random(m))]);
    const y = use(g, hidden);
    const out = g.node('MatMul', [y, g.weights('w2', [width, 3], random(width * 3))]);
    g.output(out, ['batch', 3]);
  };
}

/** The operator on the input itself, shaped [batch, ...dims]; output flattened. */
function alone(dims: readonly number[], use: (g: GraphBuilder, x: string) => string): Define {
  return (g) => {
    const y = use(g, g.input('x', ['batch', ...dims]));
    g.output(g.node('Flatten', [y]), ['batch', 'n']);
  };
}

function size(dims: readonly number[]): number {
  return dims.reduce((p, d) => p * d, 1);
}

async function check(name: string, count: number, define: Define, opset = 17): Promise<void> {
  const { off } = await compare(count, define, { opset });
  assert.ok(off < TOLERANCE, `${name}: off by ${off}`);
}

const ACTIVATIONS: [string, Record<string, AttributeInput>, number?][] = [
  ['Relu', {}],
  ['LeakyRelu', { alpha: float(0.1) }],
  ['HardSigmoid', { alpha: float(0.25), beta: float(0.4) }],
  ['Sigmoid', {}],
  ['Tanh', {}],
  ['Elu', { alpha: float(0.7) }],
  ['Celu', { alpha: float(0.7) }],
  ['Selu', {}],
  ['Erf', {}],
  ['Softplus', {}],
  ['Softsign', {}],
  ['Abs', {}],
  ['Exp', {}],
  ['HardSwish', {}],
  ['ThresholdedRelu', { alpha: float(0.3) }],
  ['Gelu', {}, 20],
  ['Gelu', { approximate: 'tanh' }, 20],
  ['Mish', {}, 18],
  ['Neg', {}],
];

for (const [op, attributes, opset] of ACTIVATIONS) {
  Ops(`${op} ${JSON.stringify(Object.keys(attributes))} between two layers`, async () => {
    const use = (g: GraphBuilder, x: string): string => g.node(op, [x], attributes);
    await check(op, 5, between(5, 4, use), opset ?? 17);
  });
}

Ops('Sqrt, Log and Reciprocal of a positive activation: the base point moves where the network is finite', async () => {
  for (const op of ['Sqrt', 'Log', 'Reciprocal']) {
    const use = (g: GraphBuilder, x: string): string => {
      const positive = g.node('Add', [g.node('Abs', [x]), g.weights('eps', [1], [0.5])]);
      return g.node(op, [positive]);
    };
    await check(op, 4, between(4, 3, use));
  }
});

Ops('Clip with both, one and no bound', async () => {
  for (const bounds of [['low', 'high'], ['low'], ['', 'high'], []]) {
    const use = (g: GraphBuilder, x: string): string => {
      g.initializer(tensor('float32', [], [-0.4], 'low'));
      g.initializer(tensor('float32', [], [0.6], 'high'));
      return g.node('Clip', [x, ...bounds]);
    };
    await check(`Clip ${bounds}`, 4, between(4, 3, use));
  }
});

Ops('Add, Sub, Mul, Div and Pow with a constant on either side', async () => {
  for (const op of ['Add', 'Sub', 'Mul', 'Div']) {
    for (const left of [true, false]) {
      const use = (g: GraphBuilder, x: string): string => {
        const c = g.weights('c', [4], [0.5, -1.5, 2, 0.75]);
        const safe = op === 'Div' && left ? g.node('Exp', [x]) : x;
        return g.node('Relu', [g.node(op, left ? [c, safe] : [safe, c])]);
      };
      await check(`${op} ${left}`, 5, between(5, 4, use));
    }
  }
  await check(
    'Pow',
    5,
    between(5, 4, (g, x) => g.node('Pow', [x, g.weights('two', [], [2])])),
  );
});

Ops('products, quotients, maxima and minima of two activations are Maps over pairs', async () => {
  for (const op of ['Mul', 'Div', 'Max', 'Min', 'Sub', 'Add']) {
    const use = (g: GraphBuilder, x: string): string => {
      const [a, b] = g.nodes('Split', [x], 2, { axis: 1 });
      return g.node(op, [a, op === 'Div' ? g.node('Exp', [b]) : b]);
    };
    const { off, graph } = await compare(6, between(6, 8, use, 4));
    assert.ok(off < TOLERANCE, `${op}: off by ${off}`);
    if (op === 'Mul')
      assert.equal(
        graph.maps.filter((m) => m.output === graph.output).map((m) => m.inputs.length),
        [2, 2, 2, 2],
      );
  }
});

Ops('a factorisation machine: all pairwise products of one vector overlap and still add up', async () => {
  const define: Define = (g) => {
    const x = g.input('x', ['batch', 4]);
    const column = g.node('Reshape', [x, g.ints('s1', [-1, 4, 1])]);
    const row = g.node('Reshape', [x, g.ints('s2', [-1, 1, 4])]);
    const products = g.node('Reshape', [g.node('MatMul', [column, row]), g.ints('s3', [-1, 16])]);
    g.output(g.node('MatMul', [products, g.weights('w', [16, 2], numbers(3)(32))]), ['batch', 2]);
  };
  for (const maxGroup of [1, 2, 6]) {
    const { off } = await compare(4, define, { maxGroup });
    assert.ok(off < TOLERANCE, `maxGroup ${maxGroup}: off by ${off}`);
  }
});

Ops('attention-like products of two computed matrices', async () => {
  const define: Define = (g) => {
    const random = numbers(9);
    const x = g.node('Reshape', [g.input('x', ['batch', 6]), g.ints('s', [-1, 3, 2])]);
    const q = g.node('MatMul', [x, g.weights('wq', [2, 2], random(4))]);
    const k = g.node('Transpose', [g.node('MatMul', [x, g.weights('wk', [2, 2], random(4))])], { perm: [0, 2, 1] });
    const scores = g.node('Softmax', [g.node('MatMul', [q, k])], { axis: -1 });
    const y = g.node('MatMul', [scores, x]);
    g.output(g.node('Flatten', [y]), ['batch', 6]);
  };
  await check('attention', 6, define);
});

Ops('Conv 1-D and 2-D with random stride, padding, dilation and groups', async () => {
  const shape = fc.record({
    stride: fc.integer({ min: 1, max: 2 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    before: fc.integer({ min: 0, max: 2 }),
    after: fc.integer({ min: 0, max: 2 }),
    groups: fc.constantFrom(1, 2),
    kernel: fc.integer({ min: 1, max: 3 }),
    two: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1000 }),
  });
  for (const s of fc.sample(shape, { numRuns: 12, seed: 4 })) {
    const space = s.two ? [5, 4] : [7];
    const kernel = space.map(() => s.kernel);
    const use = (g: GraphBuilder, x: string): string => {
      const w = g.weights('w', [4, 2 / s.groups, ...kernel], numbers(s.seed)((8 / s.groups) * size(kernel)));
      const y = g.node('Conv', [x, w, g.weights('b', [4], [0.1, -0.2, 0.3, 0])], {
        strides: space.map(() => s.stride),
        dilations: space.map(() => s.dilation),
        pads: [...space.map(() => s.before), ...space.map(() => s.after)],
        group: s.groups,
        kernel_shape: kernel,
      });
      return g.node('Relu', [y]);
    };
    await check(JSON.stringify(s), 2 * size(space), alone([2, ...space], use));
  }
  for (const auto_pad of ['SAME_UPPER', 'SAME_LOWER', 'VALID']) {
    const use = (g: GraphBuilder, x: string): string =>
      g.node('Conv', [x, g.weights('w', [2, 1, 3], numbers(2)(6))], { auto_pad, strides: [2] });
    await check(auto_pad, 6, alone([1, 6], use));
  }
});

const POOL_CASES: Record<string, AttributeInput>[] = [
  { kernel_shape: [2], strides: [2] },
  { kernel_shape: [3], strides: [2], pads: [1, 1] },
  { kernel_shape: [3], strides: [1] },
  { kernel_shape: [2], strides: [2], ceil_mode: 1 },
  { kernel_shape: [3], strides: [2], pads: [1, 0], auto_pad: 'NOTSET' },
];

Ops('MaxPool and AveragePool with padding, overlap and ceil_mode', async () => {
  for (const attributes of POOL_CASES) {
    await check(
      `max ${JSON.stringify(attributes)}`,
      14,
      alone([2, 7], (g, x) => g.node('MaxPool', [x], attributes)),
    );
    for (const count_include_pad of [0, 1]) {
      const use = (g: GraphBuilder, x: string): string =>
        g.node('AveragePool', [x], { ...attributes, count_include_pad });
      await check(`average ${JSON.stringify(attributes)} ${count_include_pad}`, 14, alone([2, 7], use));
    }
  }
});

Ops('global poolings and 2-D pooling behind a convolution', async () => {
  for (const op of ['GlobalAveragePool', 'GlobalMaxPool']) {
    await check(
      op,
      12,
      alone([2, 2, 3], (g, x) => g.node(op, [x])),
    );
  }
  const use = (g: GraphBuilder, x: string): string => {
    const y = g.node('Relu', [
      g.node('Conv', [x, g.weights('w', [2, 1, 3, 3], numbers(5)(18))], { pads: [1, 1, 1, 1] }),
    ]);
    return g.node('MaxPool', [y], { kernel_shape: [2, 2], strides: [2, 2] });
  };
  await check('conv pool', 16, alone([1, 4, 4], use));
});

Ops('every Reduce operator over one axis and over all, axes as attribute (13) and as input (18)', async () => {
  const ops = [
    'ReduceSum',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceProd',
    'ReduceL1',
    'ReduceL2',
    'ReduceSumSquare',
    'ReduceLogSumExp',
  ];
  for (const op of ops) {
    for (const keepdims of [0, 1]) {
      const asAttribute = (g: GraphBuilder, x: string): string =>
        op === 'ReduceSum'
          ? g.node(op, [x, g.ints('axes', [2])], { keepdims })
          : g.node(op, [x], { axes: [2], keepdims });
      await check(`${op} 13`, 6, alone([2, 3], asAttribute), 13);
      const asInput = (g: GraphBuilder, x: string): string => g.node(op, [x, g.ints('axes', [-1])], { keepdims });
      await check(`${op} 18`, 6, alone([2, 3], asInput), 18);
    }
  }
});

Ops(
  'movements: Transpose, Slice with steps, Split, Concat, Pad in every mode, Gather, Tile, Expand, Squeeze',
  async () => {
    const moves: [string, (g: GraphBuilder, x: string) => string][] = [
      ['Transpose', (g, x) => g.node('Transpose', [x], { perm: [0, 2, 1] })],
      [
        'Slice',
        (g, x) => g.node('Slice', [x, g.ints('s', [-1]), g.ints('e', [-100]), g.ints('a', [2]), g.ints('t', [-2])]),
      ],
      ['Slice 2', (g, x) => g.node('Slice', [x, g.ints('s', [1]), g.ints('e', [2 ** 40]), g.ints('a', [-1])])],
      ['Split', (g, x) => g.nodes('Split', [x, g.ints('s', [1, 3])], 2, { axis: 2 })[1]],
      ['Concat', (g, x) => g.node('Concat', [x, g.node('Tanh', [x]), x], { axis: 1 })],
      ['Pad', (g, x) => g.node('Pad', [x, g.ints('p', [0, 1, 0, 0, 0, 2]), g.weights('v', [], [1.5])])],
      ['Pad reflect', (g, x) => g.node('Pad', [x, g.ints('p', [0, 0, 2, 0, 0, 1])], { mode: 'reflect' })],
      ['Pad edge', (g, x) => g.node('Pad', [x, g.ints('p', [0, 1, 2, 0, 0, 1])], { mode: 'edge' })],
      ['Gather', (g, x) => g.node('Gather', [x, g.ints('i', [3, 0, -1])], { axis: 2 })],
      ['Gather scalar', (g, x) => g.node('Gather', [x, g.ints('i', [1], [])], { axis: 2 })],
      ['Tile', (g, x) => g.node('Tile', [x, g.ints('r', [1, 2, 1])])],
      ['Expand', (g, x) => g.node('Expand', [g.node('Unsqueeze', [x, g.ints('a', [1])]), g.ints('s', [1, 2, 1, 1])])],
      ['Squeeze', (g, x) => g.node('Squeeze', [g.node('Unsqueeze', [x, g.ints('a', [0, -1])]), g.ints('b', [0, 4])])],
    ];
    for (const [name, use] of moves)
      await check(
        name,
        12,
        alone([3, 4], (g, x) => g.node('Sigmoid', [use(g, x)])),
      );
  },
);

Ops('shapes computed in the graph: Shape, Gather, Concat, Reshape fold away', async () => {
  const use = (g: GraphBuilder, x: string): string => {
    const batch = g.node('Gather', [g.node('Shape', [x]), g.ints('zero', [0], [])], { axis: 0 });
    const parts = [g.node('Unsqueeze', [batch, g.ints('at', [0])]), g.ints('rest', [6, -1])];
    return g.node('Tanh', [g.node('Reshape', [x, g.node('Concat', parts, { axis: 0 })])]);
  };
  await check('shape', 12, alone([3, 4], use));
});

Ops('MatMul with the constant on the left, vectors, batches; Gemm with alpha, beta and transposes', async () => {
  const random = numbers(8);
  const w = (g: GraphBuilder, dims: number[]): string => g.weights(`w${dims}`, dims, random(size(dims)));
  await check(
    'left',
    12,
    alone([3, 4], (g, x) => g.node('MatMul', [w(g, [2, 3]), x])),
  );
  await check(
    'batched',
    12,
    alone([3, 4], (g, x) => g.node('MatMul', [g.node('Unsqueeze', [x, g.ints('a', [2])]), w(g, [3, 4, 2])])),
  );
  await check(
    'vector',
    12,
    alone([3, 4], (g, x) => g.node('MatMul', [x, w(g, [4])])),
  );
  for (const transB of [0, 1]) {
    const use = (g: GraphBuilder, x: string): string =>
      g.node('Gemm', [x, w(g, transB ? [3, 4] : [4, 3]), w(g, [3])], { transB, alpha: float(0.5), beta: float(2) });
    await check('Gemm', 4, alone([4], use));
  }
});

Ops('RNN: tanh and relu, forward, reverse and both, all states and the last', async () => {
  for (const [activation, direction] of [
    ['Tanh', 'forward'],
    ['Relu', 'forward'],
    ['Tanh', 'reverse'],
    ['Tanh', 'bidirectional'],
  ]) {
    for (const last of [0, 1]) {
      const both = direction === 'bidirectional' ? 2 : 1;
      const use = (g: GraphBuilder, x: string): string => {
        const random = numbers(6);
        const parts = [g.weights('w', [both, 2, 3], random(6 * both)), g.weights('r', [both, 2, 2], random(4 * both))];
        const bias = g.weights('b', [both, 4], random(4 * both));
        const names = { kind: 'strings', value: Array(both).fill(activation) } as const;
        const sequence = g.node('Transpose', [x], { perm: [1, 0, 2] });
        const y = g.nodes('RNN', [sequence, ...parts, bias], 2, { hidden_size: 2, direction, activations: names })[
          last
        ];
        return g.node('Transpose', [y], { perm: last ? [1, 0, 2] : [2, 0, 1, 3] });
      };
      await check(`${activation} ${direction} ${last}`, 12, alone([4, 3], use));
    }
  }
});

Ops('BatchNormalization on two and four dimensions', async () => {
  for (const dims of [[3], [3, 2, 2]]) {
    const use = (g: GraphBuilder, x: string): string => {
      const parts = [
        [1, 2, -1],
        [0.1, 0, 0.3],
        [0.5, -0.5, 0],
        [1, 0.5, 2],
      ].map((v, i) => g.weights(`p${i}`, [3], v));
      return g.node('Relu', [g.node('BatchNormalization', [x, ...parts], { epsilon: float(1e-3) })]);
    };
    await check(`batch norm ${dims}`, size(dims), alone(dims, use));
  }
});

Ops('embeddings are exact Maps with one row per index', async () => {
  const define: Define = (g) => {
    const random = numbers(12);
    const x = g.node('Cast', [g.input('x', ['batch', 3])], { to: 7 });
    const e = g.node('Gather', [g.weights('table', [20, 4], random(80)), x]);
    const flat = g.node('Reshape', [e, g.ints('s', [-1, 12])]);
    const h = g.node('Relu', [g.node('Gemm', [flat, g.weights('w', [12, 5], random(60))])]);
    g.output(g.node('MatMul', [h, g.weights('v', [5, 2], random(10))]), ['batch', 2]);
  };
  const inputs = Float32Array.from({ length: 36 }, (_, i) => (i * 7) % 20);
  const { graph, off } = await compare(3, define, { inputs });
  assert.ok(off < TOLERANCE, `off by ${off}`);
  assert.equal(
    graph.maps.filter((m) => m.output === 1).map((m) => m.exact),
    [[20], [20], [20]],
  );
});

Ops('a final Softmax or LogSoftmax is left out, ArgMax too: the logits are the output', async () => {
  for (const op of ['Softmax', 'LogSoftmax']) {
    const define: Define = (g) => {
      const x = g.input('x', ['batch', 4]);
      const y = g.node('Gemm', [x, g.weights('w', [4, 3], numbers(4)(12))]);
      g.output(g.node(op, [y], { axis: 1 }), ['batch', 3]);
    };
    const { graph, ours, runtime } = await compare(4, define);
    assert.equal(graph.dropped, [op]);
    const expected = op === 'Softmax' ? softmaxRows(ours, 12) : softmaxRows(ours, 12).map(Math.log);
    assert.ok(worst(expected, runtime) < TOLERANCE);
  }
  const define: Define = (g) => {
    const y = g.node('Softmax', [g.node('Gemm', [g.input('x', ['batch', 4]), g.weights('w', [4, 3], numbers(4)(12))])]);
    g.output(g.node('ArgMax', [y], { axis: 1, keepdims: 0 }), ['batch'], 'int64');
  };
  const { graph, ours, runtime } = await compare(4, define);
  assert.equal(graph.dropped, ['Softmax', 'ArgMax']);
  runtime.forEach((best, row) => {
    const logits = ours.subarray(row * 3, row * 3 + 3);
    assert.is(logits.indexOf(Math.max(...logits)), best);
  });
});

Ops('Softmax in the middle of a network', async () => {
  await check(
    'softmax',
    4,
    between(4, 3, (g, x) => g.node('Softmax', [x], { axis: 1 })),
  );
  await check(
    'log',
    4,
    between(4, 3, (g, x) => g.node('LogSoftmax', [x], { axis: 1 })),
  );
});

Ops('Where with a constant and with a computed condition; PRelu; Sum and Mean of several', async () => {
  const w = (g: GraphBuilder): string => g.weights('c', [4], [0.5, -0.5, 1, 2]);
  await check(
    'Where const',
    4,
    alone([4], (g, x) => g.node('Where', [g.initializer(tensor('bool', [4], [1, 0, 1, 0], 'm')), x, w(g)])),
  );
  await check(
    'Where',
    4,
    alone([4], (g, x) => g.node('Where', [g.node('Greater', [x, g.weights('z', [], [0.2])]), x, w(g)])),
  );
  await check(
    'PRelu',
    5,
    between(5, 4, (g, x) => g.node('PRelu', [x, w(g)])),
  );
  await check(
    'Sum',
    4,
    alone([4], (g, x) => g.node('Sum', [x, g.node('Tanh', [x]), w(g)])),
  );
  await check(
    'Mean',
    4,
    alone([4], (g, x) => g.node('Mean', [x, g.node('Tanh', [x]), w(g)])),
  );
});

Ops('normalisation by mean and variance, written out, is two more sums and products of pairs', async () => {
  const define: Define = (g) => {
    const x = g.input('x', ['batch', 6]);
    const off = g.node('Sub', [x, g.node('ReduceMean', [x], { axes: [1], keepdims: 1 })]);
    const variance = g.node('ReduceMean', [g.node('Mul', [off, off])], { axes: [1], keepdims: 1 });
    const deviation = g.node('Sqrt', [g.node('Add', [variance, g.weights('e', [1], [1e-3])])]);
    g.output(g.node('Div', [off, deviation]), ['batch', 6]);
  };
  const { graph, off } = await compare(6, define);
  assert.ok(off < TOLERANCE, `off by ${off}`);
  assert.equal(
    graph.values.map((v) => v.size),
    [6, 6, 1, 6],
  );
});

Ops('a gate: sigmoid times tanh of two dense layers is a Map over pairs from two values', async () => {
  const use = (g: GraphBuilder, x: string): string => {
    const random = numbers(3);
    const half = (name: string): string => g.node('MatMul', [x, g.weights(name, [5, 3], random(15))]);
    return g.node('Mul', [g.node('Sigmoid', [half('a')]), g.node('Tanh', [half('c')])]);
  };
  const { graph, off } = await compare(
    5,
    alone([5], (g, x) => use(g, x)),
  );
  assert.ok(off < TOLERANCE, `off by ${off}`);
  const last = graph.maps.filter((m) => m.output === graph.output);
  assert.equal(
    last.map((m) => new Set(m.inputs.map((ref) => ref.value)).size),
    [2, 2, 2],
  );
});

Ops('a network of two inputs is one Map, however deep', async () => {
  const define: Define = (g) => {
    const random = numbers(3);
    let x = g.input('x', ['batch', 2]);
    for (let i = 0; i < 3; i++)
      x = g.node('Tanh', [g.node('MatMul', [x, g.weights(`w${i}`, [i ? 4 : 2, 4], random(i ? 16 : 8))])]);
    g.output(x, ['batch', 4]);
  };
  const { graph, off } = await compare(2, define);
  assert.ok(off < TOLERANCE, `off by ${off}`);
  assert.is(graph.maps.length, 1);
});

Ops('two deep branches of three inputs each that only meet in a sum are two Maps of joined trees', async () => {
  const define: Define = (g) => {
    const random = numbers(4);
    const branches = g.nodes('Split', [g.input('x', ['batch', 6])], 2, { axis: 1 }).map((part, b) => {
      const hidden = g.node('Relu', [g.node('MatMul', [part, g.weights(`a${b}`, [3, 8], random(24))])]);
      const deeper = g.node('Tanh', [g.node('MatMul', [hidden, g.weights(`b${b}`, [8, 8], random(64, 0.3))])]);
      return g.node('MatMul', [deeper, g.weights(`c${b}`, [8, 3], random(24))]);
    });
    g.output(g.node('Add', branches), ['batch', 3]);
  };
  const { graph, off } = await compare(6, define);
  assert.ok(off < TOLERANCE, `off by ${off}`);
  assert.equal(
    graph.maps.map((m) => m.trees),
    [
      [[0, 1], [2]],
      [[0, 1], [2]],
    ],
  );
});

Ops('the same network at opsets 13, 15, 17, 19 and 21', async () => {
  for (const opset of [13, 15, 17, 19, 21]) {
    const use = (g: GraphBuilder, x: string): string => {
      const [a, b] = g.nodes('Split', [x], 2, { axis: 1, ...(opset >= 18 ? { num_outputs: 2 } : {}) });
      return g.node('Concat', [g.node('Relu', [a]), g.node('Dropout', [g.node('Tanh', [b])])], { axis: 1 });
    };
    await check(`opset ${opset}`, 4, between(4, 6, use), opset);
  }
});

Ops.run();
