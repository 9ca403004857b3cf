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

/** next = min(state + x, 5), y = 2 · next. */
function counting(units: number | string = 1, batch: number | string = 'n'): Uint8Array {
  const graph = buildGraph();
  const x = graph.input('x', [batch, 1]);
  const h = graph.input('h', [batch, units]);
  const sum = graph.node('Add', [h, x]);
  const next = graph.node('Min', [sum, graph.weights('five', [], [5])], {}, { name: 'next' });
  graph.output(next, [batch, units]);
  graph.output(graph.node('Mul', [next, graph.weights('two', [], [2])], {}, { name: 'y' }), [batch, 1]);
  return graph.bytes();
}

for (const batch of ['n', 2]) {
  Reference(
    `a model with a state goes one packet on for three flows: outputs and states apart, batch ${batch}`,
    async () => {
      const reference = await openReference(counting(1, batch), { state: { input: 'h', output: 'next' } });
      assert.equal([reference.units, reference.output], [1, 'y']);
      const made = await reference.advance!(Float32Array.of(1, 2, 3), Float32Array.of(0, 1, 4), 3);
      assert.equal(
        [[...made.outputs], [...made.states]],
        [
          [2, 6, 10],
          [1, 3, 5],
        ],
      );
      await reference.close();
    },
  );
}

Reference(
  'a state that the model does not have, or of no known size, is refused; two inputs without one hint at it',
  async () => {
    const refused = async (bytes: Uint8Array, state?: { input: string; output: string }) => {
      try {
        await openReference(bytes, state === undefined ? {} : { state });
      } catch (error) {
        if (error instanceof ProblemError) return error.problem;
        throw error;
      }
      throw new Error('nothing was refused');
    };
    const names = { input: 'h', output: 'next' };
    assert.match((await refused(counting(), { ...names, output: 'later' })).message, /no output later/);
    assert.match((await refused(counting('units'), names)).have!, /float32 \[n, units\]/);
    assert.match((await refused(counting())).hint!, /pegasim\.state/);
    assert.is((await refused(counting(), { input: 'x2', output: 'next' })).code, 'MODEL-INPUTS');
  },
);

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
