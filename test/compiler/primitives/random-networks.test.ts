import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph, evaluateGraph } from '../../../src/compiler/primitives/index.ts';
import { readNetwork } from '../../../src/compiler/primitives/onnx/read.ts';
import { runIr } from '../../../src/compiler/primitives/run-ir.ts';
import { openReference } from '../../../src/model/index.ts';
import { buildRandom, randomNetworks } from './random-networks.ts';
import { names, numbers, worst } from './support.ts';

const Random = suite('random networks');
const ROWS = 6;

Random('150 random networks of up to 7 layers: the Map graph equals the network for every group limit', () => {
  fc.assert(
    fc.property(randomNetworks, fc.constantFrom(1, 2, 6), (network, maxGroup) => {
      const { model } = buildRandom(network);
      const x = Float64Array.from(numbers(network.seed)(ROWS * network.inputs, 2));
      const ir = readNetwork(model, { rowLength: network.inputs });
      const expected = Array.from({ length: ROWS }, (_, r) => [
        ...runIr(ir, x.subarray(r * network.inputs, (r + 1) * network.inputs))[ir.output],
      ]).flat();
      const graph = buildGraph(model, { features: names(network.inputs), maxGroup });
      const off = worst(evaluateGraph(graph, x, ROWS), expected);
      assert.ok(off < 1e-9, `off by ${off}`);
    }),
    { numRuns: 150, seed: 20 },
  );
});

Random('25 random networks in ONNX Runtime', async () => {
  await fc.assert(
    fc.asyncProperty(randomNetworks, async (network) => {
      const { model, bytes } = buildRandom(network);
      const x = Float32Array.from(numbers(network.seed)(ROWS * network.inputs, 1));
      const reference = await openReference(bytes);
      const runtime = await reference.run(x, ROWS);
      await reference.close();
      const graph = buildGraph(model, { features: names(network.inputs) });
      const off = worst(evaluateGraph(graph, Float64Array.from(x), ROWS), runtime);
      assert.ok(off < 1e-5, `off by ${off}`);
    }),
    { numRuns: 25, seed: 21 },
  );
});

Random.run();
