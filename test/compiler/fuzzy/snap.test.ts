import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { overflowing, quantise } from '../../../src/compiler/fixedpoint/index.ts';
import { fuzzyNetwork, mostEntries, snapThresholds } from '../../../src/compiler/fuzzy/index.ts';
import { evaluateNetwork, inputRanges } from '../../../src/compiler/lower/index.ts';
import { data, FEATURES, smallGraph } from './small.ts';

const Snap = suite('threshold snapping and entry budgets');

function compiled(seed: number, options: Parameters<typeof fuzzyNetwork>[5] = {}) {
  const rows = data(60, seed);
  const made = fuzzyNetwork(smallGraph(), rows, FEATURES, { kind: 'argmax', value: 2 }, ['p', 'q'], options);
  const inputs = inputRanges(made.network);
  return { rows, inputs, network: quantise(made.network, { width: 16, inputs }).network };
}

Snap('every sum of every calibration row stays what it was, and no tree needs more entries', () => {
  let moved = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (seed) => {
      const { rows, inputs, network } = compiled(seed);
      const snapped = snapThresholds(network, rows, inputs);
      const [before, after] = [network, snapped.network].map((n) => evaluateNetwork(n, rows.values, rows.rows));
      assert.equal(after.values, before.values);
      assert.ok(snapped.after <= snapped.before);
      moved += snapped.moved;
    }),
    { numRuns: 12, seed: 3 },
  );
  assert.ok(moved > 12, `${moved} moved`);
});

Snap('a threshold of 30 in a gap 20 | 41 becomes 31, and one at 20 | 21 stays', () => {
  const { network } = compiled(1);
  const map = network.maps[0];
  assert.ok(map.kind === 'tree');
  const one = (threshold: number) => ({
    ...network,
    maps: [
      {
        ...map,
        trees: [
          {
            inputs: [{ value: 0, index: 0 }],
            coord: Uint16Array.of(0),
            threshold: Float64Array.of(threshold),
            left: Int32Array.of(~0),
            right: Int32Array.of(~1),
            leaves: 2,
          },
        ],
        lut: new Int32Array(6),
      },
      ...network.maps.slice(1),
    ],
  });
  const inputs = [
    { min: 0, max: 63 },
    { min: 0, max: 63 },
  ];
  const snap = (threshold: number, values: number[]): number => {
    const rows = { rows: values.length, values: values.flatMap((v) => [v, 0]) };
    const first = snapThresholds(one(threshold), rows, inputs).network.maps[0];
    return first.kind === 'tree' ? first.trees[0].threshold[0] : Number.NaN;
  };
  assert.is(snap(30, [3, 20, 41, 60]), 31);
  assert.is(snap(20, [3, 20, 21, 60]), 20);
});

Snap('with a budget of 4 entries no tree needs more than 4, and with 12 trees are larger', () => {
  const leaves = (entries: number): number => {
    const { network, inputs } = compiled(2, { entries });
    const most = mostEntries(network, inputs);
    assert.ok(most <= entries, `${most} of ${entries}`);
    return network.maps.reduce((sum, map) => sum + (map.kind === 'tree' ? map.trees[0].leaves : 0), 0);
  };
  assert.ok(leaves(4) < leaves(12));
});

Snap('snapped tables still fit the width', () => {
  const { rows, inputs, network } = compiled(4);
  assert.is(overflowing(snapThresholds(network, rows, inputs).network, { width: 16, inputs }), undefined);
});

Snap.run();
