/** Every operation's backward step against central differences in float64, on random shapes and values. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  absolute,
  addBias,
  addScaled,
  argmaxStraightThrough,
  backward,
  batchNorm,
  columns,
  concat,
  constant,
  conv2d,
  createRandom,
  createTape,
  gather,
  matmul,
  maxPool2d,
  meanAbsolute,
  meanSquare,
  multiply,
  parameter,
  relu,
  reshape,
  sigmoid,
  signStraightThrough,
  softmaxCrossEntropy,
  softTargetCrossEntropy,
  type Tape,
  tanh,
  type Variable,
} from '../../../src/model/autodiff/index.ts';

const Gradients = suite('gradients');

/** A fixed random weighting of the result, so that no gradient cancels by symmetry. */
function toNumber(tape: Tape, x: Variable): Variable {
  const random = createRandom(99);
  const weights = Float64Array.from(x.data, () => random.normal());
  return meanSquare(tape, addScaled(tape, x, constant(x.shape, weights)));
}

function randomVariable(shape: readonly number[], seed: number): Variable {
  const random = createRandom(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  // Kept away from 0, where relu and |x| have no slope.
  const data = Float64Array.from({ length: size }, () => {
    const value = random.normal();
    return value + Math.sign(value) * 0.05;
  });
  return parameter(shape, data);
}

function lossOf(build: (tape: Tape) => Variable): number {
  return build(createTape('float64', false)).data[0];
}

/** Largest difference between the tape's gradient and (f(x+h) − f(x−h)) / 2h. */
function worstError(inputs: readonly Variable[], build: (tape: Tape) => Variable): number {
  const tape = createTape('float64');
  backward(tape, build(tape));
  let worst = 0;
  for (const { data, grad } of inputs) {
    for (let i = 0; i < data.length; i++) {
      const kept = data[i];
      data[i] = kept + 1e-5;
      const above = lossOf(build);
      data[i] = kept - 1e-5;
      const below = lossOf(build);
      data[i] = kept;
      worst = Math.max(worst, Math.abs((above - below) / 2e-5 - (grad?.[i] ?? 0)));
    }
  }
  return worst;
}

function check(
  name: string,
  make: (seed: number, a: number, b: number, c: number) => [Variable[], (tape: Tape) => Variable],
) {
  Gradients(`${name}: gradient equals central differences to 1e-6`, () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 7 }),
        (seed, a, b, c) => {
          const [inputs, build] = make(seed, a, b, c);
          assert.ok(worstError(inputs, build) < 1e-6);
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });
}

check('matmul', (seed, m, k, n) => {
  const a = randomVariable([m, k], seed);
  const b = randomVariable([k, n], seed + 1);
  return [[a, b], (tape) => toNumber(tape, matmul(tape, a, b))];
});

check('bias, scaled sum, product', (seed, m, n) => {
  const x = randomVariable([m, n], seed);
  const y = randomVariable([m, n], seed + 1);
  const bias = randomVariable([n], seed + 2);
  return [[x, y, bias], (tape) => toNumber(tape, multiply(tape, addBias(tape, x, bias), addScaled(tape, x, y, -0.7)))];
});

check('relu, tanh, sigmoid, absolute', (seed, m, n) => {
  const x = randomVariable([m, n], seed);
  return [
    [x],
    (tape) => toNumber(tape, concat(tape, [relu(tape, x), tanh(tape, x), sigmoid(tape, x), absolute(tape, x)])),
  ];
});

check('reshape, columns, concat', (seed, m, n) => {
  const x = randomVariable([m, 2 * n], seed);
  return [
    [x],
    (tape) => {
      const both = concat(tape, [columns(tape, x, n, n), columns(tape, x, 0, n), x]);
      return toNumber(tape, reshape(tape, both, [m * 4, n]));
    },
  ];
});

check('gather adds up repeated rows', (seed, rows, dim, count) => {
  const table = randomVariable([rows, dim], seed);
  const random = createRandom(seed + 1);
  const index = constant(
    [count],
    Float64Array.from({ length: count }, () => random.below(rows)),
  );
  return [[table], (tape) => toNumber(tape, gather(tape, table, index))];
});

for (const training of [true, false]) {
  check(`batch norm, ${training ? 'batch' : 'running'} moments`, (seed, m, n) => {
    const x = randomVariable([m + 2, n], seed);
    const scale = randomVariable([n], seed + 1);
    const shift = randomVariable([n], seed + 2);
    return [
      [x, scale, shift],
      (tape) => {
        const state = { scale, shift, mean: new Float64Array(n).fill(0.2), variance: new Float64Array(n).fill(1.5) };
        return toNumber(tape, batchNorm(tape, x, state, training));
      },
    ];
  });
}

check('convolution with stride and padding', (seed, rows, channels, width) => {
  const picture = { channels, height: 3, width: width + 1 };
  const x = randomVariable([rows, channels * 3 * (width + 1)], seed);
  const weight = randomVariable([channels * 2 * 2, 3], seed + 1);
  const bias = randomVariable([3], seed + 2);
  const window = { kernel: [2, 2], stride: [1, 2], padding: [1, 0] } as const;
  return [[x, weight, bias], (tape) => toNumber(tape, conv2d(tape, x, picture, window, weight, bias))];
});

check('max pooling', (seed, rows, channels, width) => {
  const picture = { channels, height: 2, width: width + 1 };
  const x = randomVariable([rows, channels * 2 * (width + 1)], seed);
  return [[x], (tape) => toNumber(tape, maxPool2d(tape, x, picture, { kernel: [2, 2], stride: [2, 1] }))];
});

check('losses', (seed, rows, classes) => {
  const x = randomVariable([rows, classes], seed);
  const random = createRandom(seed);
  const labels = Array.from({ length: rows }, () => random.below(classes));
  const targets = new Float64Array(rows * classes).fill(1 / classes);
  return [
    [x],
    (tape) => {
      const parts = [
        softmaxCrossEntropy(tape, x, labels),
        softTargetCrossEntropy(tape, x, targets),
        meanAbsolute(tape, x),
        meanSquare(tape, x),
      ];
      return parts.reduce((sum, part) => addScaled(tape, sum, part));
    },
  ];
});

Gradients('the sign estimator decides exactly (0 is left) and has the slope of tanh', () => {
  const x = parameter([4], Float64Array.of(-2, 0, 0.5, 3));
  const tape = createTape('float64');
  const sign = signStraightThrough(tape, x);
  assert.equal([...sign.data], [-1, -1, 1, 1]);
  backward(tape, matmul(tape, reshape(tape, sign, [1, 4]), constant([4, 1], new Float64Array(4).fill(1))));
  x.data.forEach((value, i) => {
    assert.ok(Math.abs(x.grad![i] - (1 - Math.tanh(value) ** 2)) < 1e-12);
  });
});

Gradients('the argmax estimator is one-hot at the first maximum and has the slope of softmax', () => {
  const x = parameter([1, 3], Float64Array.of(1, 1, 0));
  const tape = createTape('float64');
  const hot = argmaxStraightThrough(tape, x);
  assert.equal([...hot.data], [1, 0, 0]);
  backward(tape, matmul(tape, hot, constant([3, 1], Float64Array.of(1, 0, 0))));
  const e = Math.exp(1);
  const p = e / (2 * e + 1);
  assert.ok(Math.abs(x.grad![0] - p * (1 - p)) < 1e-12);
});

Gradients.run();
