/** Bits per flow of CNN-L as the paper counts them (Figure 8): 7 packets × index bits, and the clock where the model reads gaps. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileModel, type StrategyOptions } from '../../src/compiler/index.ts';
import { type ModelId, parseOnnx } from '../../src/model/index.ts';
import { type Problem, ProblemError } from '../../src/problem.ts';
import { chipNamed } from '../../src/switch/index.ts';
import { randomModel } from './primitives/six-models.ts';

const Bits = suite('bits per flow');

/** A model with random weights on 64 random rows. */
function compiled(id: ModelId, indexBits: number, strategy: StrategyOptions = {}) {
  const { definition, onnx, inputs } = randomModel(id);
  const { window, clamp, features } = definition;
  const count = 64;
  const classes = ['a', 'b', 'c'];
  return compileModel({
    name: id,
    model: parseOnnx(onnx, id),
    spec: { features, window, classes, units: {}, clamp, verdict: 'argmax' },
    calibration: {
      features,
      window,
      classes,
      count,
      values: Float64Array.from(inputs(count)),
      label: new Int16Array(count),
      split: new Uint8Array(count),
    } as never,
    chip: chipNamed('unbounded'),
    front: window > 1 ? { ipd: 'lean' } : {},
    strategy: { indexBits, leaves: 4, refit: false, ...strategy },
  });
}

function refusal(id: ModelId, indexBits: number): Problem {
  try {
    compiled(id, indexBits);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === 'COMPILE-INDEX-BITS') return error.problem;
    throw error;
  }
  throw new Error(`${id} compiled with ${indexBits} bits of index`);
}

Bits('CNN-L: 28 bits without gaps, 44 with a 16-bit clock, 72 with 8 bits a packet', () => {
  const made = [compiled('cnn-l-no-ipd', 4), compiled('cnn-l', 4), compiled('cnn-l', 8)];
  assert.equal(
    made.map(({ stateBits }) => stateBits),
    [28, 44, 72],
  );
});

Bits('CNN-B: every bit of 9 and 11 is kept for seven packets, by codebooks and by published trees', () => {
  const published = { strategy: 'published' } as const;
  const made = [compiled('cnn-b', 9), compiled('cnn-b', 11), compiled('cnn-b', 11, published)];
  assert.equal(
    made.map(({ stateBits }) => stateBits - 16),
    [63, 77, 77],
  );
});

Bits('bits beyond 1 to 8 a tree are refused, and beyond 12 for two trees of one table, with the range', () => {
  const cases = [
    ['cnn-l', [0, 9]],
    ['cnn-b', [1, 17]],
    ['rnn-b', [1, 13]],
  ] as const;
  const needs = cases.map(([id, wrong]) => wrong.map((bits) => refusal(id, bits).need));
  assert.equal(needs, [
    ['1 to 8 bits', '1 to 8 bits'],
    ['2 to 16 bits', '2 to 16 bits'],
    ['2 to 12 bits', '2 to 12 bits'],
  ]);
});

Bits('bits of index for a model that keeps none are refused', () => {
  assert.match(refusal('mlp-b', 6).message, /keeps no index/);
});

Bits.run();
