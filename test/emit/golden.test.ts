import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EmitTarget, emitProgram } from '../../src/emit/index.ts';
import { tinyProgram } from '../program/tiny.ts';

const Golden = suite('emit/golden');
const folder = new URL('../golden/emit/', import.meta.url);

for (const target of ['v1model', 'tna', 't2na'] as const satisfies readonly EmitTarget[]) {
  Golden(`the tiny program for ${target} is its golden P4 (UPDATE_GOLDEN=1 rewrites it)`, () => {
    const text = String(emitProgram(tinyProgram(), undefined, { target })[0].content);
    const path = new URL(`tiny-${target}.p4`, folder);
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, text);
    }
    assert.is(text, readFileSync(path, 'utf8'));
  });
}

Golden.run();
