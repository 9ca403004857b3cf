/**
 * Are compiled WebAssembly modules those of this code? `wasm/build.mjs` stamps each module with a digest of its sources and of what both
 * sides of the call agree on; a module of another version may do nothing where it meets a number it does not know.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a module was built from. */
export interface Stamp {
  /** Digest of the source files. */
  readonly sources: string;
  /** Digest of the agreement with the TypeScript side; empty when there is none. */
  readonly contract: string;
}

/** Custom section of the module that holds the stamp (WebAssembly Core 2.0, 5.5.3). */
const SECTION = 'pegasim';

/** SHA-256, 16 hex digits. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Digest of the `.ts` files of a folder, by name and content, whatever ends their lines. */
export function sourceDigest(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const texts = files.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')]);
  return textDigest(JSON.stringify(texts));
}

/** A module's bytes with its stamp as a custom section at the end. */
export function stamped(module: Uint8Array, stamp: Stamp): Uint8Array {
  const name = Buffer.from(SECTION);
  const body = Buffer.concat([Buffer.from([name.length]), name, Buffer.from(JSON.stringify(stamp))]);
  const size: number[] = [];
  for (let rest = body.length; ; rest >>>= 7) {
    size.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  return Buffer.concat([module, Buffer.from([0, ...size]), body]);
}

/**
 * Why a module is not that of this code, or undefined when it is.
 * @param sources folder of its sources; an installed package has none, and the stamp's contract decides alone
 * @param contract text of what both sides agree on
 */
export function staleness(module: WebAssembly.Module, sources: string, contract = ''): string | undefined {
  const [section] = WebAssembly.Module.customSections(module, SECTION);
  if (section === undefined) return 'it does not say what it was built from';
  const stamp = JSON.parse(Buffer.from(section).toString()) as Stamp;
  if (stamp.contract !== (contract === '' ? '' : textDigest(contract)))
    return 'it was built for another version of this code';
  if (existsSync(sources) && stamp.sources !== sourceDigest(sources))
    return 'its sources have changed since it was built';
  return undefined;
}
