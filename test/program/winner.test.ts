import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EntryRow, entriesOf, key, keyed, type MatchKind, type Table } from '../../src/program/index.ts';
import { findTie } from '../../src/program/validate/winner.ts';

const Winner = suite('program/validate/winner');

function tableOf(kinds: readonly { bits: number; match: MatchKind }[], rows: readonly EntryRow[]): Table {
  return keyed({
    name: 't',
    gress: 'ingress',
    keys: kinds.map((one, k) => key(`f${k}`, one.match)),
    actions: ['a'],
    defaultAction: 'a',
    entries: entriesOf({ keys: kinds, params: [[]] }, rows),
  });
}

/** Entries of the best priority that match a key, by walking all of them. */
function best(table: Table, values: readonly number[]): number[] {
  const { entries } = table;
  const hits = Array.from({ length: entries.count }, (_, i) => i).filter((i) =>
    values.every((value, k) => {
      const at = i * entries.keyWords + k;
      if (table.keys[k].match === 'range') return value >= entries.value[at] && value <= entries.mask[at];
      return (value & entries.mask[at]) >>> 0 === entries.value[at];
    }),
  );
  return hits.filter((i) => entries.priority[i] === entries.priority[hits[0]]);
}

Winner('two equal-priority ternary entries that overlap at 0b11 tie there', () => {
  const table = tableOf(
    [{ bits: 2, match: 'ternary' }],
    [{ key: [{ value: 1, mask: 1 }] }, { key: [{ value: 2, mask: 2 }] }],
  );
  const tie = findTie(table, [2]);
  assert.is(tie?.kind, 'tie');
  assert.equal(tie?.kind === 'tie' && tie.key, [3n]);
});

Winner('an overlap wholly covered by a better entry is no tie', () => {
  const rows = [
    { key: [{ value: 3, mask: 3 }], priority: 0 },
    { key: [{ value: 1, mask: 1 }], priority: 1 },
    { key: [{ value: 2, mask: 2 }], priority: 1 },
  ];
  assert.is(findTie(tableOf([{ bits: 2, match: 'ternary' }], rows), [2]), undefined);
});

Winner('an overlap covered by two better halves together is no tie; with one half missing it is', () => {
  const pair = [
    { key: [{ value: 0, mask: 0x80 }], priority: 9 },
    { key: [{ value: 0, mask: 0 }], priority: 9 },
  ];
  const halves = [
    { key: [{ value: 0x00, mask: 0xc0 }], priority: 1 },
    { key: [{ value: 0x40, mask: 0xc0 }], priority: 2 },
  ];
  const shape = [{ bits: 8, match: 'ternary' as const }];
  assert.is(findTie(tableOf(shape, [...halves, ...pair]), [8]), undefined);
  const tie = findTie(tableOf(shape, [halves[0], ...pair]), [8]);
  assert.equal(tie?.kind === 'tie' && tie.key[0] >= 0x40n && tie.key[0] < 0x80n, true);
});

Winner('on random cubes and ranges of 6 + 5 bits the answer is that of walking all 2048 keys', () => {
  const cell = fc.oneof(
    fc.record({ value: fc.nat(63), mask: fc.constantFrom(0, 0b100000, 0b110000, 0b111000, 0b000111, 0b010101, 63) }),
  );
  const range = fc.tuple(fc.nat(31), fc.nat(31)).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));
  const row = fc.record({ key: fc.tuple(cell, range), priority: fc.nat(4) });
  let ties = 0;
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 14 }), (rows) => {
      const table = tableOf(
        [
          { bits: 6, match: 'ternary' },
          { bits: 5, match: 'range' },
        ],
        rows,
      );
      const tie = findTie(table, [6, 5]);
      let expected = false;
      for (let a = 0; a < 64 && !expected; a++) {
        for (let b = 0; b < 32 && !expected; b++) expected = best(table, [a, b]).length > 1;
      }
      assert.is(tie !== undefined, expected);
      if (tie?.kind === 'tie') {
        ties++;
        assert.ok(best(table, tie.key.map(Number)).includes(tie.first));
        assert.ok(best(table, tie.key.map(Number)).includes(tie.second));
      }
    }),
    { numRuns: 400, seed: 7 },
  );
  assert.ok(ties > 40, `${ties} of 400 tie`);
});

Winner('4096 disjoint prefixes of equal priority under one wildcard are proved in under 2 s', () => {
  const rows: EntryRow[] = Array.from({ length: 4096 }, (_, i) => ({ key: [{ value: i * 16, mask: 0xfff0 }, i % 7] }));
  rows.push({
    key: [
      { value: 0, mask: 0 },
      { value: 0, mask: 0 },
    ],
    priority: 1,
  });
  const table = tableOf(
    [
      { bits: 16, match: 'ternary' },
      { bits: 8, match: 'ternary' },
    ],
    rows,
  );
  const started = performance.now();
  assert.is(findTie(table, [16, 8]), undefined);
  assert.ok(performance.now() - started < 2000);
});

Winner('65536 distinct exact keys are proved, and a repeated one is found', () => {
  const rows: EntryRow[] = Array.from({ length: 65536 }, (_, i) => ({ key: [(i * 40503) % 65536] }));
  assert.is(findTie(tableOf([{ bits: 16, match: 'exact' }], rows), [16]), undefined);
  const tie = findTie(tableOf([{ bits: 16, match: 'exact' }], [...rows, { key: [77] }]), [16]);
  assert.equal(tie?.kind === 'tie' && tie.key, [77n]);
});

Winner.run();
