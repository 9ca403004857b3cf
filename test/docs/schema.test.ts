/** Real outputs of the commands satisfy docs/result.schema.json; outputs with a key too many or too few do not. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pegasim, workFolder } from '../cli/rig.ts';

const folder = workFolder();
const DATA = resolve('traces/p2p');
const CAPTURE = join(DATA, 'heron/heron-01.pcap');

const schema = JSON.parse(readFileSync('docs/result.schema.json', 'utf8')) as { $defs: object };
const ajv = new Ajv2020({ allErrors: false, strictTuples: false });
ajv.addSchema(schema, 'results');

function validator(name: string): ValidateFunction {
  return ajv.compile({ $ref: `results#/$defs/${name}` });
}

function holds(name: string, value: unknown): void {
  const validate = validator(name);
  assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`);
  assert.ok(ajv.validate('results', value), `the whole schema takes ${name}`);
}

async function json(args: readonly string[], code = 0): Promise<unknown> {
  const result = await pegasim([...args, '--json'], { cwd: folder });
  assert.is(result.code, code, result.stderr);
  return JSON.parse(result.stdout);
}

const scenario = (name: string, leaves: number): string =>
  `name: ${name}\ndataset: {path: ${DATA}}\nmodel: {train: mlp-b, epochs: 1, maxRows: 2000}\ncompile: {maxRows: 500, leaves: ${leaves}}\nexpect: ['packetsLost: 0']\n`;

const Schema = suite('result schema');

Schema('run, and the files it writes', async () => {
  writeFileSync(join(folder, 'a.yaml'), scenario('a', 8));
  writeFileSync(join(folder, 'b.yaml'), scenario('b', 4));
  for (const name of ['a', 'b']) {
    holds('ScenarioResult', await json(['run', `${name}.yaml`, '-o', name]));
    holds('ScenarioResult', JSON.parse(readFileSync(join(folder, name, `${name}.json`), 'utf8')));
  }
});

Schema('a result with a key too many, or one too few, is refused', () => {
  const result = JSON.parse(readFileSync(join(folder, 'a', 'a.json'), 'utf8')) as Record<string, unknown>;
  const validate = validator('ScenarioResult');
  assert.is(validate({ ...result, extra: 1 }), false);
  const { figures: _figures, ...less } = result;
  assert.is(validate(less), false);
  assert.is(validate({ ...result, pass: 'yes' }), false);
});

Schema('compare', async () => {
  holds('Comparison', await json(['compare', 'a/results.json', 'b/results.json']));
});

Schema('replay, fit and explain of a program', async () => {
  await json(['train', 'mlp-b', DATA, '-o', 'm.onnx', '--epochs', '1', '--max-rows', '2000']);
  await json(['compile', 'm.onnx', '--data', DATA, '-o', 'm.pgs', '--leaves', '4', '--max-rows', '500']);
  holds('ReplayResult', await json(['replay', 'm.pgs', '--data', DATA, '--model', 'm.onnx']));
  holds('FitReport', await json(['fit', 'm.pgs', '--target', 'unbounded']));
  holds('Explanation', await json(['explain', 'm.pgs', CAPTURE, '--packet', '9']));
  holds('ExplainOutcome', await json(['explain', 'm.pgs', CAPTURE, '--packet', '9', '--diff', 'm.pgs']));
});

Schema.run();
