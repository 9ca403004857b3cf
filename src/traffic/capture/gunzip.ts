/** Decompressed bytes of a gzip source: members one after the other, and of a damaged one everything up to the damage. */
import { createReadStream } from 'node:fs';
import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import type { ByteSource } from './source.ts';

/** Compressed bytes read, and given to the decompressor, at a time: a few kilobytes can become megabytes. */
const READ_BYTES = 1 << 18;
const SLICE_BYTES = 1 << 16;
const OUTPUT_BYTES = 1 << 18;
/** A decompressor keeps the output of the call that failed to itself: the rest is fetched in pieces of so many bytes… */
const FINE_BYTES = 64;
/** …if the damage lies within so many decompressed bytes. */
const FINE_LIMIT = 1 << 24;

/** A decompressor fed by hand: what it gave out waits in `queue`. */
interface Pump {
  readonly stream: Gunzip | InflateRaw;
  readonly queue: Uint8Array[];
  /** Resolves once the stream is over, well or not. */
  readonly closed: Promise<void>;
  trouble: string | undefined;
  /** Bytes given out. */
  out: number;
}

function newPump(stream: Gunzip | InflateRaw): Pump {
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  const pump: Pump = { stream, queue: [], closed, trouble: undefined, out: 0 };
  stream.on('data', (bytes: Buffer) => {
    pump.queue.push(bytes);
    pump.out += bytes.length;
  });
  stream.on('error', (error) => {
    pump.trouble ??= error.message;
  });
  return pump;
}

/** Everything that `bytes` decompress to is in the queue when it resolves; a stream that fails never calls back. */
function feed(pump: Pump, bytes: Uint8Array): Promise<void> {
  const written = new Promise<void>((resolve) => {
    pump.stream.write(bytes, () => resolve());
  });
  return Promise.race([written, pump.closed]);
}

/** The end of the compressed bytes: the last output comes, or the stream turns out to be cut. */
function finish(pump: Pump): Promise<void> {
  pump.stream.end();
  return pump.closed;
}

/**
 * Decompresses what `source` brings after `head`. `path`: of a regular file, read again from its start when it is damaged, to get at the bytes right
 * before the damage; undefined for pipes. Closing closes the source.
 */
export function gunzipSource(source: ByteSource, head: Uint8Array, path: string | undefined): ByteSource {
  const pump = newPump(createGunzip({ chunkSize: OUTPUT_BYTES }));
  let waiting = head;
  let ended = false;
  let trouble: string | undefined;
  let ahead: Promise<void> | undefined;
  const step = async (): Promise<void> => {
    if (waiting.length === 0) {
      const bytes = new Uint8Array(READ_BYTES);
      waiting = bytes.subarray(0, await source.fill(bytes, 0, READ_BYTES));
    }
    if (waiting.length === 0) await finish(pump);
    else await feed(pump, waiting.subarray(0, SLICE_BYTES));
    ended = waiting.length === 0 || pump.trouble !== undefined;
    waiting = waiting.subarray(SLICE_BYTES);
    if (pump.trouble === undefined) return;
    trouble = `gzip stream is damaged (${pump.trouble})`;
    if (path !== undefined && pump.out < FINE_LIMIT) pump.queue.push(...(await fineBytes(path, pump.out)));
  };
  return {
    async fill(bytes, at, length) {
      let got = 0;
      while (got < length) {
        const next = pump.queue[0];
        if (next === undefined && ended) break;
        if (next === undefined) {
          await (ahead ?? step());
          ahead = undefined;
          continue;
        }
        const part = next.subarray(0, length - got);
        bytes.set(part, at + got);
        got += part.length;
        if (part.length === next.length) pump.queue.shift();
        else pump.queue[0] = next.subarray(part.length);
      }
      // The next slice is decompressed while the consumer works on this one.
      if (pump.queue.length === 0 && !ended && ahead === undefined) {
        ahead = step();
        ahead.catch(() => undefined); // met at the next call
      }
      return got;
    },
    trouble: () => (pump.queue.length === 0 ? trouble : undefined),
    async close() {
      pump.stream.destroy();
      await ahead?.catch(() => undefined);
      await source.close();
    },
  };
}

/** What the first member yields after `skip` bytes, up to its damage. Checksums are not looked at. */
async function fineBytes(path: string, skip: number): Promise<Uint8Array[]> {
  const pump = newPump(createInflateRaw({ chunkSize: FINE_BYTES }));
  const out: Uint8Array[] = [];
  let head: Uint8Array | undefined = new Uint8Array(0);
  const take = () => {
    let before = pump.out - pump.queue.reduce((sum, bytes) => sum + bytes.length, 0);
    for (const bytes of pump.queue.splice(0)) {
      if (before + bytes.length > skip) out.push(bytes.subarray(Math.max(0, skip - before)));
      before += bytes.length;
    }
  };
  const file = createReadStream(path, { highWaterMark: SLICE_BYTES });
  try {
    for await (const chunk of file as AsyncIterable<Uint8Array>) {
      let bytes = chunk;
      if (head !== undefined) {
        const joined: Uint8Array = Buffer.concat([head, chunk]);
        const start = memberStart(joined);
        head = start === undefined ? joined : undefined;
        if (start === undefined) continue;
        bytes = joined.subarray(start);
      }
      await feed(pump, bytes);
      take();
      if (pump.trouble !== undefined || pump.stream.readableEnded) break;
    }
  } finally {
    pump.stream.destroy();
    file.destroy();
  }
  return out;
}

const FLAG_CHECKSUM = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;

/** Where a member's compressed data begins (RFC 1952); undefined when the header is not whole. */
function memberStart(bytes: Uint8Array): number | undefined {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & FLAG_EXTRA) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const text of [FLAG_NAME, FLAG_COMMENT]) {
    if ((flags & text) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if (flags & FLAG_CHECKSUM) at += 2;
  return at <= bytes.length ? at : undefined;
}
