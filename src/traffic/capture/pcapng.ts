/** pcapng: sections of either byte order, enhanced, simple and obsolete packet blocks; other blocks are skipped (draft-ietf-opsawg-pcapng). */
import { fail } from '../../problem.ts';
import type { Batch } from './buffers.ts';
import { refuseLinkType } from './classic.ts';
import {
  appendPacket,
  type Chunk,
  damaged,
  type Kernel,
  MAX_CAPTURED,
  newScanState,
  type ScanState,
} from './kernel.ts';
import { type NgInterface, readInterface, splitTicks, stamp } from './pcapng-options.ts';

export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE_BLOCK = 1;
const OBSOLETE_PACKET_BLOCK = 2;
const SIMPLE_PACKET_BLOCK = 3;
const ENHANCED_PACKET_BLOCK = 6;
/** As Wireshark: a longer block is taken for damage. */
const MAX_BLOCK = 16 * 1024 * 1024;
const MAX_INTERFACES = 65_536;

interface Section {
  little: boolean;
  interfaces: NgInterface[];
}

/** The kernel for a pcapng capture; its first block must be a section header, which `scan` reads. */
export function pcapngKernel(where: string): Kernel {
  const section: Section = { little: true, interfaces: [] };
  const state = newScanState();
  const kernel: Kernel = {
    format: 'pcapng',
    state,
    needed: 12,
    restName: () => 'block',
    scan: (chunk, at, batch) => scanBlocks(kernel, section, chunk, at, batch, where),
  };
  return kernel;
}

/** Block: [type:32][length:32] body [length:32]. */
function scanBlocks(kernel: Kernel, section: Section, chunk: Chunk, from: number, batch: Batch, where: string): number {
  const { view, end } = chunk;
  const { state } = kernel;
  let at = from;
  kernel.needed = 12;
  while (batch.count < batch.capacity && at + 12 <= end && state.damageReason === undefined) {
    const isSection = view.getUint32(at, true) === SECTION_HEADER;
    if (isSection && !startSection(section, state, chunk, at, where)) return at;
    const length = view.getUint32(at + 4, section.little);
    if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK) {
      damaged(state, `block length ${length} is not possible`, chunk.base + at);
      return at;
    }
    if (at + length > end) {
      kernel.needed = length;
      return at;
    }
    const trailer = view.getUint32(at + length - 4, section.little);
    if (trailer !== length) {
      damaged(state, `block lengths differ: ${length} in front, ${trailer} behind`, chunk.base + at);
      return at;
    }
    if (!isSection) readBlock(section, state, chunk, at, length, batch, where);
    if (state.damageReason !== undefined) return at;
    at += length;
  }
  return at;
}

/** Take the byte order of a new section; false (and damage, or an error for the first section) when it has none. */
function startSection(section: Section, state: ScanState, chunk: Chunk, at: number, where: string): boolean {
  const little = chunk.view.getUint32(at + 8, true) === BYTE_ORDER;
  if (!little && chunk.view.getUint32(at + 8, false) !== BYTE_ORDER) {
    if (chunk.base + at === 0) {
      fail({ code: 'TRAFFIC-NOT-CAPTURE', message: 'pcapng section header without a byte-order mark', where });
    }
    damaged(state, 'section header without a byte-order mark', chunk.base + at);
    return false;
  }
  // A higher major version may mean anything; minor ones are compatible. Bytes that are not there yet are met at the next call.
  const major = at + 14 <= chunk.end ? chunk.view.getUint16(at + 12, little) : 1;
  if (major !== 1) {
    if (chunk.base + at === 0) {
      fail({
        code: 'TRAFFIC-VERSION',
        message: `pcapng version ${major} is not readable`,
        where,
        need: 'version 1.x',
        have: `${major}`,
      });
    }
    damaged(state, `section of pcapng version ${major}`, chunk.base + at);
    return false;
  }
  section.little = little;
  section.interfaces = [];
  return true;
}

function readBlock(
  section: Section,
  state: ScanState,
  chunk: Chunk,
  at: number,
  length: number,
  batch: Batch,
  where: string,
): void {
  const type = chunk.view.getUint32(at, section.little);
  if (type === ENHANCED_PACKET_BLOCK || type === OBSOLETE_PACKET_BLOCK) {
    readPacket(section, state, chunk, at, length, batch, type === OBSOLETE_PACKET_BLOCK, where);
  } else if (type === SIMPLE_PACKET_BLOCK) {
    readSimple(section, state, chunk, at, length, batch, where);
  } else if (type === INTERFACE_BLOCK) {
    const face = readInterface(chunk.view, at + 8, at + length - 4, section.little);
    if (length < 20) damaged(state, `interface block of ${length} bytes`, chunk.base + at);
    else if (face === undefined) damaged(state, 'an option runs past its interface block', chunk.base + at);
    else if (section.interfaces.length >= MAX_INTERFACES) damaged(state, 'too many interfaces', chunk.base + at);
    else section.interfaces.push(face);
  }
}

/** Enhanced: [interface:32], obsolete: [interface:16][drops:16]; both: [ticks high:32][ticks low:32][captured:32][original:32] data. */
function readPacket(
  section: Section,
  state: ScanState,
  chunk: Chunk,
  at: number,
  length: number,
  batch: Batch,
  obsolete: boolean,
  where: string,
): void {
  const { view } = chunk;
  const little = section.little;
  if (length < 32) {
    damaged(state, `packet block of ${length} bytes`, chunk.base + at);
    return;
  }
  const number = obsolete ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little);
  const face = faceOf(section, state, number, chunk.base + at, where);
  if (face === undefined) return;
  const captured = view.getUint32(at + 20, little);
  if (captured > length - 32 || captured > MAX_CAPTURED) {
    damaged(state, `captured length ${captured} does not fit its block of ${length}`, chunk.base + at);
    return;
  }
  splitTicks(view.getUint32(at + 12, little), view.getUint32(at + 16, little), face);
  keep(state, batch, chunk, face, at + 28, captured, view.getUint32(at + 24, little));
}

/** Simple: [original:32] data; no time, interface 0, captured up to its snap length. */
function readSimple(
  section: Section,
  state: ScanState,
  chunk: Chunk,
  at: number,
  length: number,
  batch: Batch,
  where: string,
): void {
  if (length < 16) {
    damaged(state, `simple packet block of ${length} bytes`, chunk.base + at);
    return;
  }
  const face = faceOf(section, state, 0, chunk.base + at, where);
  if (face === undefined) return;
  const original = chunk.view.getUint32(at + 8, section.little);
  const limit = face.snapLength === 0 ? original : Math.min(original, face.snapLength);
  const captured = Math.min(limit, length - 16);
  if (captured > MAX_CAPTURED) {
    damaged(state, `captured length ${captured}`, chunk.base + at);
    return;
  }
  stamp.seconds = 0;
  stamp.nanos = 0;
  keep(state, batch, chunk, face, at + 12, captured, original);
}

/** The interface of that number; damage when the section has none of it, an error when nothing was read yet and it has none at all. */
function faceOf(
  section: Section,
  state: ScanState,
  number: number,
  offset: number,
  where: string,
): NgInterface | undefined {
  const face = section.interfaces[number];
  if (face !== undefined) return face;
  if (state.records === 0 && section.interfaces.length === 0) {
    fail({
      code: 'TRAFFIC-NOT-CAPTURE',
      message: 'a packet block comes before any interface block',
      where: `${where}, byte ${offset}`,
    });
  }
  damaged(state, `packet of interface ${number}, which the section does not describe`, offset);
  return undefined;
}

function keep(
  state: ScanState,
  batch: Batch,
  chunk: Chunk,
  face: NgInterface,
  start: number,
  captured: number,
  original: number,
): void {
  state.linkTypes.set(face.linkType, (state.linkTypes.get(face.linkType) ?? 0) + 1);
  if (face.kind === undefined) {
    state.records++;
    state.skippedLink++;
    return;
  }
  appendPacket(
    state,
    batch,
    chunk.bytes,
    face.kind,
    face.fcsBytes,
    start,
    captured,
    original,
    stamp.seconds,
    stamp.nanos,
  );
}

/** @throws ProblemError TRAFFIC-LINKTYPE when a whole capture held only link types we do not read. */
export function refuseIfNothingReadable(state: ScanState, where: string): void {
  if (state.packets > 0 || state.skippedLink === 0) return;
  for (const linkType of state.linkTypes.keys()) refuseLinkType(linkType, where);
}
