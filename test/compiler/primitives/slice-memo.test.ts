/** A long slice that looks up rows it has seen answers, bit for bit, what it answers when it runs every row. */
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runSlice } from '../../../src/compiler/primitives/run-slice.ts';
import type { Instruction, Slice } from '../../../src/compiler/primitives/slice-code.ts';
import { runSliceOnce } from '../../../src/compiler/primitives/slice-memo.ts';

const Memo = suite('slices run once per distinct row');

/** A chain of instructions over two inputs, counting how often a row passes its first function. */
function chain(length: number): { slice: Slice; ran: () => number } {
  let ran = 0;
  const first = (x: number): number => {
    ran++;
    return Math.sin(x) + 1 / x;
  };
  const code = Array.from({ length }, (_, i): Instruction => {
    const f = i === 0 ? first : Math.tanh;
    if (i % 2 === 0) return { kind: 'fn', out: i + 2, a: i === 0 ? 0 : i + 1, fn: { name: 'f', f } };
    const [cols, weights] = [Int32Array.of(i + 1, 1), Float64Array.of(0.7, -0.3)];
    return { kind: 'lin', out: i + 2, cols, weights, bias: 0.1 * i };
  });
  const output = (a: number) => ({ cols: Int32Array.of(a, 0), weights: Float64Array.of(2, 1), bias: 0.5 });
  const slice = { inputs: 2, columns: length + 2, code, outputs: [output(length + 1), output(3)], linear: false };
  return { slice, ran: () => ran };
}

/** Few values, so that rows come back; both zeros and no number among them. */
const VALUE = fc.constantFrom(0, -0, 1, 2.5, -3, Number.NaN, Number.POSITIVE_INFINITY);

Memo('60 instructions: any batches of rows answer the same bits as without a memo', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.tuple(VALUE, VALUE), { maxLength: 300 }), { maxLength: 4 }), (batches) => {
      const { slice } = chain(60);
      for (const batch of batches) {
        const x = Float64Array.from(batch.flat());
        const bits = (y: Float64Array): number[] => [...new Uint32Array(y.buffer, y.byteOffset, 2 * y.length)];
        assert.equal(bits(runSliceOnce(slice, x, batch.length)), bits(runSlice(slice, x, batch.length)));
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

Memo('3,000 rows of 7 kinds in two batches run 7 times; a slice of 8 instructions runs every row', () => {
  const x = Float64Array.from({ length: 6000 }, (_, i) => Math.floor(i / 2) % 7);
  const long = chain(60);
  runSliceOnce(long.slice, x, 3000);
  runSliceOnce(long.slice, x, 3000);
  assert.is(long.ran(), 7);
  const short = chain(8);
  runSliceOnce(short.slice, x, 3000);
  assert.is(short.ran(), 3000);
});

Memo('5,000 distinct rows outgrow the first slots and are all found again', () => {
  const { slice, ran } = chain(60);
  const x = Float64Array.from({ length: 10_000 }, (_, i) => i * 0.37);
  const first = runSliceOnce(slice, x, 5000);
  assert.equal(runSliceOnce(slice, x, 5000), first);
  assert.is(ran(), 5000);
});

Memo.run();
