/** Exact matching is for inputs that are an embedding's index as they are; computed indices are functions like any other. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileModel, evaluateMapped } from '../../../src/compiler/index.ts';
import { type GraphBuilder, type ModelSpec, buildGraph as onnxGraph, openReference } from '../../../src/model/index.ts';
import { chipNamed } from '../../../src/switch/index.ts';
import { compare, numbers } from './support.ts';

const Exact = suite('compiler/primitives/exact');
const TOLERANCE = 1e-5;
type Define = (g: GraphBuilder) => void;

Exact(
  'an index that is computed has no row per input: Div by 8 or 49, Mod, Add, a sum; nor has an input read beside it',
  async () => {
    const cases: readonly (readonly [string, (g: GraphBuilder, x: string) => string, readonly number[] | undefined])[] =
      [
        ['as it is', (_, x) => x, [20]],
        ['floor', (g, x) => g.node('Floor', [x]), [20]],
        ['clip to 0..11', (g, x) => g.node('Clip', [x, g.weights('low', [], [0]), g.weights('high', [], [11])]), [12]],
        ['min 11', (g, x) => g.node('Min', [x, g.weights('high', [], [11])]), [12]],
        [
          'clip to 3..11',
          (g, x) => g.node('Clip', [x, g.weights('low', [], [3]), g.weights('high', [], [11])]),
          undefined,
        ],
        ['8', (g, x) => g.node('Div', [x, g.weights('by', [], [8])]), undefined],
        ['49', (g, x) => g.node('Div', [x, g.weights('by', [], [49])]), undefined],
        ['49, floor', (g, x) => g.node('Floor', [g.node('Div', [x, g.weights('by', [], [49])])]), undefined],
        ['times 1 / 49', (g, x) => g.node('Mul', [x, g.weights('by', [], [1 / 49])]), undefined],
        ['mod 7', (g, x) => g.node('Mod', [x, g.weights('by', [], [7])], { fmod: 1 }), undefined],
        ['add 3', (g, x) => g.node('Add', [x, g.weights('by', [], [3])]), undefined],
        ['sum', (g, x) => g.node('ReduceSum', [x, g.ints('axes', [1])], { keepdims: 1 }), undefined],
      ];
    for (const [name, use, rows] of cases) {
      const width = name === 'sum' ? 2 : 1;
      // As far as the table: ONNX Runtime refuses indices beyond.
      const top = rows || ['mod 7', 'add 3', 'sum'].includes(name) ? 20 - 3 : 20 * 8;
      const inputs = Float32Array.from({ length: top * width }, (_, i) => (width === 2 ? (i * 5) % 10 : i));
      const define: Define = (g) => {
        const x = g.input('x', ['batch', width]);
        const index = g.node('Cast', [use(g, x)], { to: 7 });
        const e = g.node('Gather', [g.weights('table', [20, 3], numbers(13)(60)), index]);
        g.output(g.node('Reshape', [e, g.ints('s', [-1, 3])]), ['batch', 3]);
      };
      const { graph, off } = await compare(width, define, { rows: top, inputs });
      assert.ok(off < TOLERANCE, `${name}: off by ${off}`);
      const [map] = graph.maps.filter((m) => m.output === graph.output);
      assert.equal(map.exact, rows, name);
    }
    const beside: Define = (g) => {
      const x = g.input('x', ['batch', 1]);
      const e = g.node('Gather', [g.weights('table', [20, 3], numbers(13)(60)), g.node('Cast', [x], { to: 7 })]);
      const flat = g.node('Reshape', [e, g.ints('s', [-1, 3])]);
      g.output(g.node('Add', [flat, g.node('Tanh', [g.node('Mul', [x, g.weights('w', [], [0.1])])])]), ['batch', 3]);
    };
    const { graph, off } = await compare(1, beside, {
      rows: 20,
      inputs: Float32Array.from({ length: 20 }, (_, i) => i),
    });
    assert.ok(off < TOLERANCE, `beside: off by ${off}`);
    assert.equal(
      graph.maps.map((m) => m.exact),
      [undefined],
    );
  },
);

Exact(
  'a row model that embeds length / 8 in 200 rows: float and compiled agree on at least 380 of 400 lengths',
  async () => {
    const g = onnxGraph();
    const x = g.input('features', ['n', 1]);
    const index = g.node('Cast', [g.node('Div', [x, g.weights('by', [], [8])])], { to: 7 });
    const smooth = Float32Array.from({ length: 600 }, (_, i) => Math.sin(Math.floor(i / 3) / 30 + 2 * (i % 3)));
    const e = g.node('Gather', [g.weights('table', [200, 3], smooth), index]);
    g.output(g.node('Reshape', [e, g.ints('shape', [-1, 3])]), ['n', 3]);
    const features = ['pkt.len'];
    const classes = ['a', 'b', 'c'];
    const spec: ModelSpec = { features, window: 1, classes, units: {}, clamp: { 'pkt.len': 1500 }, verdict: 'argmax' };
    const count = 400;
    const values = Float64Array.from({ length: count }, (_, i) => (i * 577) % 1501);
    const label = Int16Array.from({ length: count }, (_, i) => i % 3);
    const calibration = { features, classes, count, values, label, split: new Uint8Array(count) };
    const strategy = { leaves: 64 };
    const { mapped } = compileModel({
      name: 'm',
      model: g.model(),
      spec,
      calibration,
      chip: chipNamed('tofino2'),
      strategy,
    });
    const compiled = evaluateMapped(mapped, { count, values }, { fixedPoint: true }).classes;
    const reference = await openReference(g.bytes());
    const logits = await reference.run(Float32Array.from(values), count);
    await reference.close();
    const float = Array.from({ length: count }, (_, r) => {
      const row = [...logits.subarray(r * 3, r * 3 + 3)];
      return row.indexOf(Math.max(...row));
    });
    const same = float.filter((verdict, r) => verdict === compiled[r]).length;
    assert.ok(same >= 380, `${same} of ${count}`);
  },
);

Exact.run();
