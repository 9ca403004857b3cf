/** Features out and a model back in: export → train with other code, from the files alone → ONNX → compile → replay. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { argmax, linearOnnx, readExported, scores, trainLogistic } from './logistic.ts';
import { pegasim, workFolder } from './rig.ts';

const folder = workFolder();
const DATA = resolve('traces/p2p');

interface Columns {
  readonly features: readonly string[];
  readonly classes: readonly string[];
  readonly metadata: Record<string, string>;
}

interface Replayed {
  readonly scored: number;
  readonly switch: { readonly packets: { readonly accuracy: number } };
  readonly float: { readonly packets: { readonly accuracy: number } };
}

async function json<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await pegasim([...args, '--json'], { cwd: folder });
  assert.is(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

const Round = suite('features out, model in');

Round('export: both matrices have a row for each of 36,317 packets, classes and splits agree', async () => {
  const done = await json<{ rows: number; splits: number[] }>([
    'features',
    'export',
    DATA,
    '--model',
    'mlp-b',
    '-o',
    'csv',
  ]);
  assert.is(done.rows, 36317);
  const { classes } = columns('csv');
  const [ideal, real] = ['ideal', 'switch'].map((name) => readExported(join(folder, 'csv', `${name}.csv`), classes));
  assert.is(real?.values.length, 36317);
  assert.equal(real?.label, ideal?.label);
  assert.equal(real?.split, ideal?.split);
  assert.equal(
    ['train', 'validation', 'test'].map((name) => real?.split.filter((one) => one === name).length),
    done.splits,
  );
});

Round('npy holds the same numbers as CSV', async () => {
  await json(['features', 'export', DATA, '--model', 'mlp-b', '--format', 'npy', '-o', 'npy']);
  const { classes, features } = columns('npy');
  const bytes = readFileSync(join(folder, 'npy', 'switch.npy'));
  const header = bytes.toString('latin1', 10, 10 + bytes.readUInt16LE(8));
  assert.match(header, /'descr': '<u4', 'fortran_order': False, 'shape': \(36317, 10\)/);
  const values = new Uint32Array(
    bytes.buffer.slice(bytes.byteOffset + 10 + bytes.readUInt16LE(8), bytes.byteOffset + bytes.length),
  );
  const flow = readFileSync(join(folder, 'npy', 'flow.npy'));
  assert.match(flow.toString('latin1', 10, 10 + flow.readUInt16LE(8)), /'descr': '<i4', .*'shape': \(36317,\)/);
  const numbers = new Int32Array(
    flow.buffer.slice(flow.byteOffset + 10 + flow.readUInt16LE(8), flow.byteOffset + flow.length),
  );
  // 24 captures of 40 flows.
  assert.is(new Set(numbers).size, 960);
  const csv = readExported(join(folder, 'csv', 'switch.csv'), classes);
  csv.values.forEach((row, r) => {
    row.forEach((value, f) => {
      if (values[r * features.length + f] !== value) assert.unreachable(`row ${r}, ${features[f]}`);
    });
  });
});

Round(
  'a model trained on switch.csv alone compiles and replays; its float accuracy is that of our own code on ideal.csv',
  async () => {
    const { classes, metadata } = columns('csv');
    const model = trainLogistic(readExported(join(folder, 'csv', 'switch.csv'), classes), classes.length, 6);
    writeFileSync(join(folder, 'linear.onnx'), linearOnnx(model, metadata));
    await json(['compile', 'linear.onnx', '--data', DATA, '-o', 'linear.pgs']);
    const result = await json<Replayed>(['replay', 'linear.pgs', '--data', DATA, '--model', 'linear.onnx']);
    const ideal = readExported(join(folder, 'csv', 'ideal.csv'), classes);
    const test = ideal.values.flatMap((row, i) =>
      ideal.split[i] === 'test' ? [argmax(scores(model, row)) === ideal.label[i]] : [],
    );
    assert.is(result.scored, test.length);
    const ours = test.filter((right) => right).length / test.length;
    // ONNX Runtime computes in 32-bit floats: a tie may fall to the other side.
    assert.ok(
      Math.abs(result.float.packets.accuracy - ours) < 5 / test.length,
      `${result.float.packets.accuracy} and ${ours}`,
    );
    assert.ok(ours > 0.5, `better than a guess among three: ${ours}`);
    assert.ok(
      result.switch.packets.accuracy > ours - 0.05,
      `${result.switch.packets.accuracy} on the switch, ${ours} in float`,
    );
  },
);

function columns(name: string): Columns {
  return JSON.parse(readFileSync(join(folder, name, 'columns.json'), 'utf8')) as Columns;
}

Round.run();
