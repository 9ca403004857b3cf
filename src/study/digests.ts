/** Digests of what decides a result: files, folders, the program itself. */

import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { failFile } from '../files.ts';

const BLOCK = 1 << 22;

/** SHA-256 of a file's content, read in blocks. @throws ProblemError FILE-READ */
export function fileDigest(path: string): string {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(BLOCK);
  try {
    const handle = openSync(path, 'r');
    try {
      for (let got = readSync(handle, block); got > 0; got = readSync(handle, block))
        hash.update(block.subarray(0, got));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    failFile('FILE-READ', path, 'cannot be read', error);
  }
  return hash.digest('hex');
}

/** Names and digests of a file, or of all files below a folder, sorted by name. @throws ProblemError FILE-READ */
export function treeDigest(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [fileDigest(path)];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((name) => statSync(join(path, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => `${name}=${fileDigest(join(path, name))}`);
}

let own: string | undefined;

/** Digest of the running program itself: its version and every file of its code. Read once a process. */
export function programDigest(): string {
  if (own !== undefined) return own;
  const home = join(import.meta.dirname, '..');
  const code = extname(import.meta.filename);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name) === code);
  const hash = createHash('sha256').update(readFileSync(join(home, '..', 'package.json')));
  for (const name of files.sort()) hash.update(readFileSync(join(home, name)));
  own = hash.digest('hex').slice(0, 32);
  return own;
}
