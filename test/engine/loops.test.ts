/** Generated loops against the TypeScript twin's bytecode: random column operations over random words, equal in every column. */

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildImage } from '../../src/engine/image.ts';
import type { Column, ColumnOp, Source } from '../../src/engine/ir.ts';
import type { Kernels } from '../../src/engine/kernels.ts';
import { makeLoops } from '../../src/engine/loops.ts';
import { createMachine } from '../../src/engine/machine.ts';
import { BINARY, COMPARE } from '../../src/engine/opcodes.ts';
import { type Plan, planProgram } from '../../src/engine/plan.ts';
import { createStation, rangeAt, runWhole } from '../../src/engine/tasks.ts';
import { randomProgram } from '../program/arbitrary.ts';
import { type Random, randomFrom } from '../program/random.ts';

const Loops = suite('engine loops');

const FIELDS = 6;
const ROWS = 37;

function word(random: Random): number {
  return (random.between(0, 0xffff) * 0x10000 + random.between(0, 0xffff)) >>> (random.between(0, 3) * 8);
}

/** Operations on `FIELDS` given columns and fresh ones; indices are cut to their arrays by a direct lookup first. */
function randomOps(random: Random, count: number): { readonly ops: ColumnOp[]; readonly columns: number } {
  const ops: ColumnOp[] = [];
  let columns = FIELDS;
  const any = () => random.between(0, columns - 1);
  const target = () => (random.between(0, 2) === 0 ? any() : columns++);
  const source = (): Source => (random.between(0, 4) === 0 ? { value: word(random) } : { column: any() });
  const mask = (dst: Column): Column | undefined => {
    if (random.between(0, 2) !== 0 || dst >= columns - 1) return undefined;
    const made = columns++;
    ops.push({
      op: 'compare',
      sub: 'ltU',
      dst: made,
      a: source(),
      b: source(),
      k: 0,
      one: 0xffffffff,
      mask: undefined,
    });
    return made;
  };
  /** A column below `size`, a power of two. */
  const index = (size: number): Column => {
    const dst = columns++;
    const right = random.between(0, 24);
    const cells = Array.from({ length: 256 }, () => random.between(0, size - 1));
    ops.push({
      op: 'direct',
      dst,
      key: any(),
      right,
      bits: 255,
      data: random.between(0, 1) === 0 ? Uint8Array.from(cells) : Uint32Array.from(cells),
    });
    return dst;
  };
  const cells = (length: number) =>
    [Uint8Array, Uint16Array, Uint32Array][random.between(0, 2)].from(Array.from({ length }, () => word(random)));
  const fresh = () => columns++;
  for (let i = 0; i < count; i++) {
    const kind = random.between(0, 7);
    if (kind === 0) {
      const dst = target();
      const sub = BINARY[random.between(0, BINARY.length - 1)];
      ops.push({ op: 'binary', sub, dst, a: source(), b: source(), k: random.between(0, 31), mask: mask(dst) });
    } else if (kind === 1) {
      const dst = target();
      const sub = COMPARE[random.between(0, COMPARE.length - 1)];
      const one = random.between(0, 1) === 0 ? 1 : 0xffffffff;
      ops.push({ op: 'compare', sub, dst, a: source(), b: source(), k: random.between(0, 31), one, mask: mask(dst) });
    } else if (kind === 2) {
      const dst = random.between(0, FIELDS - 1);
      const bits = 0xffffffff >>> random.between(0, 31);
      const keep = random.between(0, 1) * word(random);
      ops.push({
        op: 'move',
        dst,
        a: source(),
        right: random.between(0, 31),
        bits,
        left: random.between(0, 31),
        keep,
        mask: mask(dst),
      });
    } else if (kind === 3) {
      const dst = target();
      const width = 0xffffffff >>> random.between(0, 31);
      ops.push({
        op: 'shiftS',
        dst,
        a: source(),
        left: random.between(0, 31),
        right: random.between(0, 31),
        width,
        mask: mask(dst),
      });
    } else if (kind === 4) {
      const [a, b] = [index(16), index(16)];
      ops.push({ op: 'product', dst: fresh(), a, b, data: cells(32) });
    } else if (kind === 5) {
      const row = index(8);
      const stride = 1 + random.between(0, 4);
      const data = Uint32Array.from({ length: 8 * stride }, () => word(random));
      const dst = target();
      ops.push({ op: 'gather', dst, row, data, offset: random.between(0, stride - 1), stride, mask: mask(dst) });
    } else
      sum(random, ops, index, () => columns++, random.between(0, 3) === 0 ? random.between(0, FIELDS - 1) : undefined);
  }
  return { ops, columns };
}

/** A sum of 1..5 rows into 1..21 columns; with `into`, added to that column. */
function sum(
  random: Random,
  ops: ColumnOp[],
  index: (size: number) => Column,
  fresh: () => Column,
  into?: Column,
): void {
  const outputs = into === undefined ? 1 + random.between(0, 20) : 1;
  const lanes = Math.ceil(outputs / 4) * 4;
  const short = random.between(0, 2) !== 0;
  const small = random.between(0, 1) === 0;
  const terms = Array.from({ length: 1 + random.between(0, 4) }, () => {
    const row = index(8);
    const value = (): number => (short ? random.between(0, small ? 500 : 65535) - (small ? 250 : 32768) : word(random));
    const values = Array.from({ length: 8 * lanes }, value);
    return { row, data: short ? Int16Array.from(values) : Uint32Array.from(values) };
  });
  const dsts = into === undefined ? Array.from({ length: outputs }, fresh) : [into];
  const widths = dsts.map(() => 0xffffffff >>> random.between(0, 31));
  const constants = dsts.map(() => (random.between(0, 1) === 0 ? 0 : small ? random.between(0, 300) : word(random)));
  ops.push({ op: 'sum', dsts, widths, constants, base: into !== undefined, mask: undefined, terms });
}

const base = planProgram(randomProgram(1, { size: 2 }), undefined, { observe: [], injected: [] });

function planOf(ops: readonly ColumnOp[], columns: number): Plan {
  const observed = Array.from({ length: columns }, (_, column) => ({ name: `c${column}`, column, bytes: 4 as const }));
  return {
    ...base,
    program: { ...base.program, registers: [], fields: [], verdict: { ...base.program.verdict, logits: [] } },
    ops,
    injected: true,
    inputs: Array.from({ length: FIELDS }, (_, column) => column),
    outputs: [{ name: 'outcome', column: 0, bytes: 1 }, { name: 'verdict', column: 0, bytes: 2 }, ...observed],
    sharding: undefined,
    oneByOne: false,
    fixed: FIELDS,
    columns,
  };
}

function columnsBy(kernels: Kernels, plan: Plan, columns: readonly Uint32Array[]): Record<string, Uint32Array> {
  const loopWeight = kernels === 'fused' ? 60 : 0;
  const image = buildImage(plan, { span: 40, batch: 16, workers: 1, sharing: 'whole', loopWeight });
  const station = createStation(image, createMachine(image, kernels), 0);
  const observed = Object.fromEntries(plan.outputs.slice(2).map(({ name }) => [name, new Uint32Array(ROWS)]));
  const results = {
    count: ROWS,
    outcome: new Uint8Array(ROWS),
    verdict: new Int16Array(ROWS),
    logits: new Int32Array(0),
    observed,
  };
  const job = { input: { kind: 'injected' as const, columns }, count: ROWS, state: 'continuous' as const, results };
  runWhole(station, job, rangeAt(station, job, 0, 0));
  return observed;
}

for (const kernels of ['fused', 'wasm'] as const) {
  Loops(`150 lists of 40 random operations on 37 rows: ${kernels} code equals the twin in every column`, () => {
    fc.assert(
      fc.property(fc.nat(1 << 30), (seed) => {
        const random = randomFrom(seed);
        const { ops, columns } = randomOps(random, 40);
        const plan = planOf(ops, columns);
        const inputs = Array.from({ length: FIELDS }, () => Uint32Array.from({ length: ROWS }, () => word(random)));
        const expected = columnsBy('typescript', plan, inputs);
        const actual = columnsBy(kernels, plan, inputs);
        for (const [name, column] of Object.entries(expected)) assert.equal([...actual[name]], [...column], name);
      }),
      { numRuns: kernels === 'fused' ? 150 : 30, seed: 21 },
    );
  });
}

Loops('a chain of lookups keeps only its end in a column', () => {
  const data = Uint8Array.from({ length: 256 }, (_, i) => i ^ 1);
  const link = (key: number): ColumnOp => ({ op: 'direct', dst: key + 1, key, right: 0, bits: 255, data });
  const [loop, ...rest] = makeLoops([link(0), link(1), link(2)], [3]);
  assert.is(rest.length, 0);
  assert.is(loop.op, 'loop');
  if (loop.op !== 'loop') return;
  assert.equal(loop.reads, [0]);
  assert.equal(loop.writes, [3]);
});

Loops('a skip becomes a branch within the loop; around what no loop can hold it stays a skip', () => {
  const data = Uint8Array.from({ length: 256 }, (_, i) => i);
  const look = (dst: number): ColumnOp => ({ op: 'direct', dst, key: 0, right: 0, bits: 255, data });
  const search: ColumnOp = { op: 'search', dst: 3, key: 0, starts: Uint32Array.of(0, 5) };
  const names = (ops: readonly ColumnOp[]) => ops.map((op) => op.op);
  const inside = makeLoops([look(2), { op: 'skip', test: 1, count: 2 }, look(3), look(4), look(5)], [2, 3, 5]);
  assert.equal(names(inside), ['loop']);
  const [loop] = inside;
  if (loop.op === 'loop') assert.equal(names(loop.ops), ['direct', 'branch', 'direct']);
  const outside = makeLoops([look(2), { op: 'skip', test: 1, count: 2 }, search, look(4), look(5)], [2, 3, 5]);
  assert.equal(names(outside), ['loop', 'skip', 'search', 'direct', 'loop']);
});

Loops.run();
