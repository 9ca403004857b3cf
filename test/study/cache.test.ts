import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cached, contentKey, openCache } from '../../src/study/cache.ts';

const Cache = suite('artefact cache');

Cache('keys do not depend on the order of options but on every value', () => {
  assert.is(contentKey({ a: 1, b: 'x' }), contentKey({ b: 'x', a: 1 }));
  assert.is.not(contentKey({ a: 1 }), contentKey({ a: '1' }));
  assert.is.not(contentKey(['ab', 'c']), contentKey(['a', 'bc']));
  assert.is.not(contentKey(new Uint8Array([1, 2])), contentKey(new Uint8Array([1, 3])));
  assert.is(contentKey({ a: 1, gone: undefined }), contentKey({ a: 1 }));
});

Cache('the second time nothing is made, typed arrays come back as they were', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-cache-'));
  let made = 0;
  const make = async () => ({ rows: new Float32Array([1.5, 2.5]), made: ++made });
  await cached(openCache(folder), 'train', 'k', make);
  const again = await cached(openCache(folder), 'train', 'k', make);
  assert.is(made, 1);
  assert.ok(again.rows instanceof Float32Array);
  assert.equal([...again.rows], [1.5, 2.5]);
});

Cache('a damaged entry is made anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegasim-cache-'));
  await cached(openCache(folder), 'fit', 'k', async () => ({ good: 1 }));
  const [entry = ''] = readdirSync(join(folder, 'fit'));
  writeFileSync(join(folder, 'fit', entry), Buffer.from([0xc1, 0xff, 0x00]));
  assert.equal(await cached(openCache(folder), 'fit', 'k', async () => ({ good: 2 })), { good: 2 });
});

Cache('without a folder nothing is kept', async () => {
  const cache = openCache(undefined);
  await cached(cache, 'train', 'k', async () => 1);
  await cached(cache, 'train', 'k', async () => 1);
  assert.equal(cache.misses, ['train', 'train']);
});

Cache.run();
