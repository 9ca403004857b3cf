import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type SumTable, softmaxRefit } from '../../../src/compiler/fuzzy/index.ts';
import { generator } from './small.ts';

const Softmax = suite('softmax refit');

/** Two tables of 4 and 3 leaves that add into 3 logits; labels follow the first table's leaf with noise. */
function problem(seed: number, rows = 400) {
  const next = generator(seed);
  const pick = (n: number): Int32Array => Int32Array.from({ length: rows }, () => Math.floor(next() * n));
  const outIndex = Int32Array.from([0, 1, 2]);
  const [a, b] = [pick(4), pick(3)];
  const tables: SumTable[] = [
    { index: a, outIndex, lut: new Float64Array(12), fixed: false },
    { index: b, outIndex, lut: new Float64Array(9), fixed: false },
  ];
  const label = Int16Array.from(a, (leaf) => (next() < 0.8 ? leaf % 3 : Math.floor(next() * 3)));
  const teacher = Float64Array.from({ length: rows * 3 }, () => 2 * next() - 1);
  return { tables, base: new Float64Array(rows * 3), teacher, label };
}

type Problem = ReturnType<typeof problem>;

/** Penalised loss, written out row by row. */
function loss({ tables, teacher, label }: Problem, distill: number, pull: number): number {
  const soft = (z: number[]): number[] => {
    const sum = z.reduce((s, v) => s + Math.exp(v), 0);
    return z.map((v) => Math.exp(v) / sum);
  };
  let total = 0;
  label.forEach((wanted, r) => {
    const logit = (c: number): number => tables.reduce((sum, t) => sum + t.lut[t.index[r] * 3 + c], 0);
    const p = soft([0, 1, 2].map(logit));
    const q = soft([0, 1, 2].map((c) => teacher[r * 3 + c]));
    p.forEach((v, c) => {
      total -= (distill * q[c] + (1 - distill) * (c === wanted ? 1 : 0)) * Math.log(v);
    });
  });
  return total + (pull / 2) * tables.reduce((sum, t) => sum + t.lut.reduce((s, v) => s + v * v, 0), 0);
}

Softmax('no step raises the loss, over 20 random problems', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(0, 0.5, 1), (seed, distill) => {
      let before = Number.POSITIVE_INFINITY;
      for (const steps of [0, 1, 2, 8]) {
        const p = problem(seed, 120);
        assert.ok(softmaxRefit(p.tables, p.base, p.teacher, 3, { label: p.label, distill, pull: 2, steps }));
        const now = loss(p, distill, 2);
        assert.ok(now <= before + 1e-9, `${before} → ${now} at ${steps} steps`);
        before = now;
      }
    }),
    { numRuns: 20, seed: 1 },
  );
});

Softmax('after 300 steps every derivative is below 1e-6: the optimum', () => {
  const p = problem(5);
  softmaxRefit(p.tables, p.base, p.teacher, 3, { label: p.label, pull: 2, steps: 300 });
  for (const { lut } of p.tables)
    for (let i = 0; i < lut.length; i++) {
      const at = (d: number): number => {
        lut[i] += d;
        const value = loss(p, 0.5, 2);
        lut[i] -= d;
        return value;
      };
      assert.ok(Math.abs(at(1e-4) - at(-1e-4)) / 2e-4 < 1e-6);
    }
});

Softmax('rows without a class follow the teacher alone; a table that is fixed stays', () => {
  const p = problem(7);
  p.teacher.forEach((_, i) => {
    p.teacher[i] = i % 3 === 2 ? 3 : 0;
  });
  const fixed = [{ ...p.tables[0], fixed: true }, p.tables[1]];
  softmaxRefit(fixed, p.base, p.teacher, 3, { label: p.label.fill(-1), pull: 0.1 });
  assert.ok(fixed[0].lut.every((v) => v === 0));
  for (let leaf = 0; leaf < 3; leaf++) {
    const gap = p.tables[1].lut[leaf * 3 + 2] - p.tables[1].lut[leaf * 3];
    assert.ok(Math.abs(gap - 3) < 0.05, String(gap));
  }
});

Softmax('tables of 1,200 leaves are left alone', () => {
  const p = problem(1, 10);
  const wide = p.tables.map((t) => ({ ...t, lut: new Float64Array(1200 * 3) }));
  assert.not(softmaxRefit(wide, p.base, p.teacher, 3, { label: p.label }));
});

Softmax.run();
