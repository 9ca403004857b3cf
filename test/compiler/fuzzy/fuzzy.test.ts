import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fineTune, fuzzyNetwork, grownLeaves, growTree, refitSum } from '../../../src/compiler/fuzzy/index.ts';
import { backSoft, softTree } from '../../../src/compiler/fuzzy/soft.ts';
import { evaluateNetwork, heapTree } from '../../../src/compiler/lower/index.ts';
import { evaluateGraph } from '../../../src/compiler/primitives/index.ts';
import { data, FEATURES, generator, smallGraph } from './small.ts';

const Fuzzy = suite('fuzzy matching');

Fuzzy('four clusters on a line are split at the midpoints between them', () => {
  const points = [0, 1, 10, 11, 20, 21, 40, 41];
  const x = Float64Array.from(points);
  const tree = growTree({ rows: 8, dim: 1, x, outs: 1, y: x }, { leaves: 4, order: 'best-first' });
  assert.equal(
    [...tree.threshold].sort((a, b) => a - b),
    [5.5, 15.5, 30.5],
  );
  assert.is(new Set(grownLeaves(tree, x, 1, 8)).size, 4);
});

Fuzzy('output-aware trees spend leaves where the function bends: |x| at 0, not in the flat part', () => {
  const x = Float64Array.from({ length: 400 }, (_, i) => i - 200);
  const y = x.map((v) => Math.max(0, v));
  const tree = growTree({ rows: 400, dim: 1, x, outs: 1, y }, { leaves: 8, order: 'best-first' });
  assert.is(tree.leaves, 8);
  assert.ok(tree.threshold.filter((t) => t < -20).length === 0);
});

Fuzzy('a complete tree of 16 leaves has no leaf deeper than 4, and constant data one leaf', () => {
  const next = generator(1);
  const x = Float64Array.from({ length: 600 }, () => next() ** 4);
  const tree = growTree({ rows: 300, dim: 2, x, outs: 2, y: x }, { leaves: 16, order: 'complete' });
  const depth = (node: number): number =>
    node < 0 ? 0 : 1 + Math.max(depth(tree.left[node]), depth(tree.right[node]));
  assert.is(depth(0), 4);
  const flat = new Float64Array(50).fill(7);
  assert.is(growTree({ rows: 50, dim: 1, x: flat, outs: 1, y: flat }, { leaves: 16, order: 'best-first' }).leaves, 1);
});

/** Two tables that add up, targets from known values. */
function sumProblem(rows: number) {
  const next = generator(3);
  const a = Int32Array.from({ length: rows }, () => Math.floor(next() * 4));
  const b = Int32Array.from({ length: rows }, () => Math.floor(next() * 3));
  const target = new Float64Array(rows * 2);
  for (let r = 0; r < rows; r++) {
    target[2 * r] = a[r] * 5 - b[r];
    target[2 * r + 1] = b[r] * b[r] - a[r];
  }
  const outIndex = Int32Array.from([0, 1]);
  return {
    target,
    tables: [
      { index: a, outIndex, lut: new Float64Array(8), fixed: false },
      { index: b, outIndex, lut: new Float64Array(6), fixed: false },
    ],
  };
}

Fuzzy('ridge refit finds additive tables again: error below 1 % of the spread with a pull of 0.01', () => {
  const { target, tables } = sumProblem(500);
  const sums = refitSum(tables, target, 2, { pull: 0.01 });
  const worst = sums.reduce((most, s, i) => Math.max(most, Math.abs(s - target[i])), 0);
  assert.ok(worst < 0.1, String(worst));
});

Fuzzy('the exact solution and 400 sweeps agree to 1e-6', () => {
  const exact = sumProblem(300);
  const swept = sumProblem(300);
  refitSum(exact.tables, exact.target, 2, { pull: 2 });
  // Rows that nothing reads make the problem too large for the exact path.
  const padded = swept.tables.map((t) => ({ ...t, lut: new Float64Array(1200 * 2) }));
  refitSum(padded, swept.target, 2, { pull: 2, sweeps: 400 });
  exact.tables.forEach((t, i) => {
    t.lut.forEach((v, j) => {
      assert.ok(Math.abs(v - padded[i].lut[j]) < 1e-6, `${v} ${padded[i].lut[j]}`);
    });
  });
});

Fuzzy('straight-through gradients equal the derivative of the soft tree (finite differences, 1e-5)', () => {
  const tree = heapTree(
    [
      { value: 0, index: 0 },
      { value: 0, index: 1 },
    ],
    [0, 1, 0],
    [0.1, -0.2, 0.4],
  );
  const soft = softTree(
    tree,
    () => 1,
    (c) => c,
  );
  const leaves = [0.3, -1, 2, 0.7];
  const mean = (x: Float64Array): number =>
    backSoft(soft, x, {
      leaf: (l) => leaves[l],
      input: new Float64Array(2),
      threshold: new Float64Array(3),
      touched: new Set(),
    });
  const x = Float64Array.from([0.15, -0.1]);
  const gradients = {
    leaf: (l: number) => leaves[l],
    input: new Float64Array(2),
    threshold: new Float64Array(3),
    touched: new Set<number>(),
  };
  backSoft(soft, x, gradients);
  for (const c of [0, 1]) {
    const [up, down] = [1e-5, -1e-5].map((d) => mean(x.map((v, i) => (i === c ? v + d : v))));
    assert.ok(Math.abs((up - down) / 2e-5 - gradients.input[c]) < 1e-5);
  }
});

/** Mean squared error of the logits that the tables yield. */
function error(options: Parameters<typeof fuzzyNetwork>[5]): number {
  const rows = data(1500, 4);
  const made = fuzzyNetwork(smallGraph(), rows, FEATURES, { kind: 'argmax', value: 2 }, ['p', 'q'], options);
  const float = made.float[made.output];
  const got = evaluateNetwork(made.network, rows.values, rows.rows).values[made.output];
  return got.reduce((sum, v, i) => sum + (v - float[i]) ** 2, 0) / got.length;
}

Fuzzy('each step is worth something: published > output-aware > refit in squared error, more leaves less', () => {
  const published = error({ strategy: 'published' });
  const aware = error({ refit: false });
  const refit = error({ softmax: false });
  assert.ok(aware < published, `${aware} < ${published}`);
  assert.ok(refit < aware, `${refit} < ${aware}`);
  assert.ok(error({ softmax: false, leaves: 64 }) < refit);
});

Fuzzy('fine-tuning follows labels that the float model does not know, and is the same twice', () => {
  const train = data(1500, 5);
  const validation = data(600, 6);
  const made = fuzzyNetwork(smallGraph(), train, FEATURES, { kind: 'argmax', value: 2 }, ['p', 'q'], { leaves: 8 });
  const tune = () =>
    fineTune(made.network, train, (values, rows) => evaluateGraph(smallGraph(), values, rows), validation, {
      distill: 0,
      mix: 0,
      epochs: 6,
      rate: 0.05,
    });
  const first = tune();
  const last = Math.max(...first.history);
  assert.ok(last > first.history[0] + 0.1, first.history.join(' '));
  assert.equal(tune().history, first.history);
});

Fuzzy(
  'a rate at which 3 epochs better nothing is followed by a fifth of it, from the start; 20 and 4 leave the tables',
  () => {
    const graph = smallGraph();
    const float = (values: Float64Array, rows: number) => evaluateGraph(graph, values, rows);
    const likeFloat = (rows: ReturnType<typeof data>) => {
      const logits = float(rows.values, rows.rows);
      return { ...rows, label: rows.label.map((_, r) => (logits[2 * r + 1] > logits[2 * r] ? 1 : 0)) };
    };
    const [train, validation] = [likeFloat(data(1500, 5)), likeFloat(data(600, 6))];
    const argmax = { kind: 'argmax', value: 2 } as const;
    const { network } = fuzzyNetwork(graph, train, FEATURES, argmax, ['p', 'q'], { leaves: 8, refit: false });
    const tune = (rate: number) =>
      fineTune(network, train, float, validation, { rate, mix: 0, epochs: 6, patience: 3 });
    const [wild, calm, hopeless] = [tune(1), tune(0.2), tune(20)];
    assert.ok(Math.max(...wild.history.slice(1, 4)) < wild.history[0], 'the first three epochs are worse');
    assert.equal(wild.history.slice(4), calm.history.slice(1));
    assert.is(wild.best, 3 + calm.best);
    assert.is(hopeless.best, 0);
    const { values } = evaluateNetwork(hopeless.network, validation.values, validation.rows);
    assert.equal(values[2], evaluateNetwork(network, validation.values, validation.rows).values[2]);
  },
);

Fuzzy.run();
