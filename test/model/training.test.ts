/** Training of every definition on small random data: the exported ONNX computes what the tape computed, and runs repeat exactly. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { constant, createRandom, createTape } from '../../src/model/autodiff/index.ts';
import { exportModel } from '../../src/model/export.ts';
import {
  argmaxRows,
  type ModelDefinition,
  macroF1,
  modelDefinition,
  models,
  openReference,
  parameterTotal,
  parseOnnx,
  readModelSpec,
  trainModel,
} from '../../src/model/index.ts';
import { createParameters } from '../../src/model/networks/parameters.ts';
import { tapeLayers } from '../../src/model/networks/tape-layers.ts';
import { ProblemError } from '../../src/problem.ts';
import type { FeatureRows } from '../../src/traffic/columns.ts';

const Training = suite('training');

const CLASSES = ['benign', 'other', 'third'];

/** Rows whose values lean on the class: learnable, not trivial. */
function makeRows(definition: ModelDefinition, count: number, seed = 5): FeatureRows {
  const random = createRandom(seed);
  const width = definition.features.length * definition.window;
  const label = Int16Array.from({ length: count }, (_, i) => i % CLASSES.length);
  const values = new Float64Array(count * width);
  for (let i = 0; i < values.length; i++) {
    const lean = label[Math.floor(i / width)];
    values[i] = Math.floor(random.uniform() * 150 + 60 * lean * ((i % width) % 2));
  }
  const split = Uint8Array.from({ length: count }, (_, i) => (i % 5 === 0 ? 1 : 0));
  return { features: definition.features, classes: CLASSES, count, values, label, split };
}

for (const definition of models) {
  Training(`${definition.id}: ONNX Runtime gives what the tape gives, within 1e-4 of the largest value`, async () => {
    const rows = makeRows(definition, 20);
    const width = rows.values.length / rows.count;
    const store = createParameters(createRandom(3));
    const input = constant([rows.count, width], Float32Array.from(rows.values));
    // A training pass moves the running moments away from 0 and 1.
    definition.network(tapeLayers(createTape(), store, true), input, 3);
    const expected = definition.network(tapeLayers(createTape('float32', false), store, false), input, 3).data;
    const spec = {
      features: definition.features,
      window: definition.window,
      classes: definition.task === 'anomaly' ? [] : CLASSES,
      units: {},
      verdict: 'argmax',
    } as const;
    const bytes = exportModel(definition, store, { ...spec, classes: CLASSES });
    const reference = await openReference(bytes);
    const actual = await reference.run(Float32Array.from(rows.values), rows.count);
    await reference.close();
    assert.is(actual.length, expected.length);
    const largest = Math.max(...Array.from(expected, Math.abs));
    actual.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]) <= 1e-4 * largest);
    });
    assert.ok(largest > 0);
  });
}

Training('parameters with three classes are those of the models page', () => {
  const counts = models.map((definition) => parameterTotal(definition.id, 3));
  assert.equal(counts, [1047, 35_813, 35_769, 61_913, 1209, 47_118]);
  const trained = trainModel('mlp-b', makeRows(modelDefinition('mlp-b'), 40), { epochs: 1 });
  assert.is(trained.parameters, 1047);
});

Training('the same seed gives the same bytes, another seed others', () => {
  const rows = makeRows(modelDefinition('mlp-b'), 200);
  const [a, b, c] = [1, 1, 2].map((seed) => trainModel('mlp-b', rows, { seed, epochs: 3 }).onnx);
  assert.equal(a, b);
  assert.not.equal(a, c);
});

Training('mlp-b learns leaning classes to a macro-F1 above 0.8 and says what it reads', async () => {
  const rows = makeRows(modelDefinition('mlp-b'), 3000);
  const trained = trainModel('mlp-b', rows, { epochs: 12, units: { 'pkt.ipd': 65536 } });
  const reference = await openReference(trained.onnx);
  const logits = await reference.run(Float32Array.from(rows.values), rows.count);
  await reference.close();
  assert.ok(macroF1(rows.label, argmaxRows(logits, 3), 3) > 0.8);
  const spec = readModelSpec(parseOnnx(trained.onnx), 'none.onnx');
  assert.equal(spec, trained.spec);
  assert.equal([spec.classes, spec.units], [CLASSES, { 'pkt.ipd': 65536 }]);
  assert.ok(trained.history.length <= 12 && trained.best.validation > 0.8);
});

Training('the anomaly model learns from benign rows alone', () => {
  const rows = makeRows(modelDefinition('autoencoder'), 600);
  const benign = trainModel('autoencoder', rows, { epochs: 3 });
  const changed = { ...rows, values: rows.values.map((v, i) => (rows.label[Math.floor(i / 16)] === 0 ? v : 0)) };
  const weights = ({ onnx }: { onnx: Uint8Array }) => parseOnnx(onnx).graph.initializers;
  assert.equal(weights(trainModel('autoencoder', changed, { epochs: 3 })), weights(benign));
  assert.is(benign.spec.verdict, 'score');
  assert.ok(benign.history.at(-1)!.loss < benign.history[0].loss);
});

Training(
  'the frozen embedding of the anomaly model counts pairs: a length common in one regime of the gap is rare in another',
  () => {
    const definition = modelDefinition('autoencoder');
    const rows = makeRows(definition, 60);
    // Length 100 within bursts, 200 after 20 ms, packet by packet in turn.
    const values = rows.values.map((_, i) => [100, 0, 200, 500][i % 4]);
    const { onnx } = trainModel('autoencoder', { ...rows, values }, { epochs: 1 });
    const { 'length.table': length, 'gap.table': gap, 'embed.bias': bias } = parseOnnx(onnx).graph.initializers;
    const packet = (bytes: number, ticks: number): number[] =>
      [0, 1, 2, 3].map((k) => Math.max(0, length.data[bytes * 10 + k] + gap.data[ticks * 8 + k] + bias.data[k]));
    const usual = -bias.data[0];
    assert.ok(usual > 0 && usual < 1);
    assert.equal(
      [packet(100, 0), packet(200, 500)],
      [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
    );
    assert.equal(
      [packet(100, 500), packet(200, 0), packet(900, 20)].map((numbers) => numbers.map((v) => Math.round(v * 1e5))),
      [3, 0, 2].map((regime) => [0, 1, 2, 3].map((k) => (k === regime ? Math.round((4 - usual) * 1e5) : 0))),
    );
  },
);

Training('rows without labels and rows of another width are refused', () => {
  const rows = makeRows(modelDefinition('mlp-b'), 40);
  const code = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof ProblemError) return error.problem.code;
    }
    return 'none';
  };
  assert.is(
    code(() => trainModel('mlp-b', { ...rows, label: rows.label.map(() => -1) })),
    'MODEL-ROWS',
  );
  assert.is(
    code(() => trainModel('rnn-b', rows)),
    'MODEL-ROWS',
  );
  assert.is(
    code(() => trainModel('gpt', rows)),
    'MODEL-UNKNOWN',
  );
});

Training.run();
