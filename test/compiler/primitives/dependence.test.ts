/** What the dependence analysis promises: a sub-network over one group is one Map, whatever its depth and wherever the group lies. */
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapModel } from '../../../src/compiler/fusion/index.ts';
import { buildGraph, evaluateGraph } from '../../../src/compiler/primitives/index.ts';
import { readNetwork } from '../../../src/compiler/primitives/onnx/read.ts';
import { runIr } from '../../../src/compiler/primitives/run-ir.ts';
import { buildGraph as buildOnnx, type GraphBuilder, type OnnxModel } from '../../../src/model/index.ts';
import { names, numbers, worst } from './support.ts';

const Dependence = suite('dependence analysis');
const ROWS = 4;

const BLOCKS = ['Tanh', 'Relu', 'Sigmoid', 'norm', 'residual', 'square', 'pool'] as const;
type Block = (typeof BLOCKS)[number];

interface Additive {
  /** Sizes of the groups; their elements are dealt out in a random order. */
  readonly sizes: readonly number[];
  /** Layers of each branch between its first and its last dense layer. */
  readonly depths: readonly (readonly Block[])[];
  readonly outputs: number;
  readonly seed: number;
}

const additive: fc.Arbitrary<Additive> = fc
  .array(fc.integer({ min: 2, max: 5 }), { minLength: 2, maxLength: 4 })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      depths: fc.array(fc.array(fc.constantFrom(...BLOCKS), { minLength: 0, maxLength: 5 }), {
        minLength: sizes.length,
        maxLength: sizes.length,
      }),
      outputs: fc.integer({ min: 1, max: 3 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    }),
  );

type Random = ReturnType<typeof numbers>;

let layerCount = 0;

function dense(g: GraphBuilder, x: string, from: number, to: number, random: Random): string {
  const id = layerCount++;
  return g.node('Gemm', [x, g.weights(`w${id}`, [from, to], random(from * to)), g.weights(`b${id}`, [to], random(to))]);
}

function block(g: GraphBuilder, x: string, kind: Block, width: number, random: Random): string {
  const id = layerCount++;
  if (kind === 'norm') {
    const variance = random(width).map((v) => 0.4 + Math.abs(v));
    const parts = [random(width), random(width), random(width), variance].map((v, i) =>
      g.weights(`n${id}.${i}`, [width], v),
    );
    return dense(g, g.node('BatchNormalization', [x, ...parts]), width, width, random);
  }
  if (kind === 'residual') return g.node('Add', [x, g.node('Tanh', [dense(g, x, width, width, random)])]);
  if (kind === 'square') return g.node('Mul', [x, g.node('Sigmoid', [x])]);
  if (kind === 'pool') {
    const plane = g.node('Reshape', [x, g.ints(`s${id}`, [-1, 1, width])]);
    return g.node('Flatten', [g.node('MaxPool', [plane], { kernel_shape: [3], pads: [1, 1], strides: [1] })]);
  }
  return g.node(kind, [dense(g, x, width, width, random)]);
}

/** Elements 0..n−1 in a random order, cut into the sizes. */
function groupsOf({ sizes, seed }: Additive): number[][] {
  const keys = numbers(seed)(sizes.reduce((a, b) => a + b, 0));
  const order = [...keys.keys()].sort((a, b) => keys[a] - keys[b]);
  return sizes.map((n) => order.splice(0, n));
}

/** Branches that only meet in a sum: dense, tanh, blocks, dense. */
function build(network: Additive): OnnxModel {
  const g = buildOnnx({ opset: 17 });
  const random = numbers(network.seed + 1);
  const groups = groupsOf(network);
  const x = g.input('x', ['N', groups.flat().length]);
  const width = 4;
  const branches = groups.map((group, b) => {
    const part = g.node('Gather', [x, g.ints(`i${b}`, group)], { axis: 1 });
    let y = g.node('Tanh', [dense(g, part, group.length, width, random)]);
    for (const kind of network.depths[b]) y = block(g, y, kind, width, random);
    return dense(g, y, width, network.outputs, random);
  });
  g.output(g.node('Sum', branches), ['N', network.outputs]);
  return g.model();
}

Dependence(
  '100 random sums of 2 to 4 branches up to 7 layers deep: one Map a branch, over exactly its elements',
  () => {
    fc.assert(
      fc.property(additive, (network) => {
        const model = build(network);
        const groups = groupsOf(network);
        const n = groups.flat().length;
        const graph = buildGraph(model, { features: names(n) });
        const mine = (list: readonly number[]): string => [...list].sort((a, b) => a - b).join();
        assert.equal(graph.maps.map((map) => mine(map.inputs.map((ref) => ref.index))).sort(), groups.map(mine).sort());
        assert.is(graph.values.length, 2);
        const x = Float64Array.from(numbers(network.seed)(ROWS * n, 2));
        const ir = readNetwork(model, { rowLength: n });
        const expected = Array.from({ length: ROWS }, (_, r) => [
          ...runIr(ir, x.subarray(r * n, (r + 1) * n))[ir.output],
        ]);
        const off = worst(evaluateGraph(graph, x, ROWS), expected.flat());
        assert.ok(off < 1e-9, `off by ${off}`);
      }),
      { numRuns: 100, seed: 40 },
    );
  },
);

Dependence('one element more than maxGroup cuts the branch into layers, and nothing is lost', () => {
  const network: Additive = { sizes: [3, 4], depths: [['Tanh'], ['Tanh', 'norm']], outputs: 2, seed: 9 };
  const model = build(network);
  const whole = buildGraph(model, { features: names(7), maxGroup: 4 });
  const cut = buildGraph(model, { features: names(7), maxGroup: 3 });
  assert.is(whole.values.length, 2);
  assert.ok(cut.values.length > 2);
  const x = Float64Array.from(numbers(2)(7 * ROWS));
  assert.ok(worst(evaluateGraph(cut, x, ROWS), evaluateGraph(whole, x, ROWS)) < 1e-9);
});

Dependence('the report names every pass once, changed or not, and ends at the graph that is lowered', () => {
  const network: Additive = { sizes: [2, 2], depths: [['Relu'], ['norm', 'Tanh']], outputs: 2, seed: 4 };
  const { graph, reports } = mapModel(build(network), { features: names(4), explain: true });
  const passes = ['map composition', 'linear reordering', 'additive architecture', 'partition merging'];
  for (const pass of passes)
    assert.ok(
      reports.some((r) => r.pass === pass),
      pass,
    );
  assert.is(reports.at(-1)?.after.lookups, graph.maps.length);
  assert.is(graph.maps.length, 2);
});

Dependence.run();
