import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { costOf, joinIndices, mergePartitions } from '../../../src/compiler/fusion/index.ts';
import { buildGraph, evaluateGraph, type MapGraph } from '../../../src/compiler/primitives/index.ts';
import { buildRandom } from '../primitives/random-networks.ts';
import { names, numbers, worst } from '../primitives/support.ts';

const Joining = suite('groups and joined indices');

/** 6 → dense 6 → ReLU → 3: six linear Maps, then six non-linear ones. */
function twoLayers(): MapGraph {
  const layers = [
    { kind: 'dense', width: 6 },
    { kind: 'relu', width: 6 },
  ] as const;
  return buildGraph(buildRandom({ inputs: 6, layers, outputs: 3, seed: 3 }).model, { features: names(6) });
}

const x = Float64Array.from(numbers(1)(48, 2));

Joining('the cost of 6-6-3 with single groups: 12 lookups, 5·6 + 5·3 additions, 2·(1 + ⌈log2 6⌉) stages', () => {
  assert.equal(costOf(twoLayers()), { lookups: 12, adds: 45, tables: 12, stages: 8 });
});

Joining('six 4-bit indices become two 4,096-row tables: 2 lookups more, 4 additions per output fewer', () => {
  const graph = twoLayers();
  const joined = joinIndices(graph, { when: 'always' });
  const second = joined.maps.filter((map) => map.output === 2);
  assert.equal(
    second.map((map) => map.trees),
    Array(2).fill([[0], [1], [2]]),
  );
  assert.is(costOf(joined).lookups, 12 + 2);
  assert.is(costOf(joined).adds, 45 - 4 * 3);
  assert.ok(worst(evaluateGraph(joined, x, 8), evaluateGraph(graph, x, 8)) < 1e-12);
});

Joining('joining stops at the table size given: 256 rows × 3 outputs × 16 bits allow pairs at most', () => {
  const joined = joinIndices(twoLayers(), { when: 'always', maxTableBits: 256 * 3 * 16, indices: 2 });
  assert.equal(
    joined.maps.filter((map) => map.output === 2).map((map) => map.trees?.length),
    [2, 2, 2],
  );
  const none = joinIndices(twoLayers(), { when: 'always', maxTableBits: 256 * 3 * 16 - 1, indices: 2 });
  assert.ok(none.maps.every((map) => map.trees === undefined));
});

Joining('automatic joining leaves linear layers alone and joins only where stages fall', () => {
  const joined = joinIndices(twoLayers());
  assert.ok(costOf(joined).stages <= costOf(twoLayers()).stages);
  assert.ok(joined.maps.filter((map) => map.output === 1).every((map) => map.trees === undefined));
});

Joining('explicit groups: elements 0, 2 and 5 of the hidden value become one Map, the others stay alone', () => {
  const graph = twoLayers();
  const merged = mergePartitions(graph, [1, [[0, 2, 5]], 1]);
  const second = merged.maps.filter((map) => map.output === 2);
  assert.equal(
    second.map((map) => map.inputs.map((ref) => ref.index)),
    [[0, 2, 5], [1], [3], [4]],
  );
  assert.ok(worst(evaluateGraph(merged, x, 8), evaluateGraph(graph, x, 8)) < 1e-12);
});

Joining('merged linear Maps stay linear with their weights side by side', () => {
  const graph = twoLayers();
  const merged = mergePartitions(graph, [3, 1]);
  const first = merged.maps.filter((map) => map.output === 1);
  assert.equal(
    first.map((map) => map.linear?.length),
    [18, 18],
  );
  const [a, b, c] = graph.maps.slice(0, 3).map((map) => map.linear![0]);
  assert.equal([...first[0].linear!.subarray(0, 3)], [a, b, c]);
});

Joining.run();
