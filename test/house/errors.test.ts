import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

function sources(path: string): string[] {
  if (statSync(path).isFile()) return path.endsWith('.ts') ? [path] : [];
  return readdirSync(path).flatMap((name) => sources(join(path, name)));
}

/** Every string literal in src that looks like a problem code. */
function codesInUse(): Set<string> {
  const codes = new Set<string>();
  const form =
    /'((?:CLI|FILE|SCENARIO|TRAFFIC|MODEL|FEATURE|COMPILE|TABLE|FIT|PROGRAM|RUN|REPLAY|STUDY|ENGINE|EMIT)-[A-Z0-9-]+)'/g;
  for (const file of sources('src'))
    for (const match of readFileSync(file, 'utf8').matchAll(form)) codes.add(match[1] ?? '');
  return codes;
}

const documented = new Set(
  [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z0-9-]+)` \|/gm)].map((match) => match[1] ?? ''),
);

const Errors = suite('error codes');

Errors('every code in the sources is a row of docs/errors.md', () => {
  assert.equal([...codesInUse()].filter((code) => !documented.has(code)).sort(), []);
});

Errors('every row of docs/errors.md is a code in the sources', () => {
  const used = codesInUse();
  assert.equal([...documented].filter((code) => !used.has(code)).sort(), []);
});

Errors.run();
