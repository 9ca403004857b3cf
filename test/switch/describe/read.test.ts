import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../../src/problem.ts';
import { chipNamed, fitDescription, readDescription } from '../../../src/switch/index.ts';

const X = suite('switch/describe');

/** The problem a reader throws, as `code where`. */
function complaint(text: string): string {
  try {
    readDescription(text, 'd.yaml');
  } catch (error) {
    if (error instanceof ProblemError) return `${error.problem.code} ${error.problem.where}`;
    throw error;
  }
  return 'none';
}

X('errors name the line: bad YAML, unknown key, unknown match kind, unknown table in the order', () => {
  assert.is(complaint('program: x\ntables: [}'), 'FIT-YAML d.yaml:2');
  assert.is(complaint('tables:\n  - table: t\n    sise: 4'), 'FIT-DESCRIBE d.yaml:3');
  assert.is(
    complaint('tables:\n  - table: t\n    key:\n      - { field: a, bits: 8, match: fuzzy }'),
    'FIT-DESCRIBE d.yaml:4',
  );
  assert.is(complaint('tables:\n  - table: t\napply_order: [u]'), 'FIT-DESCRIBE d.yaml:3');
  assert.is(
    complaint('{"tables": [\n{"table": "t",\n"size": "nonsense", "key": [{"field": "a", "bits": 8}]}]}'),
    'FIT-DESCRIBE d.yaml:3',
  );
});

X('sizes are expressions over defines, unused parameters are dropped, slices count as their field', () => {
  const { tables } = readDescription(
    'defines: { N: "(1<<10)", M: "N * 2" }\ntables:\n  - { table: t, key: [{ field: k, bits: 8 }], size: M + 1, action: a, action_param_bits: [32, 32, 32], writes: ["x[7:4]", y] }',
    'd.yaml',
  );
  assert.is(tables[0].size, 2049);
  assert.equal(tables[0].actions[0].paramBits, [32, 32]);
  assert.equal(tables[0].actions[0].writes, ['x', 'y']);
});

/** A description with `banks` partial sums of two fields, of which only the first is matched afterwards. */
function banked(banks: number): string {
  const tables = Array.from({ length: banks }, (_, b) => ({
    table: `w${b}`,
    key: [{ field: `hdr.f.k${b}`, bits: 16, match: 'ternary' }],
    size: 512,
    action: 'a',
    action_param_bits: [16, 16],
    writes: [`md.s${b}.a`, `md.s${b}.b`],
  }));
  const reader = {
    table: 'r',
    key: [{ field: 'md.s0.a', bits: 16, match: 'ternary' }],
    size: 512,
    action: 'b',
    action_param_bits: [4],
    writes: ['md.leaf'],
  };
  return JSON.stringify({ program: 'banks', tables: [...tables, reader] });
}

X('four banks of which one is read imply two rounds of additions: four stages in all', () => {
  const report = fitDescription(readDescription(banked(4), 'd'), chipNamed('tofino2'));
  assert.equal(
    report.tables.filter((t) => t.kind === 'keyless').map((t) => t.stages[0]),
    [1, 2],
  );
  assert.is(report.stages.used, 4);
  const plain = readDescription(banked(4).replace('"program"', '"infer":false,"program"'), 'd');
  assert.is(fitDescription(plain, chipNamed('tofino2')).stages.used, 2);
});

X(
  'registers without a user imply hash, owner, branches and a derived feature: the table that matches it stands in stage 4',
  () => {
    const text = JSON.stringify({
      program: 'flow',
      tables: [
        {
          table: 't',
          key: [{ field: 'md.gap', bits: 16, match: 'ternary' }],
          size: 512,
          action: 'a',
          action_param_bits: [4],
          writes: ['md.leaf'],
        },
      ],
      registers: [
        { name: 'flow_hash', value_bits: 32, index_bits: 16, size: 65536 },
        { name: 'last_time', value_bits: 16, index_bits: 16, size: 65536 },
      ],
    });
    const report = fitDescription(readDescription(text, 'd'), chipNamed('tofino2'));
    assert.equal(report.tables.find((t) => t.table === 't')?.stages, [4]);
    assert.is(report.totals.find((total) => total.resource === 'mapRam')?.used, 17 + 9);
    assert.equal([report.flow?.bitsPerFlow, report.flow?.slots], [48, 65536]);
  },
);

X('narrow header fields beside each other keep their writers apart: four 8-bit results take four stages', () => {
  const tables = Array.from({ length: 6 }, (_, i) => ({
    table: `t${i}`,
    key: [{ field: `hdr.k.k${i}`, bits: 32, match: 'ternary' }],
    size: 512,
    action: 'a',
    action_param_bits: [8],
    writes: [`hdr.o.f${i}`],
  }));
  const report = fitDescription(readDescription(JSON.stringify({ program: 'p', tables }), 'd'), chipNamed('tofino'));
  assert.is(report.stages.used, 4);
});

X.run();
