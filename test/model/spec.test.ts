import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph, checkModelSpec, type ModelSpec, readModelSpec, specMetadata } from '../../src/model/index.ts';
import { ProblemError } from '../../src/problem.ts';

const Spec = suite('model spec');

const FULL: ModelSpec = {
  features: ['pkt.len', 'pkt.ipd'],
  window: 8,
  classes: ['a', 'b'],
  units: { 'pkt.ipd': 65536 },
  clamp: { 'pkt.len': 1500 },
  verdict: 'argmax',
};

function problem(run: () => unknown): ProblemError['problem'] {
  try {
    run();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('nothing was refused');
}

Spec('metadata written and read again is the same', () => {
  const model = buildGraph({ metadata: specMetadata(FULL) }).model();
  assert.equal(readModelSpec(model, 'none.onnx'), FULL);
});

Spec('a sidecar YAML wins over metadata, and its faults carry the line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spec-'));
  try {
    const model = buildGraph({ metadata: specMetadata(FULL) }).model();
    const file = join(folder, 'm.onnx');
    writeFileSync(`${file}.yaml`, 'features: [ip.tos]\nclasses: [x, y]\n');
    const { features, window, classes } = readModelSpec(model, file);
    assert.equal([features, window, classes], [['ip.tos'], 1, ['x', 'y']]);
    writeFileSync(`${file}.yaml`, 'features: [ip.tos]\nclasses: [x, y\nwindow: 8\n');
    const { code, where } = problem(() => readModelSpec(model, file));
    assert.is(code, 'MODEL-SPEC');
    assert.match(where!, /m\.onnx\.yaml:\d+$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

Spec('no features, unknown keys and wrong kinds are refused by name', () => {
  assert.match(problem(() => readModelSpec(buildGraph().model(), 'm.onnx')).hint!, /m\.onnx\.yaml/);
  assert.match(problem(() => checkModelSpec({ features: ['a'], colour: 1 }, 's')).message, /colour/);
  assert.match(problem(() => checkModelSpec({ features: 'a' }, 's')).message, /features/);
  assert.match(problem(() => checkModelSpec({ features: ['a'], window: 0 }, 's')).message, /window/);
  assert.match(problem(() => checkModelSpec({ features: ['a'], units: { a: -1 } }, 's')).message, /units\.a/);
});

Spec('a state names an input and an output, and goes with one packet a row', () => {
  const state = { input: 'h', output: 'h_next' };
  assert.equal(checkModelSpec({ features: ['a'], state }, 's').state, state);
  const model = buildGraph({ metadata: specMetadata({ ...FULL, window: 1, state }) }).model();
  assert.equal(readModelSpec(model, 'none.onnx').state, state);
  for (const wrong of ['h', { input: 'h' }, { input: 'h', output: 3 }, { ...state, units: 8 }, null])
    assert.match(problem(() => checkModelSpec({ features: ['a'], state: wrong }, 's')).message, /input and an output/);
  const windowed = problem(() => checkModelSpec({ features: ['a'], window: 8, state }, 's'));
  assert.match(windowed.message, /one packet at a time/);
  assert.is(windowed.have, 'window 8');
});

Spec.run();
