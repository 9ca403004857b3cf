/** The example of docs/api.md is a file that runs: same text, and its output has the lines that the page shows. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const page = readFileSync('docs/api.md', 'utf8');

/** The fenced blocks of one language. */
function blocks(language: string): string[] {
  return [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text);
}

/** A line with its numbers taken out: figures move with the compiler, what is said stays. */
function shape(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/\d[\d.,]*/g, '#').replace(/(does not fit|fits).*$/, 'fit'));
}

const Api = suite('API example');

Api('docs/api.md shows examples/api.ts word for word', () => {
  assert.is(blocks('ts')[0], readFileSync('examples/api.ts', 'utf8'));
});

Api('it runs against the built package and prints what the page shows, figures aside', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'examples/api.ts']);
  assert.equal(shape(stdout), shape(blocks('text')[0] ?? ''));
});

Api.run();
