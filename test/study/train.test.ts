/** The training step: what its recipe changes, and that the cache knows. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MODEL_IDS as CLI_IDS } from '../../src/cli/options.ts';
import { MODEL_IDS, modelDefinition, models, variants } from '../../src/model/index.ts';
import { openCache, trainStep } from '../../src/study/index.ts';

const Train = suite('training step');

/** 200 rows of MLP-B's ten features, one of class b in ten. */
function rareRows() {
  const { features } = modelDefinition('mlp-b');
  const count = 200;
  const label = Int16Array.from({ length: count }, (_, r) => (r % 10 === 0 ? 1 : 0));
  return {
    features,
    classes: ['a', 'b'],
    count,
    values: Float64Array.from({ length: count * features.length }, (_, i) => ((i * 7919) % 211) + 1),
    label,
    split: Uint8Array.from({ length: count }, (_, r) => (r % 4 === 3 ? 1 : 0)),
  };
}

Train('balances 0, 0.5 and 1 give three models and three kept artefacts; 0.5 again is recalled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-train-'));
  const about = { units: {}, trainedOn: 'switch' } as const;
  const made: string[] = [];
  for (const balance of [0, 0.5, 1, 0.5]) {
    const recipe = { train: 'mlp-b', seed: 1, epochs: 1, balance } as const;
    const { onnx } = await trainStep(openCache(folder), rareRows(), recipe, about);
    made.push(Buffer.from(onnx).toString('base64'));
  }
  assert.is(new Set(made).size, 3);
  assert.is(made[3], made[1]);
  assert.is(readdirSync(join(folder, 'train')).length, 3);
});

Train('the model ids of the command line, of the model room and of its definitions are one list', () => {
  assert.equal(CLI_IDS, MODEL_IDS);
  assert.equal(
    [...models, ...variants].map(({ id }) => id),
    MODEL_IDS,
  );
});

Train.run();
