import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/** docs/architecture.md's table: the rooms each room may import, and those of which it may import types only. */
const LAW: Record<string, { any: string[]; types: string[] }> = {
  traffic: { any: [], types: [] },
  features: { any: [], types: ['program', 'traffic'] },
  model: { any: [], types: ['features', 'traffic'] },
  program: { any: [], types: [] },
  switch: { any: ['program'], types: [] },
  compiler: { any: ['model', 'features', 'program', 'switch'], types: ['traffic'] },
  engine: { any: ['program'], types: ['switch', 'traffic'] },
  replay: { any: ['traffic', 'features', 'model', 'program', 'engine'], types: [] },
  study: {
    any: ['traffic', 'features', 'model', 'program', 'switch', 'compiler', 'engine', 'replay', 'emit'],
    types: [],
  },
  report: { any: [], types: ['replay', 'switch', 'compiler', 'study', 'program', 'traffic'] },
  emit: { any: ['program', 'switch'], types: [] },
};

function sources(path: string): string[] {
  if (statSync(path).isFile()) return path.endsWith('.ts') ? [path] : [];
  return readdirSync(path).flatMap((name) => sources(join(path, name)));
}

interface Arrow {
  file: string;
  from: string;
  to: string;
  path: string;
  typeOnly: boolean;
}

const IMPORT = /^(import|export)(\s+type)?\s[^;]*?from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'\s*\)/gm;

function arrows(): Arrow[] {
  const found: Arrow[] = [];
  for (const file of sources('src')) {
    const text = readFileSync(file, 'utf8');
    const parts = relative('src', file).split('/');
    if (parts.length < 2) continue;
    for (const match of text.matchAll(IMPORT)) {
      const target = normalize(join(dirname(file), match[3] ?? match[4] ?? ''));
      const to = relative('src', target).split('/');
      if (to[0] === parts[0]) continue;
      found.push({
        file,
        from: parts[0] ?? '',
        to: to.length < 2 ? '.' : (to[0] ?? ''),
        path: target,
        typeOnly: match[2] !== undefined,
      });
    }
  }
  return found;
}

const Imports = suite('import law');

Imports('every arrow between rooms is in the table of docs/architecture.md', () => {
  const wrong = arrows().filter(({ from, to, typeOnly }) => {
    if (from === 'cli' || to === '.') return false;
    const law = LAW[from];
    return law === undefined || !(law.any.includes(to) || (typeOnly && law.types.includes(to)));
  });
  assert.equal(
    wrong.map(({ file, path, typeOnly }) => `${file} -> ${path}${typeOnly ? ' (types)' : ''}`),
    [],
  );
});

Imports('rooms are entered through their index', () => {
  const around = arrows().filter(({ to, path }) => to !== '.' && !/^src\/[a-z]+\/index\.ts$/.test(path));
  assert.equal(
    around.map(({ file, path }) => `${file} -> ${path}`),
    [],
  );
});

Imports('the only files outside rooms are the shared edges', () => {
  const loose = readdirSync('src').filter((name) => statSync(join('src', name)).isFile());
  assert.equal(loose.sort(), ['built.ts', 'files.ts', 'index.ts', 'problem.ts']);
});

Imports('every room has an index that says what it is for', () => {
  const silent = Object.keys(LAW).filter(
    (room) => !/^\/\*\*/.test(readFileSync(join('src', room, 'index.ts'), 'utf8')),
  );
  assert.equal(silent, []);
});

Imports.run();
