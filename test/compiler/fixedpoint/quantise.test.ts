import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { quantise } from '../../../src/compiler/fixedpoint/index.ts';
import { evaluateNetwork, heapTree, networkBounds, type TableNetwork } from '../../../src/compiler/lower/index.ts';

const Fixed = suite('fixed point');

/** One input, one sum of `size` columns with very different ranges, read by nothing but the argmax or by a second layer. */
function network(columns: readonly number[]): TableNetwork {
  const tree = heapTree([{ value: 0, index: 0 }], [0, 0, 0], [32, 16, 48]);
  const size = columns.length;
  const lut = Float64Array.from({ length: 4 * size }, (_, i) => columns[i % size] * (Math.floor(i / size) - 1.37));
  const second = columns.map((c, e) => ({
    kind: 'tree' as const,
    name: `y${e}`,
    trees: [heapTree([{ value: 1, index: e }], [0, 0, 0], [0, -c / 2, c / 2])],
    output: 2,
    outIndex: Int32Array.from([0, 1]),
    lut: Float64Array.from([1, 2, -0.5, 0.25, 3, -1, 0.1, 0.7]),
  }));
  return {
    name: 'n',
    classes: ['a', 'b'],
    window: 1,
    features: [{ name: 'x', bits: 6 }],
    values: [
      { name: 'x', size: 1 },
      { name: 'h', size },
      { name: 'y', size: 2 },
    ],
    maps: [
      { kind: 'tree', name: 'h', trees: [tree], output: 1, outIndex: Int32Array.from(columns, (_, i) => i), lut },
      ...second,
    ],
    verdict: { kind: 'argmax', value: 2 },
  };
}

const inputs = [{ min: 0, max: 63 }];
const all = Array.from({ length: 64 }, (_, i) => i);

Fixed('every column has its own format: a column 1,000 times smaller keeps its 16 bits', () => {
  const { formats } = quantise(network([1000, 1]), { width: 16, inputs });
  assert.ok(Math.abs(formats[1][1] / formats[1][0] - 1000) < 40);
});

Fixed('sums stay within the width, and rounding errors within half a step a table', () => {
  for (const width of [8, 12, 16]) {
    const float = network([37.5, 0.02, 811]);
    const { network: fixed, formats } = quantise(float, { width, inputs });
    const limit = 2 ** (width - 1) - 1;
    for (const range of networkBounds(fixed, inputs).slice(1).flat())
      assert.ok(range.min >= -limit - 1 && range.max <= limit, `${width}: ${range.min}..${range.max}`);
    const exact = evaluateNetwork(float, all, 64).values[1];
    const rounded = evaluateNetwork(fixed, all, 64).values[1];
    rounded.forEach((v, i) => {
      assert.ok(Math.abs(v - exact[i] * formats[1][i % 3]) <= 0.5 + 1e-9);
    });
  }
});

Fixed('logits share one scale, so the first maximum stays the first maximum', () => {
  const { formats, network: fixed } = quantise(network([3, 5]), { width: 16, inputs });
  assert.is(formats[2][0], formats[2][1]);
  assert.equal([...evaluateNetwork(fixed, all, 64).classes], [...evaluateNetwork(network([3, 5]), all, 64).classes]);
});

Fixed.run();
