import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { frontInputs, heapTree, searchLayout, type TableNetwork } from '../../src/compiler/lower/index.ts';
import { injectedFront } from '../../src/features/index.ts';
import { layoutText } from '../../src/report/layout-text.ts';
import { chipNamed } from '../../src/switch/index.ts';

const Text = suite('layout in the terminal');

/** x (one 4-bit input) → h (two elements, −3..4 and 0..7) → y. */
function network(): TableNetwork {
  const map = (from: number, output: number, lut: number[]) =>
    ({
      kind: 'tree',
      name: `${output}.g0`,
      trees: [heapTree([{ value: from, index: 0 }], [0, 0, 0], from === 0 ? [8, 4, 12] : [0, -2, 2])],
      output,
      outIndex: Int32Array.of(0, 1),
      lut: Int32Array.from(lut),
    }) as const;
  return {
    name: 'two',
    classes: ['a', 'b'],
    window: 1,
    features: [{ name: 'f', bits: 4 }],
    values: [
      { name: 'x', size: 1 },
      { name: 'h', size: 2 },
      { name: 'y', size: 2 },
    ],
    maps: [map(0, 1, [-3, 0, 4, 7, 1, 2, 2, 3]), map(1, 2, [1, 2, 3, 4, 5, 6, 7, 8])],
    verdict: { kind: 'argmax', value: 2 },
  };
}

Text(
  'compile --lanes on --explain: lanes with bits, guards, proved range and largest sum; why the logits have none',
  () => {
    const front = injectedFront({ features: ['f'], bits: [4] });
    const net = network();
    const options = { inputs: frontInputs(front, net), lanes: 'on', compare: true } as const;
    const { choice } = searchLayout('two', net, front, chipNamed('tofino'), options);
    const text = layoutText(choice, true).join('\n');
    assert.match(text, /^h +2 +1 × 32 bit +1 +– +3\.\.4 bits each/m);
    assert.match(text, /^y .* y is compared by subtraction$/m);
    assert.match(text, /^h 0\.\.1 +h\[0\] +0\.\.3 +25 +-3\.\.4 +8 +12 of 15$/m);
    assert.match(text, /^ +h\[1\] +29\.\.31 +0 +0\.\.7 +0 +7 of 7$/m);
    assert.match(text, /^chosen .* fits /m);
    assert.is(layoutText(choice, false).length, 1);
  },
);

Text.run();
