import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertValid, type ChipRules, entriesOf, type Program, validateProgram } from '../../src/program/index.ts';
import { tinyProgram } from './tiny.ts';

const Validate = suite('program/validate');

type Loose = { -readonly [K in keyof Program]: Program[K] extends readonly (infer T)[] ? T[] : Program[K] };

/** Codes reported after a change to the tiny program. */
function codes(change: (program: Loose) => void, rules: ChipRules = {}): string[] {
  const program = structuredClone(tinyProgram()) as Loose;
  change(program);
  return [...new Set(validateProgram(program, rules).map((one) => one.code))];
}

/** Changes one member of a list, found by name. */
function edit<T extends { readonly name: string }>(list: T[], name: string, change: Partial<T>): void {
  const at = list.findIndex((one) => one.name === name);
  list[at] = { ...list[at], ...change };
}

Validate('the tiny program is valid', () => {
  assert.equal(validateProgram(tinyProgram()), []);
  assertValid(tinyProgram());
});

Validate('two fields of one name and a key on an unknown field are named', () => {
  assert.equal(
    codes((p) => p.fields.push({ ...p.fields[0] })),
    ['PROGRAM-DUPLICATE'],
  );
  assert.equal(
    codes((p) => edit(p.tables, 't_map', { keys: [{ field: 'nope', match: 'exact' }] })),
    ['PROGRAM-NAME'],
  );
});

Validate('a field of 65 bits, a header of 66 bits and a 3-byte timestamp are refused', () => {
  assert.equal(codes((p) => edit(p.fields, 'meta.count', { bits: 65 })).includes('PROGRAM-WIDTH'), true);
  assert.equal(
    codes((p) => edit(p.fields, 'hdr.ip.len', { bits: 17 })),
    ['PROGRAM-WIDTH'],
  );
  assert.equal(
    codes((p) => edit(p.fields, 'ts', { bits: 24 })),
    ['PROGRAM-WIDTH'],
  );
});

Validate('a header field read without its validity test is an error, guarded by a parser constant it is not', () => {
  const read = { kind: 'cmp', field: 'hdr.ip.len', op: 'ge', value: 64 } as const;
  const guarded = (all: Program['ingress'][number]) => (p: Loose) => {
    p.ingress[2] = all;
  };
  const step = (all: readonly (typeof read | { kind: 'cmp'; field: string; op: 'eq'; value: number })[]) => ({
    kind: 'if' as const,
    all,
    then: [{ kind: 'apply' as const, table: 't_map' }],
    else: [],
  });
  assert.equal(codes(guarded(step([read]))), ['PROGRAM-HEADER']);
  const isIp = { kind: 'cmp', field: 'meta.is_ip', op: 'eq', value: 1 } as const;
  const withConstant = (p: Loose) => {
    p.fields.push({ name: 'meta.is_ip', bits: 1, source: 'metadata' });
    const [start, ip] = p.parser.states;
    p.parser = { states: [start, { ...ip, assign: [...ip.assign, { dst: 'meta.is_ip', from: { const: 1 } }] }] };
    p.ingress[2] = { kind: 'if', all: [isIp], then: [step([read])], else: [] };
  };
  assert.equal(codes(withConstant), []);
});

Validate('a table applied twice, or in the other gress, is refused', () => {
  assert.equal(
    codes((p) => p.ingress.push({ kind: 'apply', table: 't_map' })),
    ['PROGRAM-CONTROL'],
  );
  assert.equal(
    codes((p) => edit(p.tables, 't_map', { gress: 'egress' })),
    ['PROGRAM-CONTROL'],
  );
});

Validate('a second access of a register on one path is refused, on exclusive branches it is not', () => {
  const twin = (p: Loose) => p.tables.push({ ...p.tables[1], name: 't_count2' });
  const again = { kind: 'apply', table: 't_count2' } as const;
  assert.equal(
    codes((p) => {
      twin(p);
      p.ingress.push(again);
    }),
    ['PROGRAM-REGISTER'],
  );
  assert.equal(
    codes((p) => {
      twin(p);
      const test = { kind: 'valid', header: 'ip' } as const;
      p.ingress[1] = { kind: 'if', all: [test], then: [{ kind: 'apply', table: 't_count' }], else: [again] };
    }),
    [],
  );
});

Validate('two instructions into one destination, and a write to the timestamp, are refused', () => {
  const set = (dst: string) => ({ op: 'set', dst, a: { kind: 'const', value: 1 } }) as const;
  assert.equal(
    codes((p) => edit(p.actions, 'skip', { instructions: [set('meta.sum'), set('meta.sum')] })),
    ['PROGRAM-DESTINATION'],
  );
  assert.equal(
    codes((p) => edit(p.actions, 'skip', { instructions: [set('ts')] })),
    ['PROGRAM-DESTINATION'],
  );
  assert.equal(
    codes((p) => edit(p.actions, 'counted', { instructions: [set('meta.count')] })),
    ['PROGRAM-DESTINATION'],
  );
});

Validate('a field of 48 bits is copied and sliced but not added', () => {
  const ts = { kind: 'field', field: 'ts' } as const;
  const slice = { op: 'slice', dst: 'meta.sum', a: ts, low: 16, bits: 16 } as const;
  assert.equal(
    codes((p) => edit(p.actions, 'skip', { instructions: [slice] })),
    [],
  );
  const add = { op: 'add', dst: 'meta.sum', a: ts, b: ts } as const;
  assert.equal(
    codes((p) => edit(p.actions, 'skip', { instructions: [add] })),
    ['PROGRAM-WIDTH'],
  );
});

Validate('entries: five in a size of 4, data of 17 bits in 16, a value outside its mask, two that tie', () => {
  const shape = { keys: [{ bits: 8, match: 'ternary' as const }], params: [[16], []] };
  const rows = [0, 1, 2, 3, 4].map((value) => ({ key: [value], action: 1 }));
  assert.equal(
    codes((p) => edit(p.tables, 't_map', { entries: entriesOf(shape, rows) })),
    ['PROGRAM-SIZE'],
  );
  const broken = (column: 'data' | 'value', word: number) => (p: Loose) => {
    p.tables[2].entries[column][0] = word;
  };
  assert.equal(codes(broken('data', 0x10000)), ['PROGRAM-ENTRY']);
  assert.equal(codes(broken('value', 0x106)), ['PROGRAM-ENTRY']);
  const tie = [
    { key: [{ value: 0, mask: 1 }], action: 1 },
    { key: [{ value: 0, mask: 2 }], action: 1 },
  ];
  assert.equal(
    codes((p) => edit(p.tables, 't_map', { entries: entriesOf(shape, tie) })),
    ['PROGRAM-TIE'],
  );
});

Validate('a longer prefix with a worse priority than a shorter one is refused', () => {
  const shape = { keys: [{ bits: 8, match: 'lpm' as const }], params: [[16], []] };
  const keys = [{ field: 'meta.protocol', match: 'lpm' as const }];
  const rows = (short: number, long: number) => [
    { key: [{ value: 0, prefix: 1 }], priority: short, action: 1 },
    { key: [{ value: 0, prefix: 4 }], priority: long, action: 1 },
  ];
  assert.equal(
    codes((p) => edit(p.tables, 't_map', { keys, entries: entriesOf(shape, rows(7, 4)) })),
    [],
  );
  assert.equal(
    codes((p) => edit(p.tables, 't_map', { keys, entries: entriesOf(shape, rows(4, 7)) })),
    ['PROGRAM-ENTRY'],
  );
});

Validate('a parser that loops, one with an unreachable state, and a select before extraction are refused', () => {
  const states = (p: Loose) => [...p.parser.states];
  assert.equal(
    codes((p) => {
      const [start, ip] = states(p);
      p.parser = { states: [start, { ...ip, otherwise: 'start' }] };
    }).includes('PROGRAM-PARSER'),
    true,
  );
  assert.equal(
    codes((p) => {
      p.parser = { states: [...states(p), { ...p.parser.states[1], name: 'alone' }] };
    }),
    ['PROGRAM-PARSER'],
  );
  assert.equal(
    codes((p) => {
      const [start, ip] = states(p);
      p.parser = { states: [{ ...start, select: [{ kind: 'field', field: 'hdr.ip.protocol' }], cases: [] }, ip] };
    }).includes('PROGRAM-PARSER'),
    true,
  );
});

Validate('stateful: updates that can happen at once, a high half that is not there, a third input', () => {
  const update = { cell: 'lo', op: 'set', a: { kind: 'const', value: 1 } } as const;
  assert.equal(
    codes((p) => edit(p.stateful, 'count', { updates: [update, { ...update, when: 1 }] })),
    ['PROGRAM-STATEFUL'],
  );
  assert.equal(
    codes((p) => edit(p.stateful, 'count', { updates: [{ ...update, a: { kind: 'hi' } }] })),
    ['PROGRAM-STATEFUL'],
  );
  const inputs = ['meta.slot', 'meta.owner', 'meta.sum'].map((name) => ({ kind: 'field' as const, field: name }));
  assert.equal(
    codes((p) => edit(p.stateful, 'count', { inputs })),
    ['PROGRAM-STATEFUL'],
  );
});

Validate('egress that reads what only ingress sets needs the bridge, the verdict too', () => {
  const toEgress = (p: Loose) => {
    edit(p.tables, 't_decide', { gress: 'egress' });
    p.egress.push(p.ingress.pop()!);
  };
  assert.equal(codes(toEgress), ['PROGRAM-BRIDGE']);
  assert.equal(
    codes((p) => {
      toEgress(p);
      p.bridge.push('meta.sum', 'meta.count');
    }),
    [],
  );
});

Validate('Tofino 1 has no compare into a field, two conditions, one output word', () => {
  const compare = {
    op: 'ltU',
    dst: 'meta.class',
    a: { kind: 'field', field: 'meta.sum' },
    b: { kind: 'const', value: 3 },
  } as const;
  const rules: ChipRules = { chip: 'tofino', compareIntoPhv: false, saluConditions: 2, saluOutputWords: 1 };
  const change = (p: Loose) => edit(p.actions, 'decide', { instructions: [compare] });
  assert.equal(codes(change), []);
  assert.equal(codes(change, rules), ['PROGRAM-CHIP']);
  const condition = tinyProgram().stateful[0].conditions[0];
  const three = (p: Loose) => edit(p.stateful, 'count', { conditions: [condition, condition, condition] });
  assert.equal(codes(three, rules), ['PROGRAM-CHIP']);
  const words = [
    { dst: 'meta.count', value: 'newLo' },
    { dst: 'meta.status', value: 'cond0' },
  ] as const;
  assert.equal(
    codes((p) => edit(p.stateful, 'count', { outputs: words }), rules),
    ['PROGRAM-CHIP'],
  );
});

Validate('assertValid throws the first problem and names how many more there are', () => {
  const program = structuredClone(tinyProgram()) as Loose;
  edit(program.fields, 'ts', { bits: 24 });
  edit(program.registers, 'counts', { size: 17 });
  try {
    assertValid(program);
    assert.unreachable();
  } catch (error) {
    assert.match(String((error as Error).message), /timestamp has 48 bits/);
    assert.match((error as { problem: { hint: string } }).problem.hint, /1 more; next: PROGRAM-REGISTER/);
  }
});

Validate.run();
