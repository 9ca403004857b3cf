import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  apply,
  compare,
  constant,
  fieldOperand,
  OUTCOME_SHORT,
  OUTCOME_TRUNCATED,
  OUTCOME_UNPARSED,
  OUTCOME_VERDICT,
  type Placement,
  type Program,
  when,
} from '../../../src/program/index.ts';
import { chipNamed, crc32, type PacketTrace, placeProgram, runReference } from '../../../src/switch/index.ts';
import { accumulate, does, fields, inject, load, NOP, program, table } from '../tiny.ts';

const X = suite('switch/reference run');

X('CRC32 of "123456789" is cbf43926', () => {
  assert.is(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
});

const all = fields('k:8 x:16 y:16');
const setX = load('setX', 'x', 16);
const addY = accumulate('addY', 'y', 16);
const copy = does('copy', { op: 'set', dst: 'y', a: fieldOperand('x') });

function chain(): Program {
  const first = table(
    'first',
    { k: 'ternary' },
    [setX],
    [
      { key: [{ value: 4, mask: 0xfc }], priority: 1, data: [10] },
      { key: [{ value: 5, mask: 0xff }], priority: 0, data: [20] },
    ],
    all,
  );
  const second = table('second', {}, [copy], [], all, { defaultAction: { action: 'copy', data: [] }, size: 0 });
  const third = table('third', { x: 'exact' }, [addY], [{ key: [20], data: [7] }], all);
  return program({
    fields: all,
    actions: [setX, addY, copy, NOP],
    tables: [first, second, third],
    ingress: [apply('first'), apply('second'), apply('third')],
  });
}

X('the smaller priority wins; three dependent tables take three stages', () => {
  const p = chain();
  const { placement } = placeProgram(p, chipNamed('tofino2'));
  assert.is(placement.stages, 3);
  const out = runReference(p, placement, inject({ k: [4, 5, 9] }), { observe: ['x', 'y'] }).observed;
  assert.equal([...out.x], [10, 20, 0]);
  assert.equal([...out.y], [10, 27, 0]);
});

X('a placement that puts a reader beside its writer gives the old value', () => {
  const p = chain();
  const { placement } = placeProgram(p, chipNamed('tofino2'));
  const wrong: Placement = {
    ...placement,
    parts: placement.parts.map((part) => ({ ...part, stage: part.table === 'third' ? 1 : 0 })),
  };
  const out = runReference(p, wrong, inject({ k: [5] }), { observe: ['y'] }).observed;
  assert.equal([...out.y], [7]);
});

X(
  'a split table searches its parts in order: a hit in the first hides the second, the last part runs the default',
  () => {
    const base = chain();
    const p = {
      ...base,
      tables: base.tables.map((t) => (t.name === 'first' ? { ...t, defaultAction: { action: 'nop', data: [] } } : t)),
    };
    const { placement } = placeProgram(p, chipNamed('unbounded'));
    const split: Placement = {
      ...placement,
      parts: placement.parts.flatMap((part) =>
        part.table === 'first'
          ? [
              { ...part, to: 1 },
              { ...part, stage: 1, from: 1 },
            ]
          : [{ ...part, stage: part.stage + 1 }],
      ),
    };
    const out = runReference(p, split, inject({ k: [4, 5, 6] }), { observe: ['x'] }).observed;
    assert.equal([...out.x], [10, 20, 10]);
  },
);

X('gateways choose branches by signed comparison; exclusive tables may share a stage and a destination', () => {
  const low = does('low', { op: 'set', dst: 'y', a: constant(1) });
  const high = does('high', { op: 'set', dst: 'y', a: constant(2) });
  const keyless = (name: string, act: string) =>
    table(name, {}, [NOP], [], all, { actions: [act], defaultAction: { action: act, data: [] }, size: 0 });
  const p = program({
    fields: all,
    actions: [low, high, NOP],
    tables: [keyless('l', 'low'), keyless('h', 'high')],
    ingress: [when([compare('k', 'lt', 0, true)], [apply('l')], [apply('h')])],
  });
  const { placement } = placeProgram(p, chipNamed('tofino2'));
  assert.is(placement.stages, 1);
  const out = runReference(p, placement, inject({ k: [0x80, 0x7f] }), { observe: ['y'] }).observed;
  assert.equal([...out.y], [1, 2]);
});

X('egress sees bridged fields; others start as 0', () => {
  const egress = { gress: 'egress' as const };
  const addX = does('addX', { op: 'add', dst: 'y', a: fieldOperand('y'), b: fieldOperand('x') });
  const t = table('t', {}, [addX], [], all, { ...egress, defaultAction: { action: 'addX', data: [] }, size: 0 });
  const p = program({ fields: all, actions: [addX], tables: [t], egress: [apply('t')], bridge: ['x'] });
  const { placement } = placeProgram(p, chipNamed('unbounded'));
  const out = runReference(p, placement, inject({ k: [1], x: [5], y: [100] }), { observe: ['k', 'y'] }).observed;
  assert.equal([out.k[0], out.y[0]], [1, 5]);
});

/** A program with one 8-bit counter per slot: input, predicate, old and new value. */
function counting(): Program {
  const more = [...all, ...fields('old:8')];
  const count = {
    name: 'count',
    register: 'r',
    inputs: [fieldOperand('k')],
    conditions: [
      {
        op: 'gt' as const,
        signed: false,
        a: { kind: 'input' as const, index: 0 as const },
        b: { kind: 'lo' as const },
      },
    ],
    updates: [
      { cell: 'lo' as const, when: 0b10, op: 'set' as const, a: { kind: 'input' as const, index: 0 as const } },
    ],
    outputs: [{ dst: 'old', value: 'oldLo' as const }],
  };
  const act = { ...does('act'), stateful: { run: 'count', index: 'x' } };
  const t = table('t', {}, [act], [], more, { defaultAction: { action: 'act', data: [] }, size: 0 });
  return program({
    fields: more,
    registers: [{ name: 'r', cellBits: 8, pair: false, size: 4, initial: [3] }],
    stateful: [count],
    actions: [act],
    tables: [t],
    ingress: [apply('t')],
  });
}

X('a register keeps the maximum per slot and answers the old value', () => {
  const p = counting();
  const { placement } = placeProgram(p, chipNamed('tofino2'));
  const out = runReference(p, placement, inject({ k: [5, 2, 9, 1], x: [0, 0, 4, 1] }), { observe: ['old'] }).observed;
  assert.equal([...out.old], [3, 5, 5, 3]);
});

function frames(list: readonly number[][], cut: readonly number[] = []) {
  const capLen = list.map((bytes, i) => cut[i] ?? bytes.length);
  const offset = list.map((_, i) => list.slice(0, i).reduce((sum, bytes) => sum + bytes.length, 0));
  const column = (value: number) => Uint32Array.from(list.map(() => value));
  return {
    kind: 'packets' as const,
    packets: {
      count: list.length,
      bytes: Uint8Array.from(list.flat()),
      offset: Uint32Array.from(offset),
      capLen: Uint32Array.from(capLen),
      origLen: Uint32Array.from(list.map((bytes) => bytes.length)),
      seconds: column(1),
      nanos: column(5),
      capture: column(0),
    },
  };
}

X(
  'the parser extracts bits most significant first, selects by lookahead, and tells short, truncated and rejected apart',
  () => {
    const f = [
      ...fields('m:8'),
      { name: 'h.a', bits: 4, source: 'header' as const },
      { name: 'h.b', bits: 12, source: 'header' as const },
      { name: 't', bits: 48, source: 'timestamp' as const },
    ];
    const p = program({
      fields: f,
      headers: [{ name: 'h', fields: ['h.a', 'h.b'] }],
      parser: {
        states: [
          {
            name: 'start',
            extract: ['h'],
            skip: 1,
            assign: [{ dst: 'm', from: { field: 'h.a' } }],
            select: [{ kind: 'lookahead', byte: 0, bytes: 1 }],
            cases: [{ value: [7], mask: [0xff], next: 'accept' }],
            otherwise: 'reject',
          },
        ],
      },
    });
    const { placement } = placeProgram(p, chipNamed('unbounded'));
    const good = [0xab, 0xcd, 0, 7];
    const out = runReference(p, placement, frames([good, [0xab, 0xcd, 0, 8], [0xab, 0xcd, 0], good], [4, 4, 3, 3]), {
      observe: ['h.a', 'h.b', 'm', 't'],
    });
    assert.equal([...out.outcome], [OUTCOME_VERDICT, OUTCOME_UNPARSED, OUTCOME_SHORT, OUTCOME_TRUNCATED]);
    assert.equal([out.observed['h.a'][0], out.observed['h.b'][0], out.observed.m[0]], [0xa, 0xbcd, 0xa]);
    assert.equal([out.observed.t[0], out.observed['t.hi'][0]], [1_000_000_005, 0]);
  },
);

X('the tracer tells key, entry, action, data and register of every table', () => {
  const p = chain();
  const { placement } = placeProgram(p, chipNamed('unbounded'));
  const traces: PacketTrace[] = [];
  runReference(p, placement, inject({ k: [5, 4] }), {
    trace: { packets: new Set([1]), onPacket: (t) => traces.push(t) },
  });
  assert.is(traces.length, 1);
  const [first] = traces[0].stages[0].tables;
  assert.equal(
    [first.table, first.key[0].value, first.entry, first.action, first.data[0].value],
    ['first', 4, 1, 'setX', 10],
  );
  assert.equal(first.writes, [{ field: 'x', before: 0, after: 10 }]);
});

X.run();
