import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codesOf, codeTree } from '../../../src/compiler/fuzzy/codebook.ts';
import { grownLeaves } from '../../../src/compiler/fuzzy/grow.ts';

const Codebook = suite('codebooks');

const points = (y: readonly number[], weight = y.map(() => 1)) => ({
  count: y.length,
  dim: 1,
  y: Float64Array.from(y),
  weight: Float64Array.from(weight),
});

Codebook('4 alternating outputs over 40 values need 4 codes, and no value is off', () => {
  const y = Array.from({ length: 40 }, (_, v) => [3, -1, 7, 0.5][v % 4]);
  const code = codesOf(points(y), 16);
  assert.is(new Set(code).size, 4);
  for (let v = 4; v < 40; v++) assert.is(code[v], code[v - 4]);
});

Codebook('one code: all values share it; the frequent values decide where a second one goes', () => {
  assert.equal([...codesOf(points([0, 1, 9]), 1)], [0, 0, 0]);
  const often = codesOf(points([0, 1, 9, 9.1], [1000, 1000, 1, 1]), 3);
  assert.not.equal(often[0], often[1]);
  assert.is(often[2], often[3]);
});

Codebook('the tree of 100 random codebooks gives every value its code', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 }), (raw) => {
      const numbers = new Map<number, number>();
      const code = Int32Array.from(raw, (c) => {
        const n = numbers.get(c) ?? numbers.size;
        numbers.set(c, n);
        return n;
      });
      const x = Float64Array.from(raw, (_, v) => v);
      assert.equal([...grownLeaves(codeTree(code), x, 1, x.length)], [...code]);
    }),
    { numRuns: 100, seed: 9 },
  );
});

Codebook.run();
