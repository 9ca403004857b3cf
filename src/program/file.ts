/**
 * Program files (`.pgs`): a readable header with the hash of every section, then one msgpackr payload a section.
 *
 *     [magic "PEGASIM\n"][version u32 LE][header bytes u32 LE][header: JSON][section payloads, in header order]
 *
 * Same content, same bytes: keys are sorted, no dates, no paths. `mapped` is the compiler's own section; only `explain` and
 * the loss waterfall read it (ARCHITECTURE.md, idea 6).
 */

import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { Packr } from 'msgpackr';
import { fail } from '../problem.ts';
import type { Placement } from './placement.ts';
import type { Program } from './program.ts';

export const PGS_VERSION = 1;
const MAGIC = 'PEGASIM\n';
const PREFIX_BYTES = MAGIC.length + 8;
const SECTIONS = ['program', 'placement', 'mapped', 'meta'] as const;
type SectionName = (typeof SECTIONS)[number];

/** What a `.pgs` file holds. */
export interface PgsFile {
  readonly program: Program;
  readonly placement?: Placement;
  /** The compiler's knowledge (trees, float leaf values, formats, provenance); opaque here. */
  readonly mapped?: unknown;
  /** Options and versions that made it; plain values only. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** Hash of the inputs (model, data, options) that produced it; '' when unknown. */
  readonly inputs: string;
}

interface PgsHeader {
  readonly inputs: string;
  readonly sections: readonly { readonly name: SectionName; readonly bytes: number; readonly sha256: string }[];
}

// useRecords: a documented, self-describing format; moreTypes: typed arrays keep their type (msgpackr's default loses it).
const packr = new Packr({ useRecords: false, moreTypes: true, mapsAsObjects: true });

/** Hex SHA-256 of bytes or text. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The bytes of a `.pgs` file. Deterministic. */
export function encodePgs(file: PgsFile): Uint8Array {
  const payloads: Uint8Array[] = [];
  const sections: PgsHeader['sections'][number][] = [];
  for (const name of SECTIONS) {
    const content = file[name];
    if (content === undefined) continue;
    const bytes = Uint8Array.from(packr.pack(sortedCopy(content)));
    payloads.push(bytes);
    sections.push({ name, bytes: bytes.length, sha256: sha256(bytes) });
  }
  const header = Buffer.from(`${JSON.stringify({ inputs: file.inputs, sections })}\n`, 'utf8');
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 'latin1');
  prefix.writeUInt32LE(PGS_VERSION, MAGIC.length);
  prefix.writeUInt32LE(header.length, MAGIC.length + 4);
  return Buffer.concat([prefix, header, ...payloads]);
}

/**
 * Read `.pgs` bytes; `where` names them in errors.
 * @throws PROGRAM-FILE not a program file · PROGRAM-VERSION of another version · PROGRAM-TRUNCATED · PROGRAM-HASH damaged
 */
export function decodePgs(bytes: Uint8Array, where: string): PgsFile {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(buffer, where);
  let at = PREFIX_BYTES + buffer.readUInt32LE(MAGIC.length + 4);
  const found: Partial<Record<SectionName, unknown>> = {};
  for (const section of header.sections) {
    const payload = buffer.subarray(at, at + section.bytes);
    if (payload.length < section.bytes) truncated(where, at + section.bytes, buffer.length);
    if (sha256(payload) !== section.sha256) {
      fail({
        code: 'PROGRAM-HASH',
        message: `the section ${section.name} is damaged`,
        where,
        hint: 'compile it again',
      });
    }
    found[section.name] = packr.unpack(Buffer.from(payload));
    at += section.bytes;
  }
  if (found.program === undefined) fail({ code: 'PROGRAM-FILE', message: 'the file holds no program', where });
  return {
    program: found.program as Program,
    ...(found.placement === undefined ? {} : { placement: found.placement as Placement }),
    ...(found.mapped === undefined ? {} : { mapped: found.mapped }),
    meta: (found.meta ?? {}) as Record<string, unknown>,
    inputs: header.inputs,
  };
}

function readHeader(buffer: Buffer, where: string): PgsHeader {
  const magic = buffer.subarray(0, MAGIC.length).toString('latin1');
  if (buffer.length === 0 || !MAGIC.startsWith(magic)) {
    fail({
      code: 'PROGRAM-FILE',
      message: buffer.length === 0 ? 'the file is empty' : 'this is not a pegasim program (.pgs)',
      where,
      hint: 'make one with `pegasim compile`',
    });
  }
  if (buffer.length < PREFIX_BYTES) truncated(where, PREFIX_BYTES, buffer.length);
  const version = buffer.readUInt32LE(MAGIC.length);
  if (version !== PGS_VERSION) {
    fail({
      code: 'PROGRAM-VERSION',
      message: 'the program file is of another version',
      where,
      need: `version ${PGS_VERSION}`,
      have: `version ${version}`,
      hint: 'compile it again with this pegasim',
    });
  }
  const end = PREFIX_BYTES + buffer.readUInt32LE(MAGIC.length + 4);
  if (buffer.length < end) truncated(where, end, buffer.length);
  try {
    return JSON.parse(buffer.subarray(PREFIX_BYTES, end).toString('utf8')) as PgsHeader;
  } catch {
    return fail({ code: 'PROGRAM-HASH', message: 'the header is damaged', where, hint: 'compile it again' });
  }
}

function truncated(where: string, need: number, have: number): never {
  return fail({
    code: 'PROGRAM-TRUNCATED',
    message: 'the program file is cut short',
    where,
    need: `${need} bytes`,
    have: `${have} bytes`,
    hint: 'copy or compile it again',
  });
}

/** A copy with object keys sorted and absent values dropped, so that equal content packs to equal bytes. */
function sortedCopy(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return ownArray(value);
  if (Array.isArray(value)) return value.map(sortedCopy);
  if (value instanceof Map || value instanceof Set || typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([name, one]) => [name, sortedCopy(one)]));
}

/** Typed arrays that are views into shared or larger memory are packed from memory of their own. */
function ownArray(view: ArrayBufferView): unknown {
  if (view instanceof DataView || (view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength)) {
    return view;
  }
  const own = (view as unknown as { slice(): ArrayBufferView }).slice();
  const type = own.constructor as new (from: ArrayBufferView) => ArrayBufferView;
  return own.buffer instanceof ArrayBuffer ? own : new type(own);
}

/**
 * Write a `.pgs` file: into a temporary file beside it, then renamed, so nothing half-written is ever seen.
 * @throws PROGRAM-WRITE when the place cannot be written
 */
export function writePgs(path: string, file: PgsFile): void {
  const bytes = encodePgs(file);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const handle = openSync(temporary, 'w');
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, path);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary, { force: true });
    fail({ code: 'PROGRAM-WRITE', message: `cannot write the program: ${reasonOf(error)}`, where: path });
  }
}

/**
 * Read a `.pgs` file.
 * @throws PROGRAM-READ when it cannot be opened, and everything decodePgs throws
 */
export function readPgs(path: string): PgsFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return fail({ code: 'PROGRAM-READ', message: `cannot read the program: ${reasonOf(error)}`, where: path });
  }
  return decodePgs(bytes, path);
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file or folder';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return code ?? String(error);
}
