import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTableModel, type VerifyRunner, verifyTableModel } from '../../../src/compiler/index.ts';
import { ProblemError } from '../../../src/problem.ts';
import { chipNamed, runReference } from '../../../src/switch/index.ts';

const Verify = suite('verify: table models through the reference pipeline');
const GOLDEN = join(import.meta.dirname, '../../../../shared/golden');
const reference: VerifyRunner = (program, placement, input, observe) =>
  runReference(program, placement, input, { observe });

const FOLDERS = [
  'mlp-CICIOT2022',
  'mlp-PeerRush',
  'rnn-CICIOT2022',
  'cnnb-CICIOT2022',
  'cnnm-CICIOT2022',
  'cnnl-CICIOT2022',
  'autoencoder-CICIOT2022',
];

for (const folder of FOLDERS) {
  Verify(`${folder}: the first 120 rows equal in logits or scores, predictions and leaves`, async () => {
    const path = join(GOLDEN, folder);
    if (!existsSync(path)) {
      console.log(`SKIP no golden data for ${folder}`);
      return;
    }
    const result = await verifyTableModel(path, { chip: chipNamed('unbounded'), runners: { reference }, maxRows: 120 });
    const [run] = result.runs;
    assert.is(run.firstDifference, undefined);
    assert.is(run.equalRows, 120);
    assert.ok(result.equal);
  });
}

Verify('mlp-PeerRush on Tofino 2 fits and stays equal', async () => {
  const path = join(GOLDEN, 'mlp-PeerRush');
  if (!existsSync(path)) {
    console.log('SKIP no golden data');
    return;
  }
  const result = await verifyTableModel(path, { chip: chipNamed('tofino2'), runners: { reference }, maxRows: 200 });
  assert.ok(result.fits);
  assert.ok(result.equal);
});

Verify('a runner that answers wrong is found: first row, what, expected and got', async () => {
  const path = join(GOLDEN, 'mlp-PeerRush');
  if (!existsSync(path)) {
    console.log('SKIP no golden data');
    return;
  }
  const wrong: VerifyRunner = async (...args) => {
    const columns = await reference(...args);
    columns.logits[3 * 5 + 1]++;
    return columns;
  };
  const result = await verifyTableModel(path, { chip: chipNamed('unbounded'), runners: { wrong }, maxRows: 20 });
  assert.is(result.runs[0].equalRows, 19);
  assert.is(result.runs[0].firstDifference?.row, 5);
  assert.is(result.runs[0].firstDifference?.what, 'logits');
  assert.not.ok(result.equal);
});

/** Problem of reading a document given as text. */
function problemOf(document: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-'));
  try {
    writeFileSync(join(folder, 'model.json'), document);
    writeFileSync(join(folder, 'a.bin'), new Uint8Array(3));
    readTableModel(folder);
    return 'no problem';
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, where } = error.problem;
    return `${code} ${where?.replace(folder, '')} ${message}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const base = {
  format: 'pegasim/table-model',
  version: 1,
  name: 'm',
  classes: ['a'],
  input: { kind: 'row', features: ['f'], bits: [8] },
  arrays: {},
  steps: [],
  verdict: { kind: 'argmax', of: 'x' },
};

Verify('broken documents are refused with the file and the key', () => {
  assert.match(problemOf('{'), /COMPILE-TABLE-MODEL \/model.json not valid JSON/);
  assert.match(problemOf(JSON.stringify({ ...base, version: 2 })), /version 2 is not known/);
  assert.match(problemOf(JSON.stringify({ ...base, steps: [{ op: 'pool' }] })), /steps\[0\].op unknown step pool/);
  assert.match(
    problemOf(JSON.stringify({ ...base, input: { kind: 'row', features: ['f'], bits: [] } })),
    /input.bits must have one width a feature/,
  );
  const arrays = { a: { file: 'a.bin', dtype: 'int32le', shape: [2] } };
  assert.match(problemOf(JSON.stringify({ ...base, arrays })), /a.bin file of array a has the wrong size/);
  assert.match(
    problemOf(JSON.stringify({ ...base, arrays: { a: { ...arrays.a, dtype: 'f64' } } })),
    /unknown dtype f64/,
  );
});

Verify.run();
