import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { argmaxRows, confusion, macroF1, rocAuc } from '../../src/model/index.ts';

const Metrics = suite('metrics');

Metrics('argmax takes the first maximum', () => {
  assert.equal([...argmaxRows([1, 1, 0, 0, 2, 2], 3)], [0, 1]);
});

Metrics('macro-F1 with 3 of 3 and 1 of 2 found is the mean of 6/7 and 2/3', () => {
  const label = [0, 0, 1, 1, 0];
  const prediction = [0, 0, 1, 0, 0];
  assert.equal([...confusion(label, prediction, 2)], [3, 0, 1, 1]);
  assert.ok(Math.abs(macroF1(label, prediction, 2) - (6 / 7 + 2 / 3) / 2) < 1e-12);
});

Metrics('classes that never occur do not count; rows without a label do not either', () => {
  assert.is(macroF1([0, 1, -1], [0, 1, 0], 3), 1);
});

Metrics('ROC-AUC: 3 of 4 pairs in order, a tie counts half', () => {
  assert.is(rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
  assert.is(rocAuc([1, 1], [0, 1]), 0.5);
  assert.ok(Number.isNaN(rocAuc([1, 2], [1, 1])));
});

Metrics.run();
