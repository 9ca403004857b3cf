/** Artefacts kept by content: the same inputs and options give the same key, and work already done is not done again. */

import { createHash, type Hash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Packr } from 'msgpackr';
import { writeFile } from '../files.ts';
import { programDigest } from './digests.ts';

const codec = new Packr({ useRecords: false, moreTypes: true });

export interface Cache {
  /** Folder of the artefacts; undefined: nothing is kept. */
  readonly folder: string | undefined;
  /** Names of the steps that found their artefact, and of those that ran. */
  readonly hits: string[];
  readonly misses: string[];
}

export function openCache(folder: string | undefined): Cache {
  return { folder, hits: [], misses: [] };
}

/** SHA-256 over strings, bytes, typed arrays and plain options (keys sorted), in order. 32 hex digits. */
export function contentKey(...parts: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const part of parts) addPart(hash, part);
  return hash.digest('hex').slice(0, 32);
}

function addPart(hash: Hash, part: unknown): void {
  if (ArrayBuffer.isView(part)) {
    hash.update(`#${part.byteLength}:`).update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  } else if (Array.isArray(part)) {
    hash.update(`[${part.length}`);
    for (const item of part) addPart(hash, item);
  } else if (typeof part === 'object' && part !== null) {
    const entries = Object.entries(part as Record<string, unknown>).filter(([, value]) => value !== undefined);
    hash.update(`{${entries.length}`);
    for (const [key, value] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${key}=`);
      addPart(hash, value);
    }
  } else {
    hash.update(`${typeof part}:${String(part)};`);
  }
}

/** File of an artefact. Another version of this program has other keys: it may make other artefacts of the same inputs. */
export function artefactPath(folder: string, step: string, key: string): string {
  return join(folder, step, `${contentKey(programDigest(), key)}.bin`);
}

/** Take the artefact `step`/`key` from the cache, or make it and keep it. A damaged entry is made anew. */
export async function cached<T>(cache: Cache, step: string, key: string, make: () => Promise<T>): Promise<T> {
  const path = cache.folder === undefined ? undefined : artefactPath(cache.folder, step, key);
  if (path !== undefined && existsSync(path)) {
    try {
      const value = codec.unpack(readFileSync(path)) as T;
      cache.hits.push(step);
      return value;
    } catch {
      rmSync(path, { force: true });
    }
  }
  cache.misses.push(step);
  const value = await make();
  // Long steps hold the thread: let a Ctrl-C that came meanwhile take effect before anything is written.
  // Signals are seen in the poll phase, between the timers and the immediates of one turn.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setImmediate(resolve));
  if (path !== undefined) writeFile(path, codec.pack(value));
  return value;
}
