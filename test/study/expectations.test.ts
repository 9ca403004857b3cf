import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { checkExpectations } from '../../src/study/expectations.ts';

const figures = { macroF1: 0.884, gapToFloat: 0.002, fits: true, stages: 17, sram: 0.31 };
const passes = (item: string | Record<string, unknown>): boolean | undefined =>
  checkExpectations([item], figures, 'x.yaml')[0]?.pass;

const Expectations = suite('expectations');

Expectations('0.884 is at least 0.88 and not at least 0.89', () => {
  assert.is(passes('macroF1 >= 0.88'), true);
  assert.is(passes('macroF1 >= 0.89'), false);
});

Expectations('30 % is 0.30 of the chip', () => {
  assert.is(passes('sram <= 30 %'), false);
  assert.is(passes('sram <= 31 %'), true);
});

Expectations('YAML maps are equalities or comparisons', () => {
  assert.is(passes({ fits: true }), true);
  assert.is(passes({ fits: false }), false);
  assert.is(passes({ stages: '<= 20' }), true);
  assert.is(passes('fits: true'), true);
  assert.is(passes('stages: 18'), false);
});

Expectations('a figure that no run has is an error that lists the figures', () => {
  try {
    passes('macroF2 >= 0.5');
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof ProblemError);
    assert.match(error.problem.hint ?? '', /gapToFloat/);
  }
});

Expectations('an unreadable expectation is an error', () => {
  for (const item of ['macroF1 is good', 'macroF1 >= 0.8.5', 'fits: 1.2.3', 'verdictsEqual: yesterday'])
    assert.throws(
      () => passes(item),
      (error: unknown) => error instanceof ProblemError,
    );
});

Expectations('a figure that this run has not, but others have, fails its expectation', () => {
  assert.is(passes('auc >= 0.5'), false);
  assert.is(passes('verdictsEqual: baseline'), false);
});

Expectations.run();
