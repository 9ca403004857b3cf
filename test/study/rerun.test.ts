import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cached, openCache } from '../../src/study/cache.ts';
import { fileDigest, treeDigest } from '../../src/study/digests.ts';
import { resultKey, runOrRecall } from '../../src/study/rerun.ts';
import type { Scenario } from '../../src/study/scenario.ts';

const Rerun = suite('results kept by content');

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'pegasim-rerun-'));
}

function scenario(data: string): Scenario {
  return {
    name: 's',
    dataset: {
      path: data,
      labelColumn: 'class',
      split: { by: 'file', seed: 1, train: 0.5, validation: 0.2, test: 0.3 },
    },
    model: { train: 'mlp-b', seed: 1 },
    compile: {
      strategy: 'output-aware',
      leaves: 16,
      refit: true,
      softmax: true,
      fineTune: false,
      snap: true,
      width: 16,
    },
    target: 'tofino2',
    flow: { slots: 1024, policy: 'replace', symmetric: true, tickBits: 16 },
    replay: { split: 'test', state: 'perCapture', workers: 1, acceptDamage: false },
    expect: [],
  };
}

Rerun('a file digest is the SHA-256 of its content', () => {
  const path = join(folder(), 'a');
  writeFileSync(path, 'abc');
  assert.is(fileDigest(path), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

Rerun('a folder digest follows names and contents, at any depth', () => {
  const path = folder();
  mkdirSync(join(path, 'one'));
  writeFileSync(join(path, 'one', 'a.pcap'), 'x');
  const before = treeDigest(path);
  writeFileSync(join(path, 'one', 'a.pcap'), 'y');
  assert.is.not(String(treeDigest(path)), String(before));
  writeFileSync(join(path, 'one', 'a.pcap'), 'x');
  assert.equal(treeDigest(path), before);
});

Rerun('the key follows options, data and labels, not the number of workers', () => {
  const data = folder();
  writeFileSync(join(data, 'a.pcap'), 'x');
  const base = scenario(data);
  const key = resultKey(base);
  assert.is(resultKey({ ...base, replay: { ...base.replay, workers: 7 } }), key);
  assert.is.not(resultKey({ ...base, model: { ...base.model, seed: 2 } }), key);
  assert.is.not(resultKey({ ...base, replay: { ...base.replay, flows: 3 } }), key);
  assert.is(resultKey({ ...base, expect: ['macroF1 >= 0.5'] }), key);
  writeFileSync(join(data, 'a.pcap'), 'z');
  assert.is.not(resultKey(base), key);
});

Rerun('captures that are yet to be generated have no key', () => {
  assert.is(resultKey(scenario(join(folder(), 'absent'))), undefined);
});

Rerun('a kept result comes back without a run, judged by the expectations of today', async () => {
  const data = folder();
  writeFileSync(join(data, 'a.pcap'), 'not a capture');
  const base = scenario(data);
  const cache = openCache(folder());
  const result = { name: 'other', figures: { macroF1: 0.7 }, pass: true };
  const made = { result, timing: { seconds: 1 }, baseline: { name: 'other', program: 'p' } };
  await cached(cache, 'result', resultKey(base) ?? '', async () => made);
  const found = await runOrRecall({ ...base, expect: ['macroF1 >= 0.8'] }, { cache });
  assert.is(found.kept, true);
  assert.is(found.result.name, 's');
  assert.is(found.result.pass, false);
  assert.equal(found.result.expectations, [{ text: 'macroF1 >= 0.8', pass: false, actual: 0.7 }]);
});

Rerun.run();
