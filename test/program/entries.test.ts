import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { entriesFromColumns, entriesOf, toSigned, toUnsigned } from '../../src/program/index.ts';

const Entries = suite('program/entries');

Entries('a 48-bit key takes two words, low first; a 16-bit one takes one', () => {
  const shape = {
    keys: [
      { bits: 48, match: 'exact' as const },
      { bits: 16, match: 'range' as const },
    ],
    params: [[8]],
  };
  const made = entriesOf(shape, [{ key: [0x0102_0304_0506n, { low: 7, high: 9 }], data: [-1] }]);
  assert.is(made.keyWords, 3);
  assert.equal([...made.value], [0x03040506, 0x0102, 7]);
  assert.equal([...made.mask], [0xffffffff, 0xffff, 9]);
  assert.equal([...made.data], [255]);
});

Entries('rows are sorted by priority, equal ones keep their order', () => {
  const shape = { keys: [{ bits: 8, match: 'ternary' as const }], params: [[8]] };
  const row = (value: number, priority: number) => ({ key: [{ value, mask: 255 }], priority, data: [value] });
  const made = entriesOf(shape, [row(1, 5), row(2, 0), row(3, 5), row(4, 0)]);
  assert.equal([...made.data], [2, 4, 1, 3]);
  assert.equal([...made.priority], [0, 0, 5, 5]);
  assert.equal([...entriesFromColumns({ ...made, priority: Uint32Array.of(3, 2, 1, 0) }).data], [3, 1, 4, 2]);
});

Entries('lpm prefixes get their priority from their length: /8 of 32 bits has 24', () => {
  const shape = { keys: [{ bits: 32, match: 'lpm' as const }], params: [[]] };
  const made = entriesOf(shape, [{ key: [{ value: 0x0a01_0203, prefix: 8 }] }, { key: [{ value: 0, prefix: 0 }] }]);
  assert.equal([...made.value], [0x0a000000, 0]);
  assert.equal([...made.mask], [0xff000000, 0]);
  assert.equal([...made.priority], [24, 32]);
});

Entries('signed and unsigned readings of -3 in 13 bits', () => {
  assert.is(toUnsigned(-3, 13), 8189);
  assert.is(toSigned(8189, 13), -3);
  assert.is(toUnsigned(-1, 32), 0xffffffff);
  assert.is(toSigned(0x80000000, 32), -0x80000000);
});

Entries('a row with one datum too many is refused', () => {
  const shape = { keys: [{ bits: 8, match: 'exact' as const }], params: [[8]] };
  assert.throws(
    () => entriesOf(shape, [{ key: [1], data: [1, 2] }]),
    (error: unknown) => error instanceof ProblemError,
  );
});

Entries.run();
