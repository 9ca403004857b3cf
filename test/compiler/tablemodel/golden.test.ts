import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateNetwork } from '../../../src/compiler/lower/evaluate.ts';
import {
  evaluateTableModel,
  readTableModel,
  type TableModel,
  tableModelNetwork,
} from '../../../src/compiler/tablemodel/index.ts';

const Golden = suite('published integer models');
const GOLDEN = join(import.meta.dirname, '../../../../shared/golden');

/** Rows of the document's input array. */
function rowsOf(model: TableModel): { input: Int32Array; rows: number } {
  const array = model.arrays[model.vectors.input!];
  return { input: array.data, rows: array.shape[0] };
}

function differing(a: ArrayLike<number>, b: ArrayLike<number>, n = b.length): number {
  let count = 0;
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) count++;
  return count;
}

function check(folder: string, rows: number): void {
  const path = join(GOLDEN, folder);
  if (!existsSync(path)) {
    console.log(`SKIP no golden data for ${folder}`);
    return;
  }
  const model = readTableModel(path);
  const { input, rows: have } = rowsOf(model);
  assert.is(have, rows);
  const result = evaluateTableModel(model, input, rows);
  const vectors = model.vectors;
  const answer = result.vectors.get(model.verdict.of)!;
  assert.is(differing(answer, model.arrays[(vectors.logits ?? vectors.score)!].data), 0, 'logits or scores');
  if (vectors.pred !== undefined) assert.is(differing(result.pred, model.arrays[vectors.pred].data), 0, 'predictions');
  for (const [step, name] of Object.entries(vectors.leaves ?? {}))
    assert.is(differing(result.leaves.get(Number(step))!, model.arrays[name].data), 0, `leaves of step ${step}`);
  const network = tableModelNetwork(model);
  const few = Math.min(rows, 2000);
  const size = network.values[0].size;
  const unrolled = evaluateNetwork(network, input.subarray(0, few * size), few);
  const out = unrolled.values[network.verdict.value];
  assert.is(differing(answer, out, out.length), 0, 'unrolled network');
}

for (const [folder, rows] of [
  ['mlp-PeerRush', 2000],
  ['rnn-CICIOT2022', 2000],
  ['cnnb-CICIOT2022', 2000],
  ['cnnm-CICIOT2022', 2000],
  ['cnnl-CICIOT2022', 2000],
  ['autoencoder-CICIOT2022', 2000],
] as const) {
  Golden(`${folder}: ${rows} rows, all outputs and leaves equal the published ones`, () => check(folder, rows));
}

Golden('mlp-CICIOT2022: 38,245 rows equal, macro-F1 0.85635', () => {
  check('mlp-CICIOT2022', 38245);
  if (!existsSync(join(GOLDEN, 'mlp-CICIOT2022'))) return;
  const model = readTableModel(join(GOLDEN, 'mlp-CICIOT2022'));
  const { input, rows } = rowsOf(model);
  const { pred } = evaluateTableModel(model, input, rows);
  const labels = model.arrays[model.vectors.labels!].data;
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    let [hit, predicted, actual] = [0, 0, 0];
    for (let r = 0; r < rows; r++) {
      if (pred[r] === c) predicted++;
      if (labels[r] === c) actual++;
      if (pred[r] === c && labels[r] === c) hit++;
    }
    sum += (2 * hit) / (predicted + actual);
  }
  assert.is((sum / 3).toFixed(5), '0.85635');
});

Golden.run();
