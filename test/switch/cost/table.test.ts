import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { actionRams, slotBits, storedBits } from '../../../src/switch/cost/actiondata.ts';
import { exactLayouts } from '../../../src/switch/cost/exact.ts';
import { registerRams } from '../../../src/switch/cost/register.ts';
import { rangeRows, ternaryWidth, tindRams } from '../../../src/switch/cost/ternary.ts';
import { chipNamed } from '../../../src/switch/index.ts';

const X = suite('switch/cost');
const chip = chipNamed('tofino2');
const EXAMPLES = join(import.meta.dirname, '../../../../shared/design/worked-examples.json');

X('ternary width: 5 bytes take 1 block, 6 take 2, 11 take 3, 16 take 3, 17 take 4, 22 take 5', () => {
  const width = (full: number, nibbles = 0) => ternaryWidth({ full, nibbles }, chip);
  assert.equal(
    [1, 5, 6, 10, 11, 16, 17, 21, 22, 27, 28, 32].map((full) => width(full)),
    [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
  );
  assert.equal([width(10, 1), width(21, 1), width(5, 1)], [2, 4, 2]);
});

X('two 16-bit ranges of 256 entries: 640 rows by default, 1792 if every entry is a range', () => {
  assert.is(rangeRows(256, 4, chip), 640);
  assert.is(rangeRows(256, 4, chip, 256), 1792);
  assert.is(rangeRows(256, 0, chip), 256);
});

X('action data is stored in 8, 16, 32, 64, 128 bits or multiples of 128', () => {
  assert.equal([1, 9, 33, 65, 129, 160].map(storedBits), [8, 16, 64, 128, 256, 256]);
  assert.is(actionRams(256, 4096, chip), 8);
  assert.is(actionRams(8, 256, chip), 1);
  assert.is(slotBits([4, 4, 16, 32]), 56);
});

X('indirection: 33 bits a row, 2,048 rows take one block', () => {
  assert.equal(
    [tindRams(2048, 33, chip), tindRams(4096, 33, chip), tindRams(512, 0, chip), tindRams(8192, 1, chip)],
    [1, 2, 0, 1],
  );
});

X('registers: 32 bits × 65,536 take 17 blocks, 1 bit × 1,048,576 take 9, 32 × 4,096 take 2', () => {
  const rams = (bits: number, cells: number) => registerRams({ name: 'r', bits, cells }, chip);
  assert.equal([rams(32, 65536), rams(1, 1048576), rams(32, 4096), rams(8, 16384)], [17, 9, 2, 2]);
});

X('exact: one 16-bit key takes 4 ways; an 8-bit key with few entries one block', () => {
  const least = (keyBits: number, entries: number, overheadBits: number) =>
    Math.min(
      ...exactLayouts({ keyBits, keyBytes: Math.ceil(keyBits / 8), entries, overheadBits, identity: false }, chip).map(
        (l) => l.rams,
      ),
    );
  assert.equal([least(16, 1, 0), least(8, 256, 8), least(64, 16384, 32), least(104, 65536, 16)], [4, 1, 12, 64]);
});

X('worked examples of the resource model: TCAM and indirection of every ternary one', () => {
  if (!existsSync(EXAMPLES)) {
    console.log('SKIP ../shared is not here');
    return;
  }
  interface Example {
    kind: string;
    input: {
      full?: number;
      nib?: number;
      rangeBytes?: number;
      maxNibbles?: number;
      withRanges?: number;
      entries: number;
      immBits?: number;
      hitActions?: number;
    };
    result: { tcams: number; tindRams: number };
  }
  const examples = (JSON.parse(readFileSync(EXAMPLES, 'utf8')) as Example[]).filter((one) => one.kind === 'ternary');
  assert.ok(examples.length >= 9);
  for (const { input, result } of examples) {
    const depth = Math.ceil(rangeRows(input.entries, input.maxNibbles ?? 0, chip, input.withRanges) / 512);
    const width = ternaryWidth({ full: (input.full ?? 0) + (input.rangeBytes ?? 0), nibbles: input.nib ?? 0 }, chip);
    assert.is(width * depth, result.tcams);
    const overhead = (input.immBits ?? 0) + Math.ceil(Math.log2(input.hitActions ?? 1));
    assert.is(tindRams(depth * 512, overhead, chip), result.tindRams);
  }
});

X.run();
