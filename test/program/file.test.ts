import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { decodePgs, encodePgs, type PgsFile, readPgs, writePgs } from '../../src/program/index.ts';
import { tinyProgram } from './tiny.ts';

const File = suite<{ folder: string }>('program/file');

File.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'pegasim-file-'));
});
File.after.each((context) => {
  rmSync(context.folder, { recursive: true });
});

const tiny = (): PgsFile => ({
  program: tinyProgram(),
  placement: { chip: 'unbounded', stages: 1, parts: [], gateways: [], phv: [] },
  mapped: { trees: [{ leaf: new Float64Array([1.5, -2]) }] },
  meta: { options: { leaves: 16 } },
  inputs: 'abc',
});

function code(run: () => unknown): string {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof ProblemError ? error.problem.code : String(error);
  }
}

File('what is written is read back, typed arrays and all', ({ folder }) => {
  const path = join(folder, 'a.pgs');
  writePgs(path, tiny());
  assert.equal(readPgs(path), tiny());
  assert.equal(readdirSync(folder), ['a.pgs']);
});

File('the same content gives the same bytes, whatever the order of its keys', () => {
  const file = tiny();
  const turned = Object.fromEntries(Object.entries(file.program).reverse()) as unknown as PgsFile['program'];
  assert.equal(Buffer.from(encodePgs({ ...file, program: turned })), Buffer.from(encodePgs(file)));
});

File('an empty file, a foreign file and another version are told apart', ({ folder }) => {
  assert.is(
    code(() => decodePgs(new Uint8Array(0), 'x')),
    'PROGRAM-FILE',
  );
  assert.is(
    code(() => decodePgs(Buffer.from('\x89PNG, not a program'), 'x')),
    'PROGRAM-FILE',
  );
  const bytes = Buffer.from(encodePgs(tiny()));
  bytes.writeUInt32LE(99, 8);
  assert.is(
    code(() => decodePgs(bytes, 'x')),
    'PROGRAM-VERSION',
  );
  assert.is(
    code(() => readPgs(join(folder, 'none.pgs'))),
    'PROGRAM-READ',
  );
  assert.is(
    code(() => readPgs(folder)),
    'PROGRAM-READ',
  );
});

File('cut at any of 40 places the file is truncated, never misread', () => {
  const bytes = encodePgs(tiny());
  for (let k = 1; k <= 40; k++) {
    const end = Math.floor((bytes.length * k) / 41);
    assert.is(
      code(() => decodePgs(bytes.subarray(0, end), 'x')),
      'PROGRAM-TRUNCATED',
      `cut at ${end}`,
    );
  }
});

File('one flipped bit in a section is damage', ({ folder }) => {
  const path = join(folder, 'a.pgs');
  writePgs(path, tiny());
  const bytes = readFileSync(path);
  bytes[bytes.length - 5] ^= 1;
  writeFileSync(path, bytes);
  assert.is(
    code(() => readPgs(path)),
    'PROGRAM-HASH',
  );
});

File('a place that cannot be written leaves nothing behind', ({ folder }) => {
  assert.is(
    code(() => writePgs(join(folder, 'no/such/a.pgs'), tiny())),
    'PROGRAM-WRITE',
  );
  assert.equal(readdirSync(folder), []);
});

File.run();
