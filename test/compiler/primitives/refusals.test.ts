import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapModel } from '../../../src/compiler/fusion/index.ts';
import { buildGraph } from '../../../src/compiler/primitives/index.ts';
import { buildGraph as buildOnnx, type GraphBuilder } from '../../../src/model/index.ts';
import { type Problem, ProblemError } from '../../../src/problem.ts';
import { names, numbers } from './support.ts';

const Refusals = suite('refusals');

function problemOf(count: number, define: (g: GraphBuilder, x: string) => string, opset = 17): Problem {
  const g = buildOnnx({ opset });
  g.output(define(g, g.input('x', ['batch', count])), ['batch', 'n']);
  try {
    buildGraph(g.model(), { features: names(count) });
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('not refused');
}

Refusals('an LSTM is refused by node and operator, with the RNN as the way out', () => {
  const problem = problemOf(4, (g, x) => {
    const shaped = g.node('Reshape', [x, g.ints('s', [2, 1, 2])]);
    const random = numbers(1);
    const parts = [g.weights('w', [1, 8, 2], random(16)), g.weights('r', [1, 8, 2], random(16))];
    return g.node('LSTM', [shaped, ...parts], { hidden_size: 2 }, { name: 'lstm1' });
  });
  assert.is(problem.code, 'COMPILE-OP');
  assert.is(problem.where, 'node lstm1 (LSTM)');
  assert.match(problem.hint ?? '', /RNN/);
});

Refusals('an operator of another domain is named with its domain', () => {
  const problem = problemOf(2, (g, x) => g.node('Mystery', [x], {}, { name: 'm', domain: 'com.acme' }));
  assert.match(problem.message, /com\.acme\.Mystery has no table form/);
});

Refusals('ArgMax inside a network must be the last node', () => {
  const problem = problemOf(3, (g, x) => {
    const best = g.node('ArgMax', [x], { axis: 1, keepdims: 1 }, { name: 'pick' });
    return g.node('Mul', [g.node('Cast', [best], { to: 1 }), g.weights('c', [1], [2])]);
  });
  assert.is(problem.where, 'node pick (ArgMax)');
  assert.match(problem.hint ?? '', /last node/);
});

Refusals('a convolution with computed weights', () => {
  const problem = problemOf(4, (g, x) => {
    const picture = g.node('Reshape', [x, g.ints('s', [-1, 1, 4])]);
    const kernel = g.node('Slice', [picture, g.ints('a', [0]), g.ints('b', [2]), g.ints('c', [2])]);
    return g.node('Flatten', [g.node('Conv', [picture, kernel], {}, { name: 'dynamic' })]);
  });
  assert.is(problem.where, 'node dynamic (Conv)');
  assert.match(problem.message, /weight is computed from the input/);
});

Refusals('opsets 12 and 22, two inputs, a wrong row length, a missing output', () => {
  assert.is(problemOf(2, (g, x) => g.node('Relu', [x]), 12).code, 'COMPILE-OPSET');
  assert.match(problemOf(2, (g, x) => g.node('Relu', [x]), 22).message, /too new/);
  const two = buildOnnx({ opset: 17 });
  two.output(two.node('Add', [two.input('a', ['batch', 2]), two.input('b', ['batch', 2])]), ['batch', 2]);
  assert.throws(() => buildGraph(two.model(), { features: names(2) }), /exactly one input/);
  const one = buildOnnx({ opset: 17 });
  one.output(one.node('Relu', [one.input('a', ['batch', 2])]), ['batch', 2]);
  assert.throws(() => buildGraph(one.model(), { features: names(3) }), /does not take one row/);
  assert.throws(() => buildGraph(one.model(), { features: names(2), output: 'z' }), /no output z/);
});

Refusals('a product of two activations with 70,000 multiplications', () => {
  const problem = problemOf(100, (g, x) => {
    const a = g.node('Reshape', [g.node('Tile', [x, g.ints('t', [1, 7])]), g.ints('s', [-1, 7, 100])]);
    return g.node('Flatten', [
      g.node('MatMul', [
        a,
        g.node('Expand', [g.node('Reshape', [x, g.ints('u', [-1, 100, 1])]), g.ints('v', [1, 100, 100])]),
      ]),
    ]);
  });
  assert.match(problem.message, /needs 70000 multiplications/);
});

Refusals('explicit groups that name an element twice', () => {
  const g = buildOnnx({ opset: 17 });
  g.output(g.node('Relu', [g.input('x', ['batch', 3])]), ['batch', 3]);
  const groups = [
    [
      [0, 1],
      [1, 2],
    ],
  ];
  assert.throws(() => mapModel(g.model(), { features: names(3), groups }), /element 1 is in two groups/);
  assert.throws(() => mapModel(g.model(), { features: names(3), groups: 0 }), /a group size of 0/);
});

Refusals('a network that only copies its input, or ignores it', () => {
  assert.match(problemOf(2, (g, x) => g.node('Identity', [x])).message, /input itself/);
  assert.match(problemOf(2, (g) => g.node('Relu', [g.weights('c', [1, 2], [1, 2])])).message, /does not depend/);
});

Refusals('a dead branch with an unknown operator is no obstacle', () => {
  const g = buildOnnx({ opset: 17 });
  const x = g.input('x', ['batch', 2]);
  g.node('Mystery', [x]);
  g.output(g.node('Relu', [x]), ['batch', 2]);
  assert.is(buildGraph(g.model(), { features: names(2) }).maps.length, 2);
});

Refusals.run();
