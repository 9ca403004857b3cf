/** Open a capture of any supported format and stream it in bounded batches: at most three chunks in memory, whatever the file's size. */
import { fail } from '../../problem.ts';
import type { Damage, PacketColumns, PacketCounts } from '../columns.ts';
import { finishBatch, sharedBytes } from './buffers.ts';
import { gunzipSource } from './gunzip.ts';
import { CHUNK_MARGIN, type Chunk, damaged, type Kernel, MAX_CAPTURED } from './kernel.ts';
import { linkName } from './linktype.ts';
import { refuseIfNothingReadable } from './pcapng.ts';
import { chooseKernel, isGzip, SNIFF_BYTES } from './sniff.ts';
import { type ByteSource, fileFacts, fileSource } from './source.ts';
import { batchMemory, chunkMemory, lend, moveOn, newSpare, type Reuse, type Spare, takeBack } from './spare.ts';

/** How to stream. */
export interface CaptureOptions {
  /** Written into every packet's `capture` column; default 0. */
  readonly capture?: number;
  /** Bytes of the file per chunk; default 1 MiB, at least 512 KiB. */
  readonly batchBytes?: number;
  /** Packets per batch at most; default 65,536. */
  readonly batchPackets?: number;
  /**
   * When a batch's memory may be used again: `never` (default: batches stay valid, the collector frees them late), `next` (a batch is valid until
   * the next is asked for) or `release` (until the consumer calls `release`; for batches that travel through workers). With the last two a capture
   * of any size streams in the memory of the batches under way.
   */
  readonly reuse?: Reuse;
}

/** What is known of a capture; complete once the stream has ended. */
export interface CaptureInfo {
  readonly path: string;
  readonly format: string;
  readonly gzip: boolean;
  readonly fileBytes: number;
  /** Records read, the skipped ones included. */
  readonly records: number;
  readonly packets: number;
  /** [name, packets] per link type met. */
  readonly linkTypes: readonly (readonly [string, number])[];
  readonly counts: PacketCounts;
  readonly damage: Damage | undefined;
}

/** An open capture: iterate once, then ask `info()`. */
export interface Capture extends AsyncIterable<PacketColumns> {
  info(): CaptureInfo;
  /** With `reuse: 'release'`: this batch is done with, its memory may be written to. */
  release(batch: PacketColumns): void;
  /** Let go of the file without reading on. The end of an iteration does it too. */
  close(): Promise<void>;
}

/** A tail carried from one chunk to the next: one classic record at most. */
const HEAD_ROOM = MAX_CAPTURED + 64 + CHUNK_MARGIN;

interface Opened {
  readonly path: string;
  readonly gzip: boolean;
  readonly fileBytes: number;
  readonly source: ByteSource;
  readonly kernel: Kernel;
  readonly head: Uint8Array;
  readonly start: number;
}

/**
 * Open a capture: classic pcap (µs, ns, either byte order, modified), pcapng, or one of them in gzip. Batches come in file order; every frame
 * begins with an Ethernet header. Damage ends the stream after the packets before it and is told by `info().damage`.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE, TRAFFIC-EMPTY, TRAFFIC-NOT-CAPTURE, TRAFFIC-HEADER-CUT, TRAFFIC-COMPRESSED,
 * TRAFFIC-VERSION, TRAFFIC-LINKTYPE (the last also at the end of a pcapng stream without any readable interface)
 */
export async function openCapture(path: string, options: CaptureOptions = {}): Promise<Capture> {
  const opened = await sniff(path);
  const spare = newSpare(options.reuse ?? 'never');
  return {
    [Symbol.asyncIterator]: () => batches(opened, options, spare),
    info: () => infoOf(opened),
    release: (batch) => takeBack(spare, batch),
    close: () => opened.source.close(),
  };
}

async function sniff(path: string): Promise<Opened> {
  const { bytes: fileBytes, regular } = await fileFacts(path);
  let source = await fileSource(path);
  let head = new Uint8Array(SNIFF_BYTES);
  let length = await source.fill(head, 0, SNIFF_BYTES);
  const gzip = isGzip(head, length);
  if (gzip) {
    source = gunzipSource(source, head.slice(0, length), regular ? path : undefined);
    length = await source.fill(head, 0, SNIFF_BYTES);
  }
  head = head.slice(0, length);
  try {
    const trouble = source.trouble();
    if (length === 0 && trouble !== undefined) fail({ code: 'TRAFFIC-HEADER-CUT', message: trouble, where: path });
    return { path, gzip, fileBytes, source, head, ...chooseKernel(head, path) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function infoOf(opened: Opened): CaptureInfo {
  const { state, format } = opened.kernel;
  const named = [...state.linkTypes].map(([type, count]) => [linkName(type), count] as const);
  const synthetic = [...state.linkTypes].reduce((sum, [type, count]) => sum + (type === 1 ? 0 : count), 0);
  const { records, packets, skippedLink, cut, backwards, damageReason, damageOffset } = state;
  const damage =
    damageReason === undefined
      ? undefined
      : { file: opened.path, packet: records, byteOffset: damageOffset, reason: damageReason };
  return {
    path: opened.path,
    format: opened.gzip ? `${format}, gzip` : format,
    gzip: opened.gzip,
    fileBytes: opened.fileBytes,
    records,
    packets,
    linkTypes: named,
    counts: {
      records,
      packets,
      skippedLinkType: skippedLink,
      syntheticEthernet: synthetic - skippedLink,
      capturedShort: cut,
      timeBackwards: backwards,
    },
    damage,
  };
}

function newChunk(bytes: Uint8Array, base: number): Chunk {
  return { bytes, view: new DataView(bytes.buffer), base, end: 0 };
}

/** One chunk being read ahead while the consumer works on the one before. */
interface Ahead {
  readonly chunk: Chunk;
  readonly got: Promise<number>;
}

function readAhead(source: ByteSource, chunkBytes: number, spare: Spare): Ahead {
  const chunk = newChunk(chunkMemory(spare, HEAD_ROOM + chunkBytes), 0);
  const got = source.fill(chunk.bytes, HEAD_ROOM, chunkBytes);
  got.catch(() => undefined); // awaited later; an early end of the iteration must not leave it unhandled
  return { chunk, got };
}

/** The first chunk: what sniffing read, and what follows. It has the size of the others, so that its memory can serve again. */
async function firstChunk(opened: Opened, chunkBytes: number): Promise<Chunk> {
  const chunk = newChunk(sharedBytes(HEAD_ROOM + chunkBytes), -CHUNK_MARGIN);
  chunk.bytes.set(opened.head, CHUNK_MARGIN);
  const from = CHUNK_MARGIN + opened.head.length;
  chunk.end = from + (await opened.source.fill(chunk.bytes, from, chunkBytes));
  return chunk;
}

async function* batches(
  opened: Opened,
  options: CaptureOptions,
  spare: Spare,
): AsyncGenerator<PacketColumns, void, undefined> {
  const { source, kernel, path } = opened;
  const wanted = Math.max(options.batchBytes ?? 1 << 20, 512 << 10);
  // A small file needs no big chunk; a pipe has size 0 and may be of any length.
  const chunkBytes = opened.gzip || opened.fileBytes === 0 ? wanted : Math.min(wanted, opened.fileBytes + 64);
  const capacity = options.batchPackets ?? 65_536;
  try {
    let chunk = await firstChunk(opened, chunkBytes);
    moveOn(spare, chunk.bytes);
    let ended = chunk.end < CHUNK_MARGIN + opened.head.length + chunkBytes;
    let at = CHUNK_MARGIN + opened.start;
    for (;;) {
      const ahead = ended ? undefined : readAhead(source, chunkBytes, spare);
      for (;;) {
        const batch = batchMemory(spare, Math.min(capacity, ((chunk.end - at) >>> 6) + 16));
        at = kernel.scan(chunk, at, batch);
        const full = batch.count === batch.capacity;
        if (batch.count > 0) {
          const columns = finishBatch(batch, chunk.bytes, options.capture ?? 0);
          lend(spare, columns, batch, chunk.bytes);
          yield columns;
          if (spare.reuse === 'next') takeBack(spare, columns);
        } else if (spare.reuse !== 'never') spare.batches.push(batch);
        if (!full) break;
      }
      if (kernel.state.damageReason !== undefined) break;
      if (ahead === undefined) {
        noteRest(opened, chunk, at);
        break;
      }
      const got = await ahead.got;
      ended = got < chunkBytes;
      [chunk, at] = await joinChunks(source, kernel, chunk, at, ahead.chunk, got);
      moveOn(spare, chunk.bytes);
      if (kernel.needed > chunk.end - at) ended = true;
    }
    refuseIfNothingReadable(kernel.state, path);
  } finally {
    await source.close();
  }
}

/** What is left at the end of the file is damage: a record cut short, or a damaged compression. */
function noteRest(opened: Opened, chunk: Chunk, at: number): void {
  const { kernel, source } = opened;
  const rest = chunk.end - at;
  const trouble = source.trouble();
  if (trouble !== undefined) damaged(kernel.state, trouble, chunk.base + at);
  else if (rest > 0) damaged(kernel.state, `the file ends inside a ${kernel.restName(rest)}`, chunk.base + at);
}

/** Put the unread rest of `chunk` in front of the bytes read ahead; a record longer than both is read on, up to its end. */
async function joinChunks(
  source: ByteSource,
  kernel: Kernel,
  chunk: Chunk,
  at: number,
  next: Chunk,
  got: number,
): Promise<[Chunk, number]> {
  const rest = chunk.end - at;
  const extra = Math.max(0, kernel.needed - rest - got);
  const inPlace = extra === 0 && rest + CHUNK_MARGIN <= HEAD_ROOM;
  const start = inPlace ? HEAD_ROOM - rest : CHUNK_MARGIN;
  const bytes = inPlace ? next.bytes : sharedBytes(CHUNK_MARGIN + rest + got + extra);
  bytes.set(chunk.bytes.subarray(at, chunk.end), start);
  if (!inPlace) bytes.set(next.bytes.subarray(HEAD_ROOM, HEAD_ROOM + got), start + rest);
  const more = extra === 0 ? 0 : await source.fill(bytes, start + rest + got, extra);
  const joined = {
    bytes,
    view: new DataView(bytes.buffer),
    base: chunk.base + at - start,
    end: start + rest + got + more,
  };
  return [joined, start];
}
