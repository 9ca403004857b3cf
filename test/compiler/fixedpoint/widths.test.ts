import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { overflowing, quantise } from '../../../src/compiler/fixedpoint/index.ts';
import { fuzzyNetwork } from '../../../src/compiler/fuzzy/index.ts';
import {
  evaluateNetwork,
  frontInputs,
  inputRanges,
  networkBounds,
  searchLayout,
} from '../../../src/compiler/lower/index.ts';
import { injectedColumns, injectedFront } from '../../../src/features/index.ts';
import { validateProgram } from '../../../src/program/index.ts';
import { chipNamed, runReference } from '../../../src/switch/index.ts';
import { data, FEATURES, smallGraph } from '../fuzzy/small.ts';

const Widths = suite('accumulators of 8, 12, 16 and 32 bits, end to end');

const rows = data(400, 9);
const float = fuzzyNetwork(smallGraph(), rows, FEATURES, { kind: 'argmax', value: 2 }, ['p', 'q'], {
  leaves: 8,
}).network;
const inputs = inputRanges(float);
const every = Uint32Array.from({ length: 64 * 64 * 2 }, (_, i) => (i & 1 ? (i >> 1) & 63 : i >> 7));

for (const width of [8, 12, 16, 32] as const) {
  Widths(`${width} bits: proved ranges hold for all 4,096 inputs and the program adds up the same sums`, () => {
    const { network } = quantise(float, { width, inputs });
    const bounds = networkBounds(network, inputs);
    const limit = 2 ** (width - 1);
    const all = evaluateNetwork(network, every, 4096);
    for (const v of [1, 2]) {
      const size = network.values[v].size;
      all.values[v].forEach((x, i) => {
        const { min, max } = bounds[v][i % size];
        assert.ok(Number.isInteger(x) && x >= min && x <= max && min >= -limit && max < limit);
      });
    }
    const options = { features: ['a', 'b'], bits: [6, 6], window: 1 };
    const front = injectedFront(options);
    const { program, placement } = searchLayout('t', network, front, chipNamed('unbounded'), {
      inputs: frontInputs(front, network),
    });
    assert.equal(validateProgram(program), []);
    const columns = runReference(program, placement, {
      kind: 'injected',
      ...injectedColumns(every, 4096, options),
    });
    assert.equal([...columns.logits], [...all.values[2]]);
    assert.equal([...columns.verdict], [...all.classes]);
  });
}

Widths('wider sums come nearer: the worst error of a hidden sum in float units falls from 8 to 12 to 16 bits', () => {
  const exact = evaluateNetwork(float, rows.values, rows.rows).values[1];
  const worst = [8, 12, 16].map((width) => {
    const { network, formats } = quantise(float, { width, inputs });
    const got = evaluateNetwork(network, rows.values, rows.rows).values[1];
    return got.reduce((most, v, i) => Math.max(most, Math.abs(v / formats[1][i % 3] - exact[i])), 0);
  });
  assert.ok(worst[0] > 4 * worst[1] && worst[1] > 4 * worst[2], worst.join(' '));
});

Widths('every sum uses its width: the widest magnitude lies above half of the range', () => {
  for (const width of [8, 12, 16]) {
    const { network } = quantise(float, { width, inputs });
    for (const { min, max } of networkBounds(network, inputs)[1]) assert.ok(Math.max(-min, max) > 2 ** (width - 2));
  }
});

Widths('a sum one above the limit is found by the proof', () => {
  const { network } = quantise(float, { width: 8, inputs });
  assert.is(overflowing(network, { width: 8, inputs }), undefined);
  const values = network.values.map((v, i) => (i === 1 ? { ...v, bias: Int32Array.of(200, 0, 0) } : v));
  assert.is(overflowing({ ...network, values }, { width: 8, inputs })?.value, 'h');
});

Widths.run();
