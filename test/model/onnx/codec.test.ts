import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph, encodeOnnx, float, parseOnnx, type TensorType, tensor } from '../../../src/model/index.ts';
import { MODEL } from '../../../src/model/onnx/schema.ts';
import { halfToNumber } from '../../../src/model/onnx/tensor.ts';
import { writeMessage } from '../../../src/model/onnx/wire.ts';
import { ProblemError } from '../../../src/problem.ts';

const Codec = suite('ONNX codec');

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return 'none';
}

const GRAPH = { node: [], input: [], output: [] };

Codec('a model written and read again is the same, bytes too', () => {
  const graph = buildGraph({ metadata: { 'pegasim.window': '8' }, name: 'g' });
  const x = graph.input('x', ['batch', 4]);
  const weight = graph.weights('w', [4, 2], [1, -2, 3, 4.5, 0, 6, 7, 8]);
  const axes = graph.ints('axes', [-1, 2 ** 31, 0]);
  const attributes = {
    alpha: float(1),
    transB: 1,
    name: 'text',
    list: [1, 2],
    mixed: [0.5, 1],
    value: tensor('bool', [2], [1, 0]),
  };
  graph.output(graph.node('Gemm', [x, weight, '', axes], attributes, { name: 'fc' }), ['batch', 2]);
  const bytes = graph.bytes();
  const model = parseOnnx(bytes);
  assert.equal(model, graph.model());
  assert.equal(encodeOnnx(model), bytes);
  assert.equal(model.opsets[''], 17);
});

const LIMITS: [TensorType, number, number][] = [
  ['int8', -128, 127],
  ['uint8', 0, 255],
  ['int16', -32768, 32767],
  ['uint16', 0, 65535],
  ['int32', -(2 ** 31), 2 ** 31 - 1],
  ['uint32', 0, 2 ** 32 - 1],
  ['int64', -(2 ** 53) + 1, 2 ** 53 - 1],
  ['uint64', 0, 2 ** 53 - 1],
  ['bool', 0, 1],
];

for (const [type, min, max] of LIMITS) {
  Codec(`${type} tensors keep every value ${min}..${max}`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min, max })), (values) => {
        const all = [...values, min, max];
        const graph = buildGraph();
        graph.initializer(tensor(type, [all.length], all, 't'));
        assert.equal([...parseOnnx(graph.bytes()).graph.initializers.t.data], all);
      }),
      { numRuns: 20, seed: 1 },
    );
  });
}

Codec('typed fields and half precision are read as raw data are', () => {
  const half = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer);
  const bytes = writeMessage(
    {
      irVersion: 8,
      opsetImport: [{ version: 17 }],
      graph: {
        ...GRAPH,
        initializer: [
          { name: 'f', dims: [2], dataType: 1, floatData: [0.5, -3] },
          { name: 'i', dims: [2], dataType: 7, int64Data: [-1, 5] },
          { name: 'd', dims: [1], dataType: 11, doubleData: [0.1] },
          { name: 'h', dims: [4], dataType: 10, rawData: half },
          { name: 'h2', dims: [1], dataType: 10, int32Data: [0x3800] },
        ],
      },
    },
    MODEL,
  );
  const { f, i, d, h, h2 } = parseOnnx(bytes).graph.initializers;
  assert.equal([[...f.data], [...i.data], [...d.data]], [[0.5, -3], [-1, 5], [0.1]]);
  assert.equal([...h.data], [1, -2, Math.fround(2 ** -24), 65504]);
  assert.equal([h.type, h2.data[0]], ['float32', 0.5]);
});

Codec('half 0x7c00 is infinity, 0x7e00 is NaN', () => {
  assert.is(halfToNumber(0x7c00), Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(halfToNumber(0x7e00)));
});

Codec('an empty file, text, random bytes and a cut model are MODEL-NOT-ONNX', () => {
  const graph = buildGraph();
  graph.weights('w', [100], new Float32Array(100));
  const whole = graph.bytes();
  const cases = [
    new Uint8Array(0),
    new TextEncoder().encode('name: x\nlayers: 3\n'),
    whole.subarray(0, whole.length / 2),
  ];
  for (const bytes of cases)
    assert.is(
      code(() => parseOnnx(bytes, 'm.onnx')),
      'MODEL-NOT-ONNX',
    );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const found = code(() => parseOnnx(bytes));
      assert.ok(/^MODEL-/.test(found) || found === 'none');
    }),
    { numRuns: 300, seed: 3 },
  );
});

Codec('external data, strings and wrong sizes have their own codes', () => {
  const withTensor = (tensorMessage: object): Uint8Array =>
    writeMessage(
      { irVersion: 8, opsetImport: [{ version: 17 }], graph: { ...GRAPH, initializer: [tensorMessage] } },
      MODEL,
    );
  const external = withTensor({
    name: 'w',
    dims: [1],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: 'location', value: 'x' }],
  });
  assert.is(
    code(() => parseOnnx(external)),
    'MODEL-EXTERNAL-DATA',
  );
  assert.is(
    code(() => parseOnnx(withTensor({ name: 's', dims: [0], dataType: 8 }))),
    'MODEL-TENSOR-TYPE',
  );
  assert.is(
    code(() => parseOnnx(withTensor({ name: 'w', dims: [3], dataType: 1, floatData: [1] }))),
    'MODEL-TENSOR-SIZE',
  );
});

Codec('int64 "to the end" sentinels survive as huge numbers', () => {
  const graph = buildGraph();
  graph.ints('ends', [2 ** 63]);
  assert.is(parseOnnx(graph.bytes()).graph.initializers.ends.data[0], 2 ** 63);
});

Codec.run();
