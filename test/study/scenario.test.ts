import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { loadScenarios } from '../../src/study/scenario.ts';
import { SCENARIO_SCHEMA } from '../../src/study/schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'pegasim-scenario-'));
const MINIMAL = 'name: small\ndataset:\n  path: traces\nmodel:\n  train: mlp-b\n';

function file(text: string): string {
  const path = join(folder, 'scenario.yaml');
  writeFileSync(path, text);
  return path;
}

function problemOf(text: string) {
  try {
    loadScenarios(file(text));
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  return assert.unreachable('accepted');
}

const Scenario = suite('scenario files');

Scenario('defaults are filled in and paths are taken from the file', () => {
  const [one] = loadScenarios(file(MINIMAL));
  assert.is(one?.dataset.path, join(folder, 'traces'));
  assert.equal(one?.compile.leaves, 16);
  assert.equal(one?.dataset.split, { by: 'file', seed: 1, train: 0.6, validation: 0.15, test: 0.25 });
  assert.is(one?.flow.slots, 65536);
  assert.is(one?.target, 'tofino2');
});

Scenario('malformed YAML names the line', () => {
  const problem = problemOf('name: a\ndataset:\n  path: [x\nmodel:\n');
  assert.is(problem?.code, 'SCENARIO-YAML');
  assert.match(problem?.where ?? '', /scenario\.yaml:4/);
});

Scenario('an unknown key names its line and the known keys', () => {
  const problem = problemOf('name: a\ndataset:\n  path: x\n  labesl: y\nmodel:\n  train: mlp-b\n');
  assert.is(problem?.code, 'SCENARIO-SCHEMA');
  assert.match(problem?.where ?? '', /scenario\.yaml:4/);
  assert.match(problem?.message ?? '', /unknown key 'labesl' in dataset/);
  assert.match(problem?.hint ?? '', /labels/);
});

Scenario('a missing section is named', () => {
  assert.match(problemOf('name: a\nmodel:\n  train: mlp-b\n')?.message ?? '', /lacks 'dataset'/);
});

Scenario('a model that does not exist lists those that do', () => {
  assert.match(problemOf(MINIMAL.replace('mlp-b', 'mlp-z'))?.message ?? '', /mlp-b, rnn-b/);
});

Scenario('a balance of classes is a number from 0 to 1', () => {
  const balanced = (value: number): string => `${MINIMAL}  balance: ${value}\n`;
  assert.is(loadScenarios(file(balanced(0.25)))[0]?.model.balance, 0.25);
  assert.match(problemOf(balanced(2))?.message ?? '', /model\.balance must be <= 1/);
});

Scenario('a matrix of 2 × 3 gives six runs with their options in the name', () => {
  const runs = loadScenarios(file(`${MINIMAL}matrix:\n  target: [tofino, tofino2]\n  compile.leaves: [8, 16, 32]\n`));
  assert.is(runs.length, 6);
  assert.is(runs[4]?.name, 'small[target=tofino2,compile.leaves=16]');
  assert.is(runs[5]?.compile.leaves, 32);
});

Scenario('--smoke overrides only what it names', () => {
  const [one] = loadScenarios(file(`${MINIMAL}  seed: 7\nsmoke:\n  model:\n    epochs: 2\n`), true);
  assert.is(one?.model.epochs, 2);
  assert.is(one?.model.seed, 7);
  assert.is(one?.model.train, 'mlp-b');
});

Scenario('docs/scenario.schema.json is the schema the loader uses', () => {
  assert.equal(
    JSON.parse(readFileSync('docs/scenario.schema.json', 'utf8')),
    JSON.parse(JSON.stringify(SCENARIO_SCHEMA)),
  );
});

Scenario('every shipped scenario loads, smoke too', () => {
  const files = readdirSync('scenarios').filter((name) => name.endsWith('.yaml'));
  assert.ok(files.length >= 6);
  for (const name of files)
    for (const smoke of [false, true]) assert.ok(loadScenarios(join('scenarios', name), smoke).length > 0);
});

Scenario.run();
