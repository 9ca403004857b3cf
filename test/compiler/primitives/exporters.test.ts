/** Graphs in the forms that PyTorch and tf2onnx write: the same networks spelled differently. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph } from '../../../src/compiler/primitives/index.ts';
import {
  buildGraph as buildOnnx,
  encodeOnnx,
  type GraphBuilder,
  type OnnxValue,
  parseOnnx,
  tensor,
} from '../../../src/model/index.ts';
import { compare, names, numbers } from './support.ts';

const Exporters = suite('exporter styles');

async function equal(
  name: string,
  count: number,
  define: (g: GraphBuilder) => void,
  inputs?: Float32Array,
): Promise<number> {
  const { off, graph } = await compare(count, define, { opset: 17, ...(inputs ? { inputs } : {}) });
  assert.ok(off < 1e-5, `${name}: off by ${off}`);
  return graph.maps.length;
}

/** A constant node, as PyTorch writes literals. */
function literal(g: GraphBuilder, values: readonly number[], dims: readonly number[] = [values.length]): string {
  return g.node('Constant', [], { value: tensor('int64', dims, values) });
}

Exporters(
  'PyTorch: Conv1d on an unsqueezed row, GELU spelled out, MaxPool, Flatten through Shape, Gemm with transB, LogSoftmax apart',
  async () => {
    await equal('conv net', 12, (g) => {
      const random = numbers(31);
      const x = g.node('Unsqueeze', [g.input('input.1', ['batch', 12]), literal(g, [1])]);
      const w = g.weights('conv.weight', [3, 1, 3], random(9));
      const conv = g.node('Conv', [x, w, g.weights('conv.bias', [3], random(3))], {
        dilations: [1],
        group: 1,
        kernel_shape: [3],
        pads: [1, 1],
        strides: [1],
      });
      const scaled = g.node('Div', [conv, g.node('Constant', [], { value: tensor('float32', [], [Math.SQRT2]) })]);
      const erf = g.node('Add', [
        g.node('Erf', [scaled]),
        g.node('Constant', [], { value: tensor('float32', [], [1]) }),
      ]);
      const product = g.node('Mul', [
        g.node('Mul', [conv, erf]),
        g.node('Constant', [], { value: tensor('float32', [], [0.5]) }),
      ]);
      const pooled = g.node('MaxPool', [product], { kernel_shape: [2], strides: [2], pads: [0, 0], ceil_mode: 0 });
      const batch = g.node('Gather', [g.node('Shape', [pooled]), literal(g, [0], [])], { axis: 0 });
      const shape = g.node('Concat', [g.node('Unsqueeze', [batch, literal(g, [0])]), literal(g, [-1])], { axis: 0 });
      const flat = g.node('Reshape', [pooled, shape]);
      const shared = g.node('Identity', [g.weights('shared.bias', [2], random(2))]);
      const out = g.node('Gemm', [flat, g.weights('fc.weight', [2, 18], random(36)), shared], { transB: 1 });
      g.output(out, ['batch', 2]);
    });
  },
);

Exporters(
  'PyTorch: nn.RNN with an initial state of zeros made from the batch size, squeezed directions, last step taken',
  async () => {
    await equal('rnn', 12, (g) => {
      const random = numbers(32);
      const x = g.node('Reshape', [g.input('x', ['batch', 12]), literal(g, [-1, 4, 3])]);
      const sequence = g.node('Transpose', [x], { perm: [1, 0, 2] });
      const batch = g.node('Gather', [g.node('Shape', [sequence]), literal(g, [1], [])], { axis: 0 });
      const dims = [literal(g, [1]), g.node('Unsqueeze', [batch, literal(g, [0])]), literal(g, [5])];
      const state = g.node('ConstantOfShape', [g.node('Concat', dims, { axis: 0 })], {
        value: tensor('float32', [1], [0]),
      });
      const weights = [
        g.weights('w', [1, 5, 3], random(15)),
        g.weights('r', [1, 5, 5], random(25, 0.5)),
        g.weights('b', [1, 10], random(10)),
      ];
      const [all] = g.nodes('RNN', [sequence, ...weights, '', state], 2, {
        hidden_size: 5,
        activations: { kind: 'strings', value: ['Tanh'] },
      });
      const steps = g.node('Transpose', [g.node('Squeeze', [all, literal(g, [1])])], { perm: [1, 0, 2] });
      const last = g.node('Gather', [steps, literal(g, [-1], [])], { axis: 1 });
      g.output(g.node('Gemm', [last, g.weights('o', [3, 5], random(15))], { transB: 1 }), ['batch', 3]);
    });
  },
);

Exporters('PyTorch: two embeddings by columns of a float row, concatenated', async () => {
  const inputs = Float32Array.from({ length: 24 }, (_, i) => (i * 5) % 9);
  const maps = await equal(
    'embeddings',
    2,
    (g) => {
      const random = numbers(33);
      const index = g.node('Cast', [g.input('x', ['batch', 2])], { to: 7 });
      const parts = [0, 1].map((c) => {
        const column = g.node('Gather', [index, literal(g, [c], [])], { axis: 1 });
        return g.node('Gather', [g.weights(`emb${c}`, [9, 4], random(36)), column]);
      });
      const joined = g.node('Concat', parts, { axis: 1 });
      const hidden = g.node('Relu', [g.node('Gemm', [joined, g.weights('w', [6, 8], random(48))], { transB: 1 })]);
      g.output(g.node('Gemm', [hidden, g.weights('v', [2, 6], random(12))], { transB: 1 }), ['batch', 2]);
    },
    inputs,
  );
  assert.is(maps, 8);
});

Exporters('tf2onnx: MatMul and Add apart, batch norm as Mul and Add, LeakyRelu, Softmax behind', async () => {
  const maps = await equal('dense', 6, (g) => {
    const random = numbers(34);
    const name = (layer: string): string => `StatefulPartitionedCall/sequential/${layer}`;
    const c = (layer: string, dims: number[]): string =>
      g.weights(name(layer), dims, random(dims.reduce((p, d) => p * d, 1)));
    let x = g.input('dense_input', ['unk__10', 6]);
    x = g.node('Add', [g.node('MatMul', [x, c('dense/MatMul/ReadVariableOp:0', [6, 5])]), c('dense/BiasAdd:0', [5])]);
    x = g.node('Add', [g.node('Mul', [x, c('bn/mul_1', [5])]), c('bn/sub', [5])]);
    x = g.node('LeakyRelu', [x], { alpha: { kind: 'float', value: 0.3 } });
    x = g.node('Add', [g.node('MatMul', [x, c('dense_1/MatMul:0', [5, 2])]), c('dense_1/BiasAdd:0', [2])]);
    g.output(x, ['unk__11', 2]);
  });
  assert.is(maps, 6 + 5);
});

Exporters(
  'tf2onnx: Conv1D as a squeezed 2-D convolution between transposes, global average pooling as ReduceMean',
  async () => {
    await equal('conv', 16, (g) => {
      const random = numbers(35);
      const x = g.node('Reshape', [g.input('input_1', ['unk__1', 16]), literal(g, [-1, 8, 2])]);
      const four = g.node('Reshape', [x, literal(g, [-1, 1, 8, 2])]);
      const channels = g.node('Transpose', [four], { perm: [0, 3, 1, 2] });
      const w = g.weights('kernel', [3, 2, 1, 3], random(18));
      const conv = g.node('Conv', [channels, w], {
        kernel_shape: [1, 3],
        strides: [1, 1],
        auto_pad: 'SAME_UPPER',
        group: 1,
        dilations: [1, 1],
      });
      const back = g.node('Transpose', [g.node('Squeeze', [conv, literal(g, [2])])], { perm: [0, 2, 1] });
      const active = g.node('Relu', [g.node('Add', [back, g.weights('bias', [3], random(3))])]);
      const mean = g.node('ReduceMean', [active], { axes: [1], keepdims: 0 });
      g.output(g.node('MatMul', [mean, g.weights('out', [3, 2], random(6))]), ['unk__2', 2]);
    });
  },
);

Exporters('tf2onnx: a SimpleRNN unrolled into MatMul, Add and Tanh with slices of the sequence', async () => {
  await equal('unrolled', 8, (g) => {
    const random = numbers(36);
    const x = g.node('Reshape', [g.input('x', ['n', 8]), literal(g, [-1, 4, 2])]);
    const kernel = g.weights('kernel', [2, 3], random(6));
    const recurrent = g.weights('recurrent', [3, 3], random(9, 0.6));
    const bias = g.weights('bias', [3], random(3));
    const steps = g.nodes('Split', [x, literal(g, [1, 1, 1, 1])], 4, { axis: 1 });
    let h: string | undefined;
    for (const step of steps) {
      const one = g.node('Squeeze', [step, literal(g, [1])]);
      const own = g.node('Add', [g.node('MatMul', [one, kernel]), bias]);
      h = g.node('Tanh', [h ? g.node('Add', [own, g.node('MatMul', [h, recurrent])]) : own]);
    }
    g.output(g.node('MatMul', [h!, g.weights('out', [3, 2], random(6))]), ['n', 2]);
  });
});

Exporters(
  'PyTorch: an LSTM cell unrolled over three steps into Split, Sigmoid, Tanh and Mul, in float64 inside',
  async () => {
    await equal('lstm cell', 6, (g) => {
      const random = numbers(37);
      const named = (name: string, dims: number[], scale = 1): string =>
        g.weights(
          `/lstm/${name}`,
          dims,
          random(
            dims.reduce((p, d) => p * d, 1),
            scale,
          ),
        );
      const x = g.node('Reshape', [g.input('/in/x', ['N', 6]), literal(g, [-1, 3, 2])]);
      const [w, r, b] = [named('w', [2, 8]), named('r', [2, 8], 0.5), named('b', [8])];
      let h: string | undefined;
      let cell: string | undefined;
      for (let t = 0; t < 3; t++) {
        const step = g.node('Gather', [x, literal(g, [t], [])], { axis: 1 });
        const own = g.node('Add', [g.node('MatMul', [step, w]), b]);
        const gates = h ? g.node('Add', [own, g.node('MatMul', [h, r])]) : own;
        const [i, f, o, c] = g.nodes('Split', [gates, literal(g, [2, 2, 2, 2])], 4, { axis: -1 });
        const fresh = g.node('Mul', [g.node('Sigmoid', [i]), g.node('Tanh', [c])]);
        cell = cell ? g.node('Add', [g.node('Mul', [g.node('Sigmoid', [f]), cell]), fresh]) : fresh;
        h = g.node('Mul', [g.node('Sigmoid', [o]), g.node('Tanh', [cell])], {}, { name: `/lstm/Mul_${t}` });
      }
      const wide = g.node('Cast', [h!], { to: 11 });
      const double = g.initializer(tensor('float64', [2, 2], random(4), '/head/w'));
      g.output(g.node('Cast', [g.node('MatMul', [wide, double])], { to: 1 }), ['N', 2]);
    });
  },
);

Exporters(
  'older exporters list initializers among the inputs: they are no inputs, and a second real one is refused',
  () => {
    const build = (extra: boolean) => {
      const g = buildOnnx({ opset: 13 });
      const random = numbers(38);
      const y = g.node('Gemm', [
        g.input('x', ['N', 3]),
        g.weights('w', [3, 2], random(6)),
        g.weights('b', [2], [1, 2]),
      ]);
      g.output(y, ['N', 2]);
      const model = g.model();
      const listed: OnnxValue[] = [
        { name: 'w', type: 'float32', dims: [3, 2] },
        { name: 'b', type: 'float32', dims: [2] },
        ...(extra ? [{ name: 'z', type: 'float32', dims: [2] } as const] : []),
      ];
      const inputs = [...listed.slice(0, 1), ...model.graph.inputs, ...listed.slice(1)];
      const bytes = encodeOnnx({ ...model, graph: { ...model.graph, inputs } });
      return buildGraph(parseOnnx(bytes), { features: names(3) });
    };
    assert.is(build(false).maps.length, 3);
    assert.throws(() => build(true), /exactly one input/);
  },
);

Exporters.run();
