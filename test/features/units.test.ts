import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tickClamp, tickRows, tickThreshold, unitNs, unitOfTick } from '../../src/features/index.ts';

const Units = suite('features/units');
const scale = { tickBits: 16, unitNs: 100_000 };

Units('units are read as 100us = 100,000 ns, 1ms, 65536ns; others are refused', () => {
  assert.equal(['100us', '1ms', '65536ns', '0.5s'].map(unitNs), [100_000, 1e6, 65536, 5e8]);
  assert.throws(() => unitNs('fast'), /no unit/);
  assert.throws(() => unitNs('0ms'), /no unit/);
});

Units('256 ms of 0.1 ms are 3,906 ticks of 65,536 ns; 2,560 units clamp from tick 3,906 on', () => {
  assert.is(unitOfTick(3906, scale), 2560);
  assert.is(tickClamp(2560, scale), 3906);
  const rows = tickRows(2561, scale);
  assert.is(rows.length, 3907);
  assert.equal([rows[0], rows[1], rows[2], rows[3906]], [0, 1, 1, 2560]);
});

Units('threshold in ticks decides as the threshold in units for every tick, any unit and tick', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 24 }),
      fc.constantFrom(1000, 16_384, 65_536, 100_000, 1_000_000),
      fc.integer({ min: -3, max: 3000 }),
      (tickBits, unit, threshold) => {
        const one = { tickBits, unitNs: unit };
        const edge = tickThreshold(threshold, one);
        for (const tick of [0, 1, edge - 1, edge, edge + 1, edge + 2])
          if (tick >= 0) assert.is(tick <= edge, unitOfTick(tick, one) <= threshold, `${tick} ${threshold}`);
      },
    ),
    { numRuns: 300, seed: 3 },
  );
});

Units('the same tick and unit change nothing', () => {
  const one = { tickBits: 16, unitNs: 65_536 };
  assert.is(tickThreshold(77, one), 77);
  assert.is(tickClamp(3906, one), 3906);
  assert.equal([...tickRows(5, one)], [0, 1, 2, 3, 4]);
});

Units.run();
