/** A model with a state, listed, trained, compiled and replayed with the names of the library alone. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  chipNamed,
  compileModel,
  idealRows,
  loadDataset,
  modelDefinition,
  models,
  parseOnnx,
  runEngine,
  splitState,
  trainModel,
  variants,
} from '../src/index.ts';

const Library = suite('the library');

Library('the six models, one with a state and one without gaps are listed; each is found by its name', () => {
  assert.equal([models.length, variants.map(({ id }) => id)], [6, ['rnn-b-register', 'cnn-l-no-ipd']]);
  for (const model of [...models, ...variants]) assert.is(modelDefinition(model.id), model);
});

Library(
  'a model with a state is trained, split, compiled on its registers, and gives a verdict for every packet',
  async () => {
    const data = await loadDataset({ path: 'traces/p2p' });
    const [definition] = variants;
    const { features, clamp } = definition;
    const packets = idealRows(data, features, { clamp });
    const { onnx, spec } = trainModel(definition.id, packets, { epochs: 1, rowsPerEpoch: 500 });
    const model = parseOnnx(onnx);
    const split = splitState(model, spec);
    assert.equal(split.spec.features.length, 8);
    const calibration = idealRows(data, split.spec.features, { state: split.cell, clamp: split.clamp });
    assert.is(calibration.count, packets.count);
    const chip = chipNamed('tofino2');
    const { program, placement, fits } = compileModel({
      name: 'own',
      model,
      spec,
      calibration,
      chip,
      strategy: { leaves: 8 },
    });
    assert.ok(fits);
    const { verdict } = await runEngine(program, placement, { kind: 'packets', packets: data.packets }, { workers: 1 });
    const missing = calibration.packet.filter((packet) => verdict[packet] < 0);
    assert.is(missing.length, 0);
    assert.is(new Set(verdict).size, 3);
  },
);

Library.run();
