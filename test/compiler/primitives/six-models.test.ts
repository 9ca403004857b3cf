/** The six models of the paper become the graphs of ALGORITHM §3 (same groups and sums), and equal ONNX Runtime. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapModel } from '../../../src/compiler/fusion/index.ts';
import { evaluateGraph, type MapGraph, type MapNode } from '../../../src/compiler/primitives/index.ts';
import { type ModelId, openReference, parseOnnx } from '../../../src/model/index.ts';
import { randomModel } from './six-models.ts';
import { worst } from './support.ts';

const Six = suite('six models');

async function mapped(
  id: ModelId,
  options: { readonly groups?: number; readonly packetIndex?: boolean } = {},
): Promise<MapGraph> {
  const { definition, onnx, inputs } = randomModel(id);
  const { features, window } = definition;
  const { graph } = mapModel(parseOnnx(onnx, id), { features, window, ...options });
  const rows = 10;
  const x = inputs(rows);
  const reference = await openReference(onnx);
  const runtime = await reference.run(x, rows);
  await reference.close();
  const off = worst(evaluateGraph(graph, Float64Array.from(x), rows), runtime);
  assert.ok(off < 1e-5, `${id} off by ${off}`);
  return graph;
}

function into(graph: MapGraph, value: number): readonly MapNode[] {
  return graph.maps.filter((map) => map.output === value);
}

function widths(maps: readonly MapNode[]): number[] {
  return [...new Set(maps.map((map) => map.inputs.length))];
}

Six('MLP-B: 10 singles, 16 pairs, 16 singles', async () => {
  const graph = await mapped('mlp-b');
  assert.equal(
    [1, 2, 3].map((v) => [into(graph, v).length, ...widths(into(graph, v))]),
    [
      [10, 1],
      [16, 2],
      [16, 1],
    ],
  );
});

Six(
  'RNN-B with groups of 1: embedding tables, seven steps of 16 singles with tanh inside, 8 singles to the logits',
  async () => {
    const graph = await mapped('rnn-b', { groups: 1, packetIndex: false });
    assert.equal(
      graph.values.map((v) => v.size),
      [16, 64, 8, 8, 8, 8, 8, 8, 8, 3],
    );
    assert.is(graph.perPacket, 1);
    assert.equal(
      into(graph, 1).map((m) => m.exact?.[0]),
      Array.from({ length: 16 }, (_, i) => (i % 2 ? 2561 : 1501)),
    );
    for (let step = 2; step < 9; step++)
      assert.equal([into(graph, step).length, ...widths(into(graph, step))], [16, 1]);
    assert.is(into(graph, 9).length, 8);
  },
);

Six('CNN-B: 8×4 embedding, 16 pairs within packets into 30 sums, 15 pairs to the logits', async () => {
  const graph = await mapped('cnn-b', { packetIndex: false });
  assert.equal(
    graph.values.map((v) => v.size),
    [16, 32, 30, 3],
  );
  assert.equal(
    [2, 3].map((v) => [into(graph, v).length, ...widths(into(graph, v))]),
    [
      [16, 2],
      [15, 2],
    ],
  );
  assert.is(new Set(into(graph, 2).map((m) => m.indexShared?.key)).size, 2);
});

Six('CNN-M: one Map per packet of two joined pairs, one SumReduce', async () => {
  const graph = await mapped('cnn-m', { packetIndex: false });
  assert.equal(
    graph.values.map((v) => v.size),
    [16, 32, 3],
  );
  assert.equal(
    into(graph, 2).map((m) => m.trees),
    Array(8).fill([
      [0, 1],
      [2, 3],
    ]),
  );
  assert.equal(
    into(graph, 2).map((m) => m.indexShared?.position),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
});

Six(
  'CNN-L: ten segments of three joined pairs per packet, shared by all packets, two sums per packet, pairs to the logits',
  async () => {
    const graph = await mapped('cnn-l');
    assert.equal(
      graph.values.map((v) => v.size),
      [480, 16, 3],
    );
    const segments = into(graph, 1);
    assert.is(segments.length, 80);
    assert.equal(segments[0].trees, [
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    assert.is(new Set(segments.map((m) => m.shared?.key)).size, 10);
    assert.equal([into(graph, 2).length, ...widths(into(graph, 2))], [8, 2]);
    assert.is(new Set(into(graph, 2).map((m) => m.indexShared?.key)).size, 1);
  },
);

Six(
  'AutoEncoder: five groups of three joined pairs and one pair into 32 differences, 32 absolute values into the score',
  async () => {
    const graph = await mapped('autoencoder', { groups: 1 });
    assert.equal(
      graph.values.map((v) => v.size),
      [16, 32, 32, 1],
    );
    assert.equal(
      into(graph, 2).map((m) => m.inputs.length),
      [6, 6, 6, 6, 6, 2],
    );
    assert.is(into(graph, 3).length, 1);
    assert.is(into(graph, 3)[0].inputs.length, 32);
    assert.is(into(graph, 3)[0].absolute?.weight, 1 / 32);
  },
);

Six('codes of raw features: RNN-B keeps two indices a packet and no embedding', async () => {
  const graph = await mapped('rnn-b');
  assert.equal(
    graph.values.map((v) => v.size),
    [16, 8, 8, 8, 8, 8, 8, 8, 3],
  );
  const packets = graph.maps.filter((map) => map.inputs[0].value === 0);
  assert.equal(packets.map((map) => map.indexShared?.position).sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.ok(packets.every((map) => map.trees?.length === 2 && map.exact === undefined));
});

Six.run();
