/** Models with a state in two halves: what registers keep is exact to a step and a half per packet, and what they cannot keep is refused by node. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildGraph, compileModel, evaluateGraph, splitState } from '../../../src/compiler/index.ts';
import { type GraphBuilder, type ModelSpec, buildGraph as onnxGraph, parseOnnx } from '../../../src/model/index.ts';
import { ProblemError } from '../../../src/problem.ts';
import { chipNamed } from '../../../src/switch/index.ts';
import { randomModel } from '../primitives/six-models.ts';
import { plainState } from './plain.ts';

const Split = suite('compiler/state');

const SPEC: ModelSpec = {
  features: ['pkt.len', 'pkt.ipd'],
  window: 1,
  classes: ['a', 'b', 'c'],
  units: {},
  clamp: { 'pkt.len': 1500, 'pkt.ipd': 2560 },
  verdict: 'argmax',
  state: { input: 'state', output: 'next_state' },
};

const { onnx } = randomModel('rnn-b-register');
const model = parseOnnx(onnx);
const plain = plainState(model);

Split(
  'a packet adds what the float cell adds, within a step and a half: every length, every 16th gap, 8 and 16 bits',
  () => {
    for (const bits of [8, 16] as const) {
      const { cell } = splitState(model, SPEC, { bits });
      const step = 4 / (2 ** bits - 1);
      assert.equal([cell.units, cell.bits, cell.start], [8, bits, 0]);
      const [length, gap] = cell.tables;
      assert.equal([length.feature, gap.feature], ['pkt.len', 'pkt.ipd']);
      assert.equal([length.values.length, gap.values.length], [1501 * 8, 2561 * 8]);
      for (let l = 0; l <= 1500; l++) {
        const g = (l * 16) % 2561;
        plain.added(l, g).forEach((wanted, unit) => {
          const got = length.values[l * 8 + unit] + gap.values[g * 8 + unit];
          assert.ok(Math.abs(got * step - wanted) <= 1.5 * step, `length ${l}, gap ${g}, unit ${unit}`);
          assert.ok(got >= -(2 ** (bits - 1)) && got < 2 ** (bits - 1), `${got} leaves the register`);
        });
      }
    }
  },
);

Split('the head reads the registers: register r is state −2 + r × 4/255, logits equal the plain ones to 1e-5', () => {
  const { head, spec } = splitState(model, SPEC);
  assert.equal(spec.features, [
    'state[0]',
    'state[1]',
    'state[2]',
    'state[3]',
    'state[4]',
    'state[5]',
    'state[6]',
    'state[7]',
  ]);
  assert.is(spec.state, undefined);
  const rows = 64;
  const registers = Float64Array.from({ length: rows * 8 }, (_, i) => (i * 89) % 256);
  const got = evaluateGraph(buildGraph(head, { features: spec.features, window: 1 }), registers, rows);
  for (let r = 0; r < rows; r++) {
    const state = Array.from(registers.subarray(r * 8, (r + 1) * 8), (value) => -2 + (value * 4) / 255);
    plain.logits(state).forEach((wanted, c) => {
      assert.ok(Math.abs(got[r * 3 + c] - wanted) < 1e-5);
    });
  }
});

Split('a gap counted in 100 µs is carried to ticks: 3,907 of them at the default tick', () => {
  const { cell, clamp } = splitState(model, { ...SPEC, units: { 'pkt.ipd': 100_000 } });
  assert.is(clamp['pkt.ipd'], 3906);
  assert.is(cell.tables[1].values.length, 3907 * 8);
});

Split(
  'a length divided by 8 in front of its embedding: all lengths up to the clamp add what the float cell adds',
  () => {
    const g = onnxGraph();
    const rows = g.input('features', ['n', 1]);
    const state = g.input('state', ['n', 1]);
    const index = g.node('Cast', [g.node('Div', [rows, g.weights('by', [], [8])])], { to: 7 });
    const table = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i / 10) / 2);
    const embedded = g.node('Gather', [g.weights('table', [256, 1], table), index]);
    const added = g.node('Reshape', [embedded, g.ints('shape', [-1, 1])]);
    const bounded = [g.node('Add', [state, added]), g.weights('low', [], [-2]), g.weights('high', [], [2])];
    const after = g.node('Clip', bounded);
    g.output(g.node('MatMul', [after, g.weights('w', [1, 2], [1, -1])]), ['n', 2]);
    g.node('Identity', [after], {}, { name: 'next_state' });
    g.output('next_state', ['n', 1]);
    const spec: ModelSpec = { ...SPEC, features: ['pkt.len'], classes: ['a', 'b'], clamp: { 'pkt.len': 1500 } };
    const { cell } = splitState(g.model(), spec);
    const [{ values }] = cell.tables;
    assert.is(values.length, 1501);
    values.forEach((value, length) => {
      assert.ok(Math.abs((value * 4) / 255 - table[length >> 3]) <= 2 / 255 + 1e-6, `length ${length}`);
    });
  },
);

interface Parts {
  readonly g: GraphBuilder;
  readonly state: string;
  readonly rows: string;
  /** Bounded functions of both features, four numbers. */
  readonly added: string;
}

/** A small model with a state of four numbers: `next` makes the new state, `read` what the output reads beside it. */
function tiny(next: (parts: Parts) => string, read: (parts: Parts) => string[] = () => []) {
  const g = onnxGraph();
  const rows = g.input('features', ['n', 2]);
  const state = g.input('state', ['n', 4]);
  const one = (column: number, name: string): string => {
    const at = g.node('Gather', [rows, g.ints(`at_${name}`, [column], [])], { axis: 1 }, { name: `pick_${name}` });
    const index = g.node('Cast', [at], { to: 7 }, { name: `index_${name}` });
    const table = Float32Array.from({ length: 64 * 4 }, (_, i) => Math.sin(i + column));
    return g.node('Gather', [g.weights(`table_${name}`, [64, 4], table), index], {}, { name: `embed_${name}` });
  };
  const added = g.node('Add', [one(0, 'len'), one(1, 'gap')], {}, { name: 'added' });
  const parts = { g, state, rows, added };
  const after = next(parts);
  const logits = [after, ...read(parts)].map((from, k) => {
    const width = from === rows ? 2 : 4;
    const weights = g.weights(
      `w${k}`,
      [width, 3],
      Float32Array.from({ length: width * 3 }, (_, i) => Math.cos(i)),
    );
    return g.node('MatMul', [from, weights], {}, { name: `read${k}` });
  });
  g.output(logits.length > 1 ? g.node('Add', logits, {}, { name: 'both' }) : logits[0], ['n', 3]);
  g.node('Identity', [after], {}, { name: 'next_state' });
  g.output('next_state', ['n', 4]);
  return g.model();
}

const bounds = (g: GraphBuilder, low: number, high: number) => [
  g.weights('low', [], [low]),
  g.weights('high', [], [high]),
];
const clipped = ({ g }: Parts, sum: string, low = -4, high = 4): string =>
  g.node('Clip', [sum, ...bounds(g, low, high)], {}, { name: 'bounded' });
const plus = ({ g }: Parts, a: string, b: string, name = 'sum') => g.node('Add', [a, b], {}, { name });

const TINY: ModelSpec = { ...SPEC, clamp: { 'pkt.len': 63, 'pkt.ipd': 63 } };

function refused(made: ReturnType<typeof tiny>, spec = TINY): ProblemError['problem'] {
  try {
    splitState(made, spec);
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('nothing was refused');
}

Split(
  'any model of the form compiles: state added first, last or between, Clip or Min and Max, bounds that do not mirror',
  () => {
    const forms: ((parts: Parts) => string)[] = [
      (p) => clipped(p, plus(p, p.state, p.added)),
      (p) => clipped(p, plus(p, p.added, p.g.node('Identity', [p.state], {}, { name: 'same' }))),
      (p) =>
        clipped(
          p,
          p.g.node('Sum', [p.added, p.state, p.g.weights('bias', [1, 4], [0.1, 0, -0.1, 0])], {}, { name: 'sum' }),
        ),
      (p) => {
        const [low, high] = bounds(p.g, -4, 4);
        const least = p.g.node('Max', [low, plus(p, p.state, p.added)], {}, { name: 'least' });
        return p.g.node('Min', [least, high], {}, { name: 'most' });
      },
      (p) => clipped(p, plus(p, p.state, p.added), -1, 7),
    ];
    const cells = forms.map((form) => splitState(tiny(form), TINY).cell);
    assert.equal(
      cells.map(({ units, tables }) => [units, tables.length]),
      forms.map(() => [4, 2]),
    );
    assert.equal(
      cells.map(({ start }) => start),
      [0, 0, 0, 0, -96],
    );
  },
);

Split('a tanh cell, a decay, a matrix, a state used twice and a free output are refused, each by its node', () => {
  const cases: readonly (readonly [RegExp, ReturnType<typeof tiny>])[] = [
    [/node squashed \(Tanh\)/, tiny((p) => p.g.node('Tanh', [plus(p, p.state, p.added)], {}, { name: 'squashed' }))],
    [
      /node decay \(Mul\)/,
      tiny((p) => {
        const slower = p.g.node('Mul', [p.state, p.g.weights('half', [], [0.5])], {}, { name: 'decay' });
        return clipped(p, plus(p, slower, p.added));
      }),
    ],
    [
      /node mix \(MatMul\)/,
      tiny((p) => {
        const mixed = p.g.node(
          'MatMul',
          [p.state, p.g.weights('m', [4, 4], new Array(16).fill(0.1))],
          {},
          { name: 'mix' },
        );
        return clipped(p, plus(p, mixed, p.added));
      }),
    ],
    [/node bounded \(Clip\)/, tiny((p) => clipped(p, plus(p, plus(p, p.state, p.added), p.state, 'twice')))],
    [/node bounded \(Clip\)/, tiny((p) => clipped(p, plus(p, p.state, p.added), 1, 4))],
    [
      /node read1 \(MatMul\)/,
      tiny(
        (p) => clipped(p, plus(p, p.state, p.added)),
        (p) => [p.state],
      ),
    ],
    [
      /node read1 \(MatMul\)/,
      tiny(
        (p) => clipped(p, plus(p, p.state, p.added)),
        (p) => [p.rows],
      ),
    ],
  ];
  for (const [where, made] of cases) {
    const { code, where: at = '', hint = '' } = refused(made);
    assert.is(code, 'COMPILE-STATE');
    assert.match(at, where);
    assert.ok(hint.length > 0);
  }
});

Split('a cycle of additions or of nodes that pass on ends in COMPILE-GRAPH, not in a hang', () => {
  for (const [op, inputs] of [
    ['Add', ['loop', 'added']],
    ['Identity', ['loop']],
  ] as const) {
    const made = tiny((p) => clipped(p, p.g.node(op, inputs, {}, { name: 'loop' })));
    assert.is(refused(made).code, 'COMPILE-GRAPH');
  }
});

Split('features in one function, steps beyond half the range, missing names and 17-bit features are refused', () => {
  const good = (p: Parts) => clipped(p, plus(p, p.state, p.added));
  const mixed = tiny((p) => clipped(p, plus(p, p.state, p.g.node('Tanh', [p.added], {}, { name: 'both_features' }))));
  assert.match(refused(mixed).message, /not a sum of functions of one feature each/);
  const far = refused(tiny((p) => clipped(p, plus(p, p.state, p.added), -1, 1)));
  assert.match(far.message, /more than half of the state's range/);
  assert.is(far.need, 'at most 127 of 255 steps');
  const { graph, ...rest } = tiny(good);
  const outputs = [...graph.outputs, { name: 'sum', type: 'float32' as const, dims: ['n', 4] }];
  const third = refused({ ...rest, graph: { ...graph, outputs } });
  assert.match(`${third.message}; ${third.hint}`, /gives one output; it has features, \S+, sum: remove/);
  const unnamed = { ...TINY, state: { input: 'memory', output: 'next_state' } };
  assert.match(refused(tiny(good), unnamed).where!, /memory/);
  assert.match(refused(tiny(good), { ...TINY, state: { input: 'state', output: 'later' } }).where!, /later/);
});

Split('register bits for a model without a state are refused; 16 of them double the state', () => {
  const rows = (features: readonly string[]) => ({
    features,
    classes: ['a', 'b', 'c'],
    count: 40,
    values: Float64Array.from({ length: 40 * features.length }, (_, i) => (i * 37) % 251),
    label: Int16Array.from({ length: 40 }, (_, i) => i % 3),
    split: new Uint8Array(40),
  });
  const input = { name: 'm', chip: chipNamed('unbounded'), strategy: { leaves: 4, refit: false } } as const;
  const { spec } = splitState(model, SPEC);
  const [narrow, wide] = ([8, 16] as const).map((stateBits) =>
    compileModel({ ...input, model, spec: SPEC, calibration: rows(spec.features), stateBits }),
  );
  // 64 or 128 bits of state beside the 32-bit clock.
  assert.equal([narrow.stateBits, wide.stateBits], [96, 160]);
  const stateless = randomModel('mlp-b');
  const { features } = stateless.definition;
  const plainSpec: ModelSpec = { features, window: 1, classes: ['a', 'b', 'c'], units: {}, verdict: 'argmax' };
  assert.throws(
    () =>
      compileModel({
        ...input,
        model: parseOnnx(stateless.onnx),
        spec: plainSpec,
        calibration: rows(features),
        stateBits: 8,
      }),
    (error: unknown) =>
      error instanceof ProblemError &&
      error.problem.code === 'COMPILE-STATE' &&
      error.problem.hint!.startsWith('leave stateBits (--state-bits) out'),
  );
});

Split.run();
