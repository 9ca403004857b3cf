/** Which rows an epoch shows: shares of the classes, passes over few rows, nothing shown twice before all were. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/model/autodiff/index.ts';
import { modelDefinition } from '../../../src/model/index.ts';
import { showingOf, shownRows } from '../../../src/model/training/samples.ts';
import type { FeatureRows } from '../../../src/traffic/columns.ts';

const Samples = suite('samples');

/** Rows of classes of these sizes, in order. */
function rowsOf(sizes: readonly number[]): FeatureRows {
  const label = Int16Array.from(sizes.flatMap((size, k) => new Array<number>(size).fill(k)));
  const { length: count } = label;
  const classes = sizes.map((_, k) => `class ${k}`);
  return { features: ['x'], classes, count, values: new Float64Array(count), label, split: new Uint8Array(count) };
}

const all = (rows: FeatureRows): Int32Array => Int32Array.from({ length: rows.count }, (_, i) => i);

function countsOf(rows: FeatureRows, shown: Int32Array): number[] {
  const counts = rows.classes.map(() => 0);
  for (const row of shown) counts[rows.label[row]]++;
  return counts;
}

Samples('900 and 100 rows are shown 9 to 1, by their square roots 3 to 1, or alike', () => {
  const rows = rowsOf([900, 100]);
  const shares = [0, 0.5, 1].map((balance) =>
    countsOf(rows, shownRows(rows, all(rows), { limit: 4000, balance }, createRandom(1))),
  );
  assert.equal(shares, [
    [3600, 400],
    [3000, 1000],
    [2000, 2000],
  ]);
});

Samples('an epoch shows at most its limit, and at most four times as many rows as there are', () => {
  const rows = rowsOf([30, 20]);
  const lengths = [1, 50, 120, 200, 1000].map(
    (limit) => shownRows(rows, all(rows), { limit, balance: 0.5 }, createRandom(2)).length,
  );
  assert.equal(lengths, [1, 50, 120, 200, 200]);
});

Samples('19,999 rows are shown four times in an epoch, 20,000 once', () => {
  const lengths = [19_999, 20_000].map((count) => {
    const rows = rowsOf([count]);
    return shownRows(rows, all(rows), { limit: 100_000, balance: 0 }, createRandom(3)).length;
  });
  assert.equal(lengths, [79_996, 20_000]);
});

Samples('within a class no row is shown again before all were shown, and a class without rows is left out', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 5 });
  const input = fc.tuple(sizes, fc.integer({ min: 1, max: 300 }), fc.constantFrom(0.5, 1), fc.nat(99));
  fc.assert(
    fc.property(input, ([counts, limit, balance, seed]) => {
      const rows = rowsOf(counts);
      fc.pre(rows.count > 0);
      const times = new Int32Array(rows.count);
      for (const row of shownRows(rows, all(rows), { limit, balance }, createRandom(seed))) times[row]++;
      counts.forEach((size, k) => {
        const own = Array.from(times.filter((_, row) => rows.label[row] === k));
        if (size > 0) assert.ok(Math.max(...own) - Math.min(...own) <= 1);
      });
    }),
  );
});

Samples(
  'square roots are the default, anomaly models have one class, and a balance of 1.5 is MODEL-OPTIONS, and so is any of the AutoEncoder',
  () => {
    const balances = ['cnn-b', 'autoencoder'].map((id) => showingOf(modelDefinition(id), 10).balance);
    assert.equal(balances, [0.5, 0]);
    assert.throws(() => showingOf(modelDefinition('cnn-b'), 10, 1.5), /balance must be between 0 and 1/);
    assert.throws(() => showingOf(modelDefinition('autoencoder'), 10, 0.5), /autoencoder learns one class/);
  },
);

Samples.run();
