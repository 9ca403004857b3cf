import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  absoluteSums,
  composeMaps,
  costOf,
  fuseAdditive,
  indexPackets,
  joinIndices,
  mapModel,
  mergePartitions,
  reorderLinear,
} from '../../../src/compiler/fusion/index.ts';
import { buildGraph, evaluateGraph, type MapGraph } from '../../../src/compiler/primitives/index.ts';
import { buildRandom, randomNetworks } from '../primitives/random-networks.ts';
import { names, numbers, worst } from '../primitives/support.ts';

const Passes = suite('fusion passes');
const ROWS = 5;

const PASSES: [string, (graph: MapGraph) => MapGraph][] = [
  ['linear reordering', reorderLinear],
  ['map composition', composeMaps],
  ['additive architecture', fuseAdditive],
  ['codes of raw features', indexPackets],
  ['absolute sums', absoluteSums],
  ['partition merging', (graph) => mergePartitions(graph, 2)],
  ['index joining', (graph) => joinIndices(graph, { when: 'always' })],
];

/** Every Map reads earlier values and fits its output: what the back half relies on. */
function assertWellFormed(graph: MapGraph): void {
  for (const [id, map] of graph.maps.entries()) {
    assert.is(map.id, id);
    assert.ok(map.inputs.every((ref) => ref.value < map.output && ref.index < graph.values[ref.value].size));
    assert.ok(map.outIndex.every((o) => o < graph.values[map.output].size));
    const used = map.trees?.flat().sort((p, q) => p - q);
    if (used) assert.equal(used, [...map.inputs.keys()]);
    if (map.linear) assert.is(map.linear.length, map.inputs.length * map.outIndex.length);
  }
  for (const [id, value] of graph.values.entries()) assert.is(value.id, id);
}

for (const unfused of [true, false]) {
  Passes(
    `100 random networks, ${unfused ? 'one primitive per operator' : 'after the dependence analysis'}: every pass keeps the float result`,
    () => {
      fc.assert(
        fc.property(randomNetworks, (network) => {
          const { model } = buildRandom(network);
          const x = Float64Array.from(numbers(network.seed)(ROWS * network.inputs, 2));
          let graph = buildGraph(model, { features: names(network.inputs), unfused });
          const expected = evaluateGraph(graph, x, ROWS);
          for (const [name, pass] of [...PASSES.slice(0, 3), ...PASSES]) {
            graph = pass(graph);
            assertWellFormed(graph);
            const off = worst(evaluateGraph(graph, x, ROWS), expected);
            assert.ok(off < 1e-9, `${name}: off by ${off}`);
          }
        }),
        { numRuns: 100, seed: 30 },
      );
    },
  );
}

Passes(
  'reordering, composition and additive fusion bring the unfused network to the lookups of the analysed one, or fewer',
  () => {
    fc.assert(
      fc.property(randomNetworks, (network) => {
        const { model } = buildRandom(network);
        const features = names(network.inputs);
        let graph = buildGraph(model, { features, unfused: true });
        const before = costOf(graph);
        for (let round = 0; round < 6; round++) for (const [, pass] of PASSES.slice(0, 3)) graph = pass(graph);
        const after = costOf(graph);
        assert.ok(
          after.lookups <= before.lookups &&
            graph.values.length <= buildGraph(model, { features, unfused: true }).values.length,
        );
      }),
      { numRuns: 60, seed: 31 },
    );
  },
);

Passes('the report starts from one primitive per operator and ends at the fused graph', () => {
  const network = {
    inputs: 6,
    layers: [
      { kind: 'norm', width: 6 },
      { kind: 'dense', width: 6 },
      { kind: 'norm', width: 6 },
      { kind: 'relu', width: 6 },
    ],
    outputs: 3,
    seed: 5,
  } as const;
  const { graph, reports } = mapModel(buildRandom(network).model, { features: names(6), explain: true });
  // BN 6 + dense 6 + BN 6 + ReLU 6 + dense 6 lookups become 6 + 6.
  assert.is(reports[0].before.lookups, 30);
  assert.is(reports.at(-1)?.after.lookups, costOf(graph).lookups);
  assert.is(costOf(graph).lookups, 12);
  assert.is(reports[0].pass, 'map composition');
});

Passes.run();
