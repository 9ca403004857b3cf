/** Metrics against hand-computed figures: missing verdicts are wrong, undefined quotients are 0, majorities go to the first. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { confusionOf, majority, median, score } from '../../src/replay/index.ts';

const Metrics = suite('replay metrics');

Metrics('a packet without verdict counts as wrong and lands in the last column', () => {
  assert.equal(confusionOf([0, 0, 1, 1], [0, -1, 1, 0], 2), [
    [1, 0, 1],
    [1, 1, 0],
  ]);
  const { accuracy, count } = score([0, 0, 1, 1], [0, -1, 1, 0], ['a', 'b']);
  assert.is(count, 4);
  assert.is(accuracy, 0.5);
});

Metrics('precision 1/2, recall 1/2 and F1 1/2 of class a; 1, 1/2 and 2/3 of class b', () => {
  const { perClass, macroF1, macroPrecision } = score([0, 0, 1, 1], [0, -1, 1, 0], ['a', 'b']);
  assert.equal(perClass[0], { class: 'a', support: 2, precision: 0.5, recall: 0.5, f1: 0.5 });
  assert.equal(perClass[1], { class: 'b', support: 2, precision: 1, recall: 0.5, f1: 2 / 3 });
  assert.is(macroPrecision, 0.75);
  assert.is(macroF1, (0.5 + 2 / 3) / 2);
});

Metrics('a class that is only claimed has recall 0 and counts in the mean; one that never occurs does not', () => {
  const { perClass, macroF1 } = score([0, 0], [0, 1], ['a', 'b', 'c']);
  assert.is(perClass[1].recall, 0);
  assert.is(perClass[2].f1, 0);
  assert.is(macroF1, (2 / 3 + 0) / 2);
});

Metrics('an empty list scores 0 everywhere', () => {
  const { accuracy, macroF1, count } = score([], [], ['a', 'b']);
  assert.equal([accuracy, macroF1, count], [0, 0, 0]);
});

Metrics('the majority of 2, 1, 1, 2 is 2, which came first; missing verdicts do not vote', () => {
  assert.is(majority([2, 1, 1, 2]), 2);
  assert.is(majority([-1, -1, 1]), 1);
  assert.is(majority([-1]), -1);
});

Metrics('the median of 4 values is the mean of the middle two', () => {
  assert.is(median([4, 1, 3, 2]), 2.5);
  assert.is(median([]), null);
});

Metrics.run();
