import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph, openReference, type TensorType } from '../../src/model/index.ts';
import { ProblemError } from '../../src/problem.ts';

const Reference = suite('float reference');

function linear(batch: number | string, type: TensorType = 'float32'): Uint8Array {
  const graph = buildGraph();
  const x = graph.input('x', [batch, 3], type);
  const rows = type === 'float32' ? x : graph.node('Cast', [x], { to: 1 });
  const sum = graph.node('MatMul', [rows, graph.weights('w', [3, 2], [1, 0, 0, 1, 2, 2])]);
  graph.output(sum, [batch, 2]);
  return graph.bytes();
}

const ROWS = Float32Array.from({ length: 30 }, (_, i) => i);
const EXPECTED = Array.from({ length: 10 }, (_, i) => [9 * i + 4, 9 * i + 5]).flat();

for (const [title, batch, type] of [
  ['open batch', 'n', 'float32'],
  ['batch fixed at 4, filled up for the last rows', 4, 'float32'],
  ['int64 input', 'n', 'int64'],
] as const) {
  Reference(`10 rows in steps of 3, ${title}`, async () => {
    const reference = await openReference(linear(batch, type), { batch: 3 });
    assert.equal([...(await reference.run(ROWS, 10))], EXPECTED);
    assert.is(reference.package, 'onnxruntime-web');
    assert.is((await reference.run(new Float32Array(0), 0)).length, 0);
    await reference.close();
  });
}

Reference('rows of another length, two inputs, unknown operators and no ONNX at all are refused', async () => {
  const codeOf = async (run: () => Promise<unknown>): Promise<string> => {
    try {
      await run();
    } catch (error) {
      if (error instanceof ProblemError) return error.problem.code;
      throw error;
    }
    return 'none';
  };
  const good = await openReference(linear('n'));
  assert.is(await codeOf(() => good.run(new Float32Array(8), 2)), 'MODEL-INPUTS');
  const two = buildGraph();
  two.output(two.node('Add', [two.input('a', ['n']), two.input('b', ['n'])]), ['n']);
  assert.is(await codeOf(() => openReference(two.bytes())), 'MODEL-INPUTS');
  const odd = buildGraph();
  odd.output(odd.node('NoSuchOperator', [odd.input('a', ['n', 3])]), ['n', 3]);
  assert.is(await codeOf(() => openReference(odd.bytes())), 'MODEL-RUN');
  assert.is(await codeOf(() => openReference(new Uint8Array(9))), 'MODEL-NOT-ONNX');
});

Reference.run();
