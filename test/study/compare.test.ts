import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareText } from '../../src/report/index.ts';
import { compareFiles, compareResults, turnedWorse } from '../../src/study/compare.ts';
import { encodeNpy } from '../../src/study/npy.ts';
import { sampleResult } from '../report/sample.ts';

const Compare = suite('compare');

Compare('a result against itself: every figure is the same', () => {
  const one = compareResults(sampleResult(), sampleResult());
  assert.is(one.equal, true);
  assert.match(compareText({ pairs: [one], unpaired: [] }), /every figure is the same/);
});

Compare('macro-F1 from 0.78 to 0.80 is a change of +0.02, an expectation that fails now is said so', () => {
  const result = sampleResult();
  const before = { ...result, figures: { ...result.figures, macroF1: 0.78 }, expectations: result.expectations };
  const after = {
    ...result,
    figures: { ...result.figures, macroF1: 0.8 },
    expectations: result.expectations.map((one) => ({ ...one, pass: false })),
  };
  const text = compareText({ pairs: [compareResults(before, after)], unpaired: [] });
  assert.match(text, /macroF1 +0\.78 +0\.8 +\+0\.02/);
  assert.match(text, /fits: true: FAILS now/);
});

Compare('results of several scenarios are paired by name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-compare-'));
  writeFileSync(join(folder, 'a.json'), JSON.stringify([sampleResult('x'), sampleResult('y')]));
  writeFileSync(join(folder, 'b.json'), JSON.stringify([sampleResult('y'), sampleResult('z')]));
  const compared = compareFiles(join(folder, 'a.json'), join(folder, 'b.json'));
  assert.equal(
    compared.pairs.map(({ name }) => name),
    ['y'],
  );
  assert.equal(compared.unpaired, ['x is only in the first', 'z is only in the second']);
  assert.match(compareText(compared), /x is only in the first/);
});

Compare('a file without a result is refused with STUDY-RESULT', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'pegasim-compare-')), 'a.json');
  const bare = JSON.stringify({ schema: 'pegasim/result', version: 1, name: 'cut' });
  for (const text of ['', '{', '{}', '[null]', '42', bare]) {
    writeFileSync(path, text);
    try {
      compareFiles(path, path);
      assert.unreachable();
    } catch (error) {
      assert.is((error as { problem?: { code: string } }).problem?.code, 'STUDY-RESULT');
    }
  }
});

Compare('another number of packets, split or chip is said; an expectation lost turns the comparison worse', () => {
  const before = sampleResult();
  const after = {
    ...before,
    replay: { ...before.replay, scored: 7, split: 'validation' },
    expectations: before.expectations.map((one) => ({ ...one, pass: false })),
  };
  const one = compareResults(before, after);
  assert.equal(one.differs, ['split: test before, validation after', 'packets scored: 100 before, 7 after']);
  assert.match(compareText({ pairs: [one], unpaired: [] }), /not the same split: test before, validation after/);
  assert.is(turnedWorse(one), true);
  assert.is(turnedWorse(compareResults(before, before)), false);
});

Compare('an npy header says type and shape, and data begins at byte 64', () => {
  const bytes = Buffer.from(encodeNpy(Uint32Array.of(1, 2, 3, 4, 5, 6), [3, 2]));
  assert.is(bytes.subarray(1, 6).toString('latin1'), 'NUMPY');
  assert.match(bytes.subarray(10, 128).toString('latin1'), /'descr': '<u4', 'fortran_order': False, 'shape': \(3, 2\)/);
  assert.is(bytes.length % 64, 24);
  assert.is(bytes.readUInt32LE(bytes.length - 24), 1);
});

Compare.run();
