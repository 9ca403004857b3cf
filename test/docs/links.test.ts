/** Links inside the documentation lead somewhere: files exist, headings exist. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pages } from './shell.ts';

/** As forges make anchors of headings. */
function anchors(path: string): Set<string> {
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

const Links = suite('links in the documentation');

Links('every relative link names a file, and its anchor a heading', () => {
  const dead = pages().flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page : normalize(join(dirname(page), file));
      const found = existsSync(path) && (anchor === undefined || anchors(path).has(anchor));
      return found ? [] : [`${page}: ${target}`];
    }),
  );
  assert.equal(dead, []);
});

Links('every page of docs is reached from README.md or docs/guide.md', () => {
  const reached = ['README.md', 'docs/guide.md'].flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s#]+)/g)].map(([, target = '']) =>
      normalize(join(dirname(page), target)),
    ),
  );
  const lost = pages().filter(
    (page) => page.startsWith('docs/') && !reached.includes(page) && page !== 'docs/guide.md',
  );
  assert.equal(lost, []);
});

Links.run();
