/** Bits per flow of CNN-L as the paper counts them (Figure 8): 7 packets × index bits, and the clock where the model reads gaps. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileModel } from '../../src/compiler/index.ts';
import { parseOnnx } from '../../src/model/index.ts';
import { ProblemError } from '../../src/problem.ts';
import { chipNamed } from '../../src/switch/index.ts';
import { randomModel } from './primitives/six-models.ts';

const Bits = suite('bits per flow');

/** CNN-L with random weights on 64 random windows; without gaps the 57th feature is the protocol. */
function compiled(gaps: boolean, indexBits: number) {
  const { definition, onnx, inputs } = randomModel('cnn-l');
  const features = definition.features.map((name) => (name === 'pkt.ipd' && !gaps ? 'ip.protocol' : name));
  const count = 64;
  const classes = ['a', 'b', 'c'];
  return compileModel({
    name: 'cnn-l',
    model: parseOnnx(onnx, 'cnn-l'),
    spec: { features, window: 8, classes, units: {}, clamp: {}, verdict: 'argmax' },
    calibration: {
      features,
      window: 8,
      classes,
      count,
      values: Float64Array.from(inputs(count)),
      label: new Int16Array(count),
      split: new Uint8Array(count),
    } as never,
    chip: chipNamed('unbounded'),
    front: { ipd: 'lean' },
    strategy: { indexBits, leaves: 4, refit: false },
  });
}

Bits('CNN-L: 28 bits without gaps, 44 with a 16-bit clock, 72 with 8 bits a packet', () => {
  assert.equal(
    [compiled(false, 4), compiled(true, 4), compiled(true, 8)].map(({ stateBits }) => stateBits),
    [28, 44, 72],
  );
});

Bits('0 and 9 bits of index are refused, with the range', () => {
  for (const bits of [0, 9])
    assert.throws(
      () => compiled(true, bits),
      (error: unknown) => error instanceof ProblemError && error.problem.code === 'COMPILE-INDEX-BITS',
    );
});

Bits.run();
