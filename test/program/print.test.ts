import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printProgram } from '../../src/program/index.ts';
import { randomProgram } from './arbitrary.ts';
import { tinyProgram } from './tiny.ts';

const Print = suite('program/print');
const golden = new URL('../golden/program/tiny.txt', import.meta.url);

Print('the tiny program prints as its golden text (UPDATE_GOLDEN=1 rewrites it)', () => {
  const text = printProgram(tinyProgram());
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(new URL('.', golden), { recursive: true });
    writeFileSync(golden, text);
  }
  assert.is(text, readFileSync(golden, 'utf8'));
});

Print('20 random programs name every table, register and stateful action', () => {
  for (let seed = 0; seed < 20; seed++) {
    const program = randomProgram(seed, { size: 8 });
    const text = printProgram(program, { entries: 2 });
    for (const one of [...program.tables, ...program.registers, ...program.stateful])
      assert.ok(text.includes(one.name));
    assert.not.match(text, /undefined|NaN|\[object/);
  }
});

Print.run();
