import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldOperand, type Program, type Register, type StatefulAction } from '../../../src/program/index.ts';
import { chipNamed, crc32, type PacketTrace, placeProgram, runReference } from '../../../src/switch/index.ts';
import { apply, does, fields, inject, program, table } from '../tiny.ts';

const X = suite('switch/reference stateful');

/** One keyless table that calls `salu` on register `r` at index `slot` for every packet. */
function calling(salu: Omit<StatefulAction, 'name' | 'register'>, register: Partial<Register>): Program {
  const all = fields('slot:16 a:32 b:32 o:32 q:32');
  const act = { ...does('act'), stateful: { run: 'salu', index: 'slot' } };
  const t = table('t', {}, [act], [], all, { defaultAction: { action: 'act', data: [] }, size: 0 });
  return program({
    fields: all,
    registers: [{ name: 'r', cellBits: 16, pair: false, size: 8, initial: [0], ...register }],
    stateful: [{ name: 'salu', register: 'r', ...salu }],
    actions: [act],
    tables: [t],
    ingress: [apply('t')],
  });
}

function outputs(p: Program, columns: Record<string, number[]>) {
  const { placement } = placeProgram(p, chipNamed('unbounded'));
  const { observed } = runReference(p, placement, inject(columns), { observe: ['o', 'q'] });
  return { o: [...observed.o], q: [...observed.q] };
}

X('two conditions choose among four updates: truth table bit c0 + 2·c1; no predicate keeps the cell', () => {
  const input = { kind: 'input' as const, index: 0 as const };
  const salu = {
    inputs: [fieldOperand('a')],
    conditions: [
      { op: 'gt' as const, signed: false, a: input, b: { kind: 'lo' as const } },
      { op: 'gt' as const, signed: false, a: input, b: { kind: 'const' as const, value: 100 } },
    ],
    updates: [
      { cell: 'lo' as const, when: 0b1000, op: 'set' as const, a: { kind: 'const' as const, value: 7 } },
      { cell: 'lo' as const, when: 0b0010, op: 'set' as const, a: input },
    ],
    outputs: [
      { dst: 'o', value: 'newLo' as const },
      { dst: 'q', when: 0b1010, value: 'oldLo' as const },
    ],
  };
  const { o, q } = outputs(calling(salu, {}), { slot: [1, 1, 1, 1], a: [5, 3, 500, 6] });
  assert.equal(o, [5, 5, 7, 7]);
  assert.equal(q, [0, 0, 5, 0]);
});

X('differences wrap at the cell: 3 − 65534 is 5 in 16 bits; a signed comparison sees −2', () => {
  const salu = {
    inputs: [fieldOperand('a')],
    conditions: [
      {
        op: 'eq' as const,
        signed: false,
        a: { kind: 'input' as const, index: 0 as const },
        minus: { kind: 'lo' as const },
        b: { kind: 'const' as const, value: 5 },
      },
      { op: 'lt' as const, signed: true, a: { kind: 'lo' as const }, b: { kind: 'const' as const, value: -1 } },
    ],
    updates: [],
    outputs: [
      { dst: 'o', value: 'cond0' as const },
      { dst: 'q', value: 'cond1' as const },
    ],
  };
  const { o, q } = outputs(calling(salu, { initial: [65534] }), { slot: [0, 0], a: [3, 4] });
  assert.equal(
    [o, q],
    [
      [1, 0],
      [1, 1],
    ],
  );
});

X('a pair updates both halves from the values before; the index is taken modulo the size', () => {
  const salu = {
    inputs: [],
    conditions: [],
    updates: [
      { cell: 'lo' as const, op: 'add' as const, a: { kind: 'lo' as const }, b: { kind: 'hi' as const } },
      { cell: 'hi' as const, op: 'set' as const, a: { kind: 'lo' as const } },
    ],
    outputs: [
      { dst: 'o', value: 'newLo' as const },
      { dst: 'q', value: 'newHi' as const },
    ],
  };
  const p = calling(salu, { pair: true, cellBits: 8, initial: [200, 100] });
  assert.equal(outputs(p, { slot: [3, 11], a: [0, 0] }), { o: [44, 244], q: [200, 44] });
  const traces: PacketTrace[] = [];
  const { placement } = placeProgram(p, chipNamed('unbounded'));
  runReference(p, placement, inject({ slot: [3] }), { trace: { onPacket: (t) => traces.push(t) } });
  const register = traces[0].stages[0].tables[0].register;
  assert.equal([register?.index, register?.before, register?.after], [3, [200, 100], [44, 200]]);
});

X('a symmetric hash XORs its parts: both directions of a flow give the CRC32 of the same bytes', () => {
  const all = fields('s:32 d:32 p:16 o:32');
  const act = does('act', { op: 'hash', dst: 'o', hash: 'h' });
  const t = table('t', {}, [act], [], all, { defaultAction: { action: 'act', data: [] }, size: 0 });
  const hashes = [{ name: 'h', algorithm: 'crc32' as const, parts: [{ xor: ['s', 'd'] }, { xor: ['p'] }] }];
  const p = program({ fields: all, hashes, actions: [act], tables: [t], ingress: [apply('t')] });
  const { placement } = placeProgram(p, chipNamed('tofino2'));
  const { o } = runReference(
    p,
    placement,
    inject({ s: [0x0a000001, 0x0a000102], d: [0x0a000102, 0x0a000001], p: [0x1234, 0x1234] }),
    { observe: ['o'] },
  ).observed;
  assert.equal([...o], [crc32(Uint8Array.of(0, 0, 1, 3, 0x12, 0x34)), o[0]]);
});

X('48-bit time: bits 31..16 are ticks of 65,536 ns', () => {
  const all = [...fields('o:16'), { name: 'time', bits: 48, source: 'timestamp' as const }];
  const act = does('act', { op: 'slice', dst: 'o', a: fieldOperand('time'), low: 16, bits: 16 });
  const t = table('t', {}, [act], [], all, { defaultAction: { action: 'act', data: [] }, size: 0 });
  const p = program({ fields: all, actions: [act], tables: [t], ingress: [apply('t')] });
  const { placement } = placeProgram(p, chipNamed('tofino2'));
  const column = (value: number) => Uint32Array.of(value);
  const packets = {
    count: 1,
    bytes: new Uint8Array(0),
    offset: column(0),
    capLen: column(0),
    origLen: column(0),
    seconds: column(1_700_000_000),
    nanos: column(123_456_789),
    capture: column(0),
  };
  const { o } = runReference(p, placement, { kind: 'packets', packets }, { observe: ['o'] }).observed;
  assert.is(o[0], Number(((BigInt(1_700_000_000) * 1_000_000_000n + 123_456_789n) >> 16n) & 0xffffn));
});

X('a saturating signed addition stops at −128 and 127 in 8 bits: 100 + 60 is 127, then −200 more is −73', () => {
  const salu = {
    inputs: [fieldOperand('a')],
    conditions: [],
    updates: [
      {
        cell: 'lo' as const,
        op: 'addSatS' as const,
        a: { kind: 'lo' as const },
        b: { kind: 'input' as const, index: 0 as const },
      },
    ],
    outputs: [{ dst: 'o', value: 'newLo' as const }],
  };
  const { o } = outputs(calling(salu, { cellBits: 8, initial: [100] }), { slot: [1, 1, 1, 1], a: [60, 156, 156, 156] });
  assert.equal(o, [127, 27, 256 - 73, 128]);
});

X.run();
