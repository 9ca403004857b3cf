import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codesOf, codeTree, prototypesOf } from '../../../src/compiler/fuzzy/codebook.ts';
import { grownLeaves } from '../../../src/compiler/fuzzy/grow.ts';
import { fuzzyNetwork } from '../../../src/compiler/fuzzy/index.ts';
import { evaluateNetwork } from '../../../src/compiler/lower/index.ts';
import { evaluateGraph, type MapGraph, type MapNode } from '../../../src/compiler/primitives/index.ts';
import { generator } from './small.ts';

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

Codebook('a code stands for one of its own values, the one nearest to its mean (100 random codebooks)', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 2, maxLength: 60 }), (y) => {
      const p = points(y);
      const code = codesOf(p, 4);
      prototypesOf(p, code).forEach((value, c) => {
        assert.is(code[value], c);
        const own = y.filter((_, v) => code[v] === c);
        const mean = own.reduce((a, b) => a + b) / own.length;
        for (const other of own) assert.ok(Math.abs(y[value] - mean) <= Math.abs(other - mean) + 1e-9);
      });
    }),
    { numRuns: 100, seed: 10 },
  );
});

/** Two packets of (a, b): the sum of f(a) and g(b) over both, each packet in one table of joined codes. */
function packetGraph(f: ArrayLike<number>, g: ArrayLike<number>): MapGraph {
  const maps = [0, 1].map(
    (packet): MapNode => ({
      id: packet,
      name: `y/${packet}`,
      inputs: [0, 1].map((feature) => ({ value: 0, index: 2 * packet + feature })),
      trees: [[0], [1]],
      output: 1,
      outIndex: Int32Array.from([0]),
      apply: (x, rows) => Float64Array.from({ length: rows }, (_, r) => f[x[2 * r]] + g[x[2 * r + 1]]),
      nodes: [],
    }),
  );
  return {
    values: [
      { id: 0, name: 'x', size: 4, kind: 'input', nodes: [], packets: Int32Array.from([0, 0, 1, 1]) },
      { id: 1, name: 'y', size: 1, kind: 'sum', nodes: [] },
    ],
    maps,
    output: 1,
    features: ['a', 'b'],
    window: 2,
  };
}

const BYTES = [
  { name: 'a', bits: 8 },
  { name: 'b', bits: 8 },
];

Codebook(
  '200 outputs of one feature and 12 of the other share 12 bits as 8 and 4: every pair exact, seen or not',
  () => {
    const next = generator(5);
    const f = Array.from({ length: 256 }, (_, v) => 1000 * ((v * 77) % 200));
    const g = Array.from({ length: 256 }, (_, v) => 10 * ((v * 5) % 12));
    const graph = packetGraph(f, g);
    const values = Float64Array.from({ length: 4 * 600 }, () => Math.floor(next() * 256));
    const verdict = { kind: 'score', value: 1, divide: 1 } as const;
    const { network } = fuzzyNetwork(graph, { rows: 600, values }, BYTES, verdict, [], { refit: false });
    const fresh = Float64Array.from({ length: 4 * 2000 }, () => Math.floor(next() * 256));
    const [wanted, have] = [evaluateGraph(graph, fresh, 2000), evaluateNetwork(network, fresh, 2000).values[1]];
    for (let r = 0; r < 2000; r++) assert.ok(Math.abs(wanted[r] - have[r]) < 1e-6, `row ${r}`);
  },
);

Codebook('a length that only a class of 1 % has keeps a code of its own', () => {
  const next = generator(6);
  const rare = 200;
  const f = Array.from({ length: 256 }, (_, v) => (v === rare ? 0.55 : (v % 128) / 256));
  const graph = packetGraph(f, new Array(256).fill(0));
  const label = new Int16Array(1000).map((_, r) => (r % 100 === 0 ? 1 : 0));
  const values = Float64Array.from({ length: 4000 }, (_, i) =>
    i % 2 === 0 && label[i >> 2] === 1 ? rare : Math.floor(next() * 128),
  );
  const argmax = { kind: 'argmax', value: 1 } as const;
  const { network } = fuzzyNetwork(graph, { rows: 1000, values, label }, BYTES, argmax, ['x'], {
    refit: false,
    indexBits: 4,
  });
  const [twice] = evaluateNetwork(network, Float64Array.from([rare, 0, rare, 0]), 1).values[1];
  assert.ok(Math.abs(twice / 2 - 0.55) < 0.01, `${twice / 2}`);
});

Codebook.run();
