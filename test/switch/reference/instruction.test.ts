import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { constant, fieldOperand, type Instruction, paramOperand } from '../../../src/program/index.ts';
import { chipNamed, placeProgram, runReference } from '../../../src/switch/index.ts';
import { apply, does, fields, inject, NOP, program, table } from '../tiny.ts';

const X = suite('switch/reference instructions');
const A = fieldOperand('a');
const B = fieldOperand('b');

/** Runs one instruction over columns a, b (widths given) and returns the destination `d`. */
function compute(widths: string, i: Instruction, a: number[], b: number[], d = a.map(() => 0)): number[] {
  const all = fields(widths);
  const act = does('act', i);
  const t = table('t', {}, [act], [], all, { defaultAction: { action: 'act', data: [] }, size: 0 });
  const p = program({ fields: all, actions: [act, NOP], tables: [t], ingress: [apply('t')] });
  const { placement } = placeProgram(p, chipNamed('unbounded'));
  return [...runReference(p, placement, inject({ a, b, d }), { observe: ['d'] }).observed.d];
}

X('add of 250 and 10 in 8 bits wraps to 4, saturates to 255', () => {
  const w = 'a:8 b:8 d:8';
  assert.equal(compute(w, { op: 'add', dst: 'd', a: A, b: B }, [250], [10]), [4]);
  assert.equal(compute(w, { op: 'addSatU', dst: 'd', a: A, b: B }, [250], [10]), [255]);
  assert.equal(compute(w, { op: 'addSatS', dst: 'd', a: A, b: B }, [100, 0x80], [100, 0xff]), [127, 0x80]);
  assert.equal(compute(w, { op: 'subSatU', dst: 'd', a: A, b: B }, [3], [10]), [0]);
  assert.equal(compute(w, { op: 'subSatS', dst: 'd', a: A, b: B }, [0x80], [1]), [0x80]);
});

X('a 16-bit operand is cut to an 8-bit destination before a signed maximum', () => {
  const w = 'a:16 b:16 d:8';
  assert.equal(compute(w, { op: 'maxS', dst: 'd', a: A, b: B }, [0x1ff], [0x300]), [0]);
  assert.equal(compute(w, { op: 'minU', dst: 'd', a: A, b: B }, [0x1ff], [0x302]), [2]);
});

X('shifts: 0x81 right by 3 is 0x10 unsigned and 0xf0 signed', () => {
  const w = 'a:8 b:8 d:8';
  assert.equal(compute(w, { op: 'shrU', dst: 'd', a: A, by: 3 }, [0x81], [0]), [0x10]);
  assert.equal(compute(w, { op: 'shrS', dst: 'd', a: A, by: 3 }, [0x81], [0]), [0xf0]);
  assert.equal(compute(w, { op: 'shl', dst: 'd', a: A, by: 4 }, [0x81], [0]), [0x10]);
});

X('deposit keeps the other bits, slice zero-extends', () => {
  const w = 'a:16 b:16 d:16';
  const put: Instruction = { op: 'deposit', dst: 'd', dstLow: 4, a: A, low: 8, bits: 4 };
  assert.equal(compute(w, put, [0xabcd], [0], [0x1111]), [0x11b1]);
  assert.equal(compute(w, { op: 'slice', dst: 'd', a: A, low: 4, bits: 8 }, [0xabcd], [0], [0xffff]), [0xbc]);
});

X('a conditional move takes a when the condition is not zero', () => {
  assert.equal(compute('a:8 b:8 d:8', { op: 'cmov', dst: 'd', a: A, when: 'b' }, [7, 7], [0, 2], [9, 9]), [9, 7]);
});

X('compare reads two complement at the width of its first operand', () => {
  const w = 'a:8 b:16 d:1';
  assert.equal(compute(w, { op: 'ltS', dst: 'd', a: A, b: B }, [0xff, 1], [0x100, 0x100]), [1, 0]);
  assert.equal(compute(w, { op: 'ltS', dst: 'd', a: A, b: constant(-1) }, [0xfe, 1], [0, 0]), [1, 0]);
});

X('an action parameter is read from the entry that hit', () => {
  const all = fields('a:8 d:32');
  const act = {
    name: 'act',
    params: [{ name: 'v', bits: 32 }],
    instructions: [{ op: 'add', dst: 'd', a: paramOperand('v'), b: fieldOperand('d') } as const],
  };
  const rows = [
    { key: [1], data: [-5] },
    { key: [2], data: [70000] },
  ];
  const t = table('t', { a: 'exact' }, [act], rows, all);
  const p = program({ fields: all, actions: [act, NOP], tables: [t], ingress: [apply('t')] });
  const { placement } = placeProgram(p, chipNamed('unbounded'));
  const { d } = runReference(p, placement, inject({ a: [1, 2, 3], d: [3, 3, 3] }), { observe: ['d'] }).observed;
  assert.equal(
    [...d].map((v) => v | 0),
    [-2, 70003, 3],
  );
});

X('property: add, sub, and, or, xor equal 32-bit arithmetic cut to any width', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const ops = {
    add: (x: bigint, y: bigint) => x + y,
    sub: (x: bigint, y: bigint) => x - y,
    and: (x: bigint, y: bigint) => x & y,
    or: (x: bigint, y: bigint) => x | y,
    xor: (x: bigint, y: bigint) => x ^ y,
  };
  fc.assert(
    fc.property(
      word,
      word,
      fc.integer({ min: 1, max: 32 }),
      fc.constantFrom('add', 'sub', 'and', 'or', 'xor'),
      (a, b, bits, op) => {
        const name = op as keyof typeof ops;
        const wanted = Number(
          BigInt.asUintN(bits, ops[name](BigInt.asUintN(bits, BigInt(a)), BigInt.asUintN(bits, BigInt(b)))),
        );
        assert.is(compute(`a:32 b:32 d:${bits}`, { op: name, dst: 'd', a: A, b: B }, [a], [b])[0], wanted);
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

X.run();
