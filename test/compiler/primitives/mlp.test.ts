import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mergePartitions } from '../../../src/compiler/fusion/index.ts';
import { evaluateGraph } from '../../../src/compiler/primitives/index.ts';
import type { GraphBuilder } from '../../../src/model/index.ts';
import { compare, numbers, worst } from './support.ts';

const Mlp = suite('MLP front end');

/** The float MLP-B: BN(10) → 10-32 → BN → ReLU → 32-16 → BN → ReLU → 16-3. */
function mlpB(g: GraphBuilder): void {
  const random = numbers(7);
  const norm = (name: string, x: string, n: number): string => {
    const parts = ['gamma', 'beta', 'mean'].map((p) => g.weights(`${name}.${p}`, [n], random(n)));
    const variance = g.weights(
      `${name}.var`,
      [n],
      random(n).map((v) => 0.5 + Math.abs(v)),
    );
    return g.node('BatchNormalization', [x, ...parts, variance], {}, { name });
  };
  const dense = (name: string, x: string, n: number, m: number): string =>
    g.node(
      'Gemm',
      [x, g.weights(`${name}.w`, [m, n], random(n * m, 0.5)), g.weights(`${name}.b`, [m], random(m))],
      { transB: 1 },
      { name },
    );
  let x = g.input('x', ['batch', 10]);
  x = norm('bn0', x, 10);
  x = g.node('Relu', [norm('bn1', dense('fc1', x, 10, 32), 32)], {}, { name: 'relu1' });
  x = g.node('Relu', [norm('bn2', dense('fc2', x, 32, 16), 16)], {}, { name: 'relu2' });
  x = dense('fc3', x, 16, 3);
  g.output(x, ['batch', 3]);
}

Mlp('MLP-B becomes three layers of 10, 32 and 16 single-element Maps and equals ONNX Runtime', async () => {
  const { graph, off } = await compare(10, mlpB);
  assert.equal(
    graph.values.map((v) => v.size),
    [10, 32, 16, 3],
  );
  assert.equal(
    [1, 2, 3].map((v) => graph.maps.filter((m) => m.output === v).length),
    [10, 32, 16],
  );
  assert.ok(off < 1e-5, `off by ${off}`);
});

Mlp('layer 1 is linear, batch normalisation included; the layers behind a ReLU are not', async () => {
  const { graph } = await compare(10, mlpB);
  assert.equal(graph.maps.filter((m) => m.linear).length, 10);
});

Mlp('merging partitions yields 10 singles, 16 pairs, 16 singles and keeps the sums', async () => {
  const { graph, ours } = await compare(10, mlpB);
  for (const spec of [undefined, [1, 2, 1]]) {
    const merged = mergePartitions(graph, spec);
    assert.equal(
      [1, 2, 3].map((v) => merged.maps.filter((m) => m.output === v).length),
      [10, 16, 16],
    );
    assert.equal(
      merged.maps.filter((m) => m.output === 2).every((m) => m.inputs.length === 2 && m.outIndex.length === 16),
      true,
    );
    const x = Float64Array.from(numbers(22)(120, 2));
    const direct = evaluateGraph(graph, x, 12);
    assert.ok(worst(evaluateGraph(merged, x, 12), direct) < 1e-12);
  }
  assert.is(ours.length, 36);
});

Mlp.run();
