import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FLOW, featureProgram, idealFeatures, type StateCell, stateName } from '../../src/features/index.ts';
import { ProblemError } from '../../src/problem.ts';
import { validateProgram } from '../../src/program/index.ts';
import { chipNamed, chipRules, placeProgram, runReference } from '../../src/switch/index.ts';
import { dataset, type FrameSpec } from './frames.ts';
import { switchValues } from './switch.ts';

const State = suite('features/state');
const TICK = 65_536;
const READ = ['pkt.len', 'pkt.ipd'];
const CLAMP = { 'pkt.len': 200, 'pkt.ipd': 100 };
/** Clamped to the tables' rows, beyond them, not at all: lengths go up to 304, gaps to 150 ticks. */
const CLAMPS: fc.Arbitrary<Readonly<Record<string, number>>> = fc.constantFrom(CLAMP, { 'pkt.len': 270 }, {});

/** A cell over length and gap whose numbers come from a small generator. */
function cellOf(seed: number, bits: 8 | 16, units = 3, start = 0): StateCell {
  const largest = 2 ** (bits - 2) - 1;
  const numbers = (rows: number, salt: number) =>
    Int32Array.from(
      { length: rows * units },
      (_, i) => ((Math.imul(i + 1 + seed, 2654435761 + salt) >>> 8) % (2 * largest + 1)) - largest,
    );
  return {
    bits,
    units,
    start,
    tables: [
      { feature: 'pkt.len', values: numbers(CLAMP['pkt.len'] + 1, 1) },
      { feature: 'pkt.ipd', values: numbers(CLAMP['pkt.ipd'] + 1, 2) },
    ],
  };
}

const namesOf = (cell: StateCell) => Array.from({ length: cell.units }, (_, unit) => stateName(unit));

const frames: fc.Arbitrary<FrameSpec[]> = fc
  .array(fc.record({ ticks: fc.nat(150), sport: fc.integer({ min: 1000, max: 1004 }), payload: fc.nat(250) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((list) => {
    let at = 2 ** 34 * TICK;
    return list.map(({ ticks, ...spec }) => {
      at += ticks * TICK;
      return { ...spec, at };
    });
  });

/** Plain evaluation from the switch's own lengths, gaps and slot outcomes: one array of units per slot. */
function evaluated(cell: StateCell, field: (name: string) => number[], lengths: number[], gaps: number[]): number[][] {
  const half = 2 ** (cell.bits - 1);
  const slots = new Map<number, number[]>();
  const status = field(FLOW.status);
  return field(FLOW.slot).map((slot, i) => {
    const before = status[i] === 0 ? slots.get(slot)! : new Array(cell.units).fill(cell.start);
    if (status[i] === 3) return [];
    const after = before.map((value: number, unit) => {
      const [length, gap] = cell.tables.map(({ feature, values }, t) => {
        const row = Math.min([lengths, gaps][t][i], CLAMP[feature as keyof typeof CLAMP]);
        return values[row * cell.units + unit];
      });
      return Math.max(-half, Math.min(half - 1, value + length + gap));
    });
    slots.set(slot, after);
    return after;
  });
}

State('registers hold what a plain evaluator makes of the flow: 8 and 16 bits, all policies, 2 slots or 4,096', () => {
  fc.assert(
    fc.property(
      frames,
      fc.nat(1000),
      fc.constantFrom(8 as const, 16 as const),
      fc.constantFrom(0, 5, -128),
      fc.constantFrom('replace' as const, 'keep' as const, 'timeout' as const),
      fc.constantFrom(2, 4096),
      CLAMPS,
      (specs, seed, bits, start, policy, slots, clamp) => {
        const cell = cellOf(seed, bits, 3, start);
        const options = { state: cell, clamp, policy, slots, timeoutNs: 50 * TICK };
        const program = featureProgram([...namesOf(cell), ...READ], options);
        assert.equal(validateProgram(program, chipRules(chipNamed('tofino2'))), []);
        const data = dataset(specs);
        const naive = switchValues(program, data);
        const wanted = evaluated(cell, naive.field, [...naive.columns[3]], [...naive.columns[4]]);
        const half = 2 ** (bits - 1);
        const { placement, fits } = placeProgram(program, chipNamed('tofino2'));
        assert.ok(fits);
        const observe = program.features.map(({ field }) => field);
        const run = runReference(program, placement, { kind: 'packets', packets: data.packets }, { observe });
        wanted.forEach((units, i) => {
          units.forEach((value, unit) => {
            assert.is(naive.columns[unit][i], value + half, `packet ${i}, unit ${unit}`);
            assert.is(run.observed[observe[unit]][i], value + half, `placed: packet ${i}, unit ${unit}`);
          });
        });
      },
    ),
    { numRuns: 40, seed: 5 },
  );
});

State('with a slot for every flow and gaps of whole ticks the registers equal the ideal state', () => {
  fc.assert(
    fc.property(frames, fc.nat(1000), CLAMPS, (specs, seed, clamp) => {
      const cell = cellOf(seed, 8);
      const data = dataset(specs);
      const { columns } = switchValues(featureProgram(namesOf(cell), { state: cell, clamp }), data);
      const ideal = idealFeatures(data, namesOf(cell), { state: cell, clamp });
      assert.equal(
        columns.map((column) => [...column]),
        ideal.map((column) => [...column]),
      );
    }),
    { numRuns: 20, seed: 6 },
  );
});

State('a length of 300 reads the last of 256 rows, not row 44: without a clamp, and with one of 1,500', () => {
  const values = Int32Array.from({ length: 256 }, (_, row) => (row === 255 ? 7 : row === 44 ? 48 : 0));
  const cell: StateCell = { bits: 8, units: 1, start: 0, tables: [{ feature: 'pkt.len', values }] };
  const data = dataset([{ at: TICK, payload: 246 }]);
  for (const clamp of [{}, { 'pkt.len': 1500 }]) {
    const { columns } = switchValues(featureProgram([...namesOf(cell), 'pkt.len'], { state: cell, clamp }), data);
    assert.equal(
      columns.map((column) => [...column]),
      [[128 + 7], [300]],
    );
    assert.equal([...idealFeatures(data, namesOf(cell), { state: cell, clamp })[0]], [128 + 7]);
  }
});

State('a flow that lost its slot to another starts from zero: its second packet counts alone', () => {
  const cell = cellOf(3, 8);
  const at = 2 ** 34 * TICK;
  const one = (sport: number, k: number): FrameSpec => ({ at: at + k * TICK, sport, payload: 10 * k });
  const program = featureProgram(namesOf(cell), { state: cell, clamp: CLAMP, slots: 2 });
  const probe = switchValues(program, dataset([1, 2, 3, 4, 5].map((sport) => one(sport, 0))));
  const slots = probe.field(FLOW.slot);
  const rival = 1 + slots.findIndex((slot, i) => i > 0 && slot === slots[0]);
  const { columns, field } = switchValues(program, dataset([one(1, 0), one(rival, 1), one(1, 2)]));
  const alone = switchValues(program, dataset([one(1, 2)]));
  assert.equal(field(FLOW.status), [1, 2, 2]);
  assert.equal(
    columns.map((column) => column[2]),
    alone.columns.map((column) => column[0]),
  );
});

State(
  '8 units of 8 bits are 64 register bits a flow beside owner and clock: 128 in all; on one result word too',
  () => {
    const cell = cellOf(1, 8, 8);
    assert.is(featureProgram(namesOf(cell), { state: cell, clamp: CLAMP }).flow?.bitsPerFlow, 128);
    const program = featureProgram(namesOf(cell), { state: cell, clamp: CLAMP, salu: 'one-word', ipd: 'wide' });
    assert.equal(validateProgram(program, chipRules(chipNamed('tofino'))), []);
  },
);

State('a unit without a cell, or beyond it, is refused', () => {
  const cell = cellOf(1, 8);
  for (const options of [{}, { state: cell, clamp: CLAMP }])
    assert.throws(
      () => featureProgram(['state[3]'], options),
      (error: unknown) => error instanceof ProblemError && error.problem.code === 'FEATURE-OPTION',
    );
});

State.run();
