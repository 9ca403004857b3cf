import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { loadRows, NO_SPLIT, type RowsSpec, TEST, TRAIN, VALIDATION } from '../../src/traffic/index.ts';
import { keep } from './captures.ts';

const Rows = suite('feature rows');

function problemOf(spec: RowsSpec): string {
  try {
    loadRows(spec);
  } catch (error) {
    if (error instanceof ProblemError) return `${error.problem.code} ${error.problem.where}`;
    throw error;
  }
  return 'loaded';
}

const body = Array.from({ length: 12 }, (_, i) => `${Math.floor(i / 3)},${i},${i * i},${i % 2 === 0 ? 'even' : 'odd'}`);
const plain = keep('rows.csv', ['run,a,b,class', ...body].join('\n'));

Rows('columns under their own names, classes sorted, integers kept as 32-bit', () => {
  const rows = loadRows({ path: plain, split: { by: 'flow' } });
  assert.equal(rows.features, ['a', 'b']);
  assert.equal(rows.classes, ['even', 'odd']);
  assert.is(rows.values.constructor, Uint32Array);
  assert.equal([...rows.values.slice(6, 10)], [3, 9, 4, 16]);
});

Rows('rows of one run stay together', () => {
  const { split } = loadRows({ path: plain, split: { by: 'file', fractions: [0.5, 0.25, 0.25] } });
  for (let run = 0; run < 4; run++) assert.is(new Set(split.subarray(run * 3, run * 3 + 3)).size, 1);
});

Rows('a listed split deals runs; a run not listed has none', () => {
  const list = keep('split.json', JSON.stringify({ split: { 0: 'train', 1: 'validation', 2: 'test' } }));
  const { split } = loadRows({ path: plain, split: { by: 'list', file: list } });
  assert.equal([split[0], split[3], split[6], split[9]], [TRAIN, VALIDATION, TEST, NO_SPLIT]);
});

Rows('chosen columns become named features in that order; fractions stay doubles', () => {
  const file = keep('named.csv', 'x,y,label\n1.5,2,0\n3,4,1\n1,2,1\n7,8,0\n');
  const rows = loadRows({
    path: file,
    columns: { y: 'pkt.len', x: 'pkt.ipd' },
    split: { by: 'flow', fractions: [0.5, 0, 0.5] },
  });
  assert.equal(rows.features, ['pkt.len', 'pkt.ipd']);
  assert.equal([...rows.values.slice(0, 2)], [2, 1.5]);
});

Rows('a word among numbers names its line; a missing column, list or class is an error', () => {
  const word = keep('word.csv', 'a,class\n1,x\nmany,y\n');
  assert.is(problemOf({ path: word }), `TRAFFIC-ROW ${word}:3`);
  assert.match(problemOf({ path: plain, columns: { c: 'c' } }), /^TRAFFIC-COLUMN/);
  assert.match(problemOf({ path: plain, classes: ['even', 'prime'] }), /^TRAFFIC-CLASS-EMPTY/);
  assert.match(problemOf({ path: keep('unlabelled.csv', 'a,b\n1,2\n') }), /^TRAFFIC-UNLABELLED/);
  assert.match(problemOf({ path: keep('headonly.csv', 'a,class\n') }), /^TRAFFIC-EMPTY/);
  assert.match(problemOf({ path: keep('nothing.csv', '') }), /^TRAFFIC-CSV/);
});

Rows('quoted fields hold commas, quotes and line breaks', () => {
  const file = keep('quoted.csv', 'a,class\n1,"x, ""y""\nz"\n2,w\n3,w\n4,"x, ""y""\nz"\n');
  const rows = loadRows({ path: file, split: { by: 'flow', fractions: [0.5, 0, 0.5] } });
  assert.equal(rows.classes, ['w', 'x, "y"\nz']);
});

Rows('the published per-packet rows: 38,244 rows of ten features, runs dealt as the list says', () => {
  const folder = join(import.meta.dirname, '../../../shared/data/rows');
  if (!existsSync(folder)) return console.log('SKIP the published rows are absent (../shared/data/rows)');
  const rows = loadRows({
    path: join(folder, 'ciciot2022-packets.csv'),
    split: { by: 'list', file: join(folder, 'split.json') },
  });
  assert.is(rows.count, 38_244);
  assert.is(rows.features.length, 10);
  assert.equal(rows.classes, ['Power', 'Idle', 'Interact']);
  assert.is(rows.split.indexOf(NO_SPLIT), -1);
});

Rows.run();
