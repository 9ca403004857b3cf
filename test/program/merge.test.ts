import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { field, keyless, mergeFragments, type Verdict } from '../../src/program/index.ts';

const Merge = suite('program/merge');

const none: Verdict = { kind: 'none', logits: [], classes: [] };
const parser = { states: [] };

Merge('lists are concatenated in order and equal declarations kept once', () => {
  const made = mergeFragments(
    'm',
    parser,
    none,
    { fields: [field('a', 8), field('b', 8)], ingress: [{ kind: 'apply', table: 't' }], bridge: ['a'] },
    { fields: [field('b', 8), field('c', 8)], tables: [keyless('t', 'ingress', 'x')], bridge: ['a', 'c'] },
  );
  assert.equal(
    made.fields.map((one) => one.name),
    ['a', 'b', 'c'],
  );
  assert.equal(made.bridge, ['a', 'c']);
  assert.is(made.ingress.length, 1);
  assert.not('flow' in made);
});

Merge('different declarations of one name are refused', () => {
  assert.throws(
    () => mergeFragments('m', parser, none, { fields: [field('a', 8)] }, { fields: [field('a', 9)] }),
    (error: unknown) => error instanceof ProblemError && error.problem.code === 'PROGRAM-DUPLICATE',
  );
});

Merge.run();
