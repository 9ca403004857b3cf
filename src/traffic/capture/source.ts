/** Where the bytes of a capture come from: a file, or a file through gunzip. Read in order, once. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { fail } from '../../problem.ts';

/** Bytes in order. */
export interface ByteSource {
  /** Fill bytes[at, at + length) as far as the source goes; returns the bytes read, less than `length` only at the end. */
  fill(bytes: Uint8Array, at: number, length: number): Promise<number>;
  /** Why the source ended early (damaged compression); undefined when it ended as it should. */
  readonly trouble: () => string | undefined;
  close(): Promise<void>;
}

const REASONS: Readonly<Record<string, [code: string, message: string]>> = {
  ENOENT: ['TRAFFIC-NOT-FOUND', 'no such file'],
  ENOTDIR: ['TRAFFIC-NOT-FOUND', 'no such file'],
  EISDIR: ['TRAFFIC-UNREADABLE', 'a folder, not a capture'],
  EACCES: ['TRAFFIC-UNREADABLE', 'not readable: permission denied'],
  EPERM: ['TRAFFIC-UNREADABLE', 'not readable: permission denied'],
};

/** Turn a file system error into a user error; anything else is rethrown. */
export function failOnFile(error: unknown, path: string): never {
  const name = (error as NodeJS.ErrnoException).code;
  if (name === undefined) throw error;
  const [code, message] = REASONS[name] ?? ['TRAFFIC-UNREADABLE', `not readable: ${name}`];
  fail({ code, message, where: path });
}

/**
 * Size of a readable file in bytes.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE
 */
export async function fileSize(path: string): Promise<number> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) fail({ code: 'TRAFFIC-UNREADABLE', message: 'a folder, not a capture', where: path });
    return facts.size;
  } catch (error) {
    failOnFile(error, path);
  }
}

/** @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE */
export async function fileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    failOnFile(error, path);
  }
  return {
    async fill(bytes, at, length) {
      let got = 0;
      while (got < length) {
        const { bytesRead } = await handle
          .read(bytes, at + got, length - got)
          .catch((error) => failOnFile(error, path));
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return got;
    },
    trouble: () => undefined,
    close: () => handle.close(),
  };
}

/** The decompressed bytes of a gzip file; a damaged stream ends with `trouble` set and everything before it delivered. */
export function gunzipSource(path: string): ByteSource {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const stream = createGunzip({ chunkSize: 1 << 18 });
  file.on('error', (error) => stream.destroy(error));
  file.pipe(stream);
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Uint8Array = new Uint8Array(0);
  let trouble: string | undefined;
  let ended = false;
  const next = async (): Promise<void> => {
    try {
      const step = await chunks.next();
      if (step.done) ended = true;
      else rest = step.value;
    } catch (error) {
      ended = true;
      trouble = `gzip stream is damaged (${(error as Error).message})`;
    }
  };
  return {
    async fill(bytes, at, length) {
      let got = 0;
      while (got < length) {
        if (rest.length === 0 && !ended) await next();
        if (rest.length === 0) break;
        const part = rest.subarray(0, length - got);
        bytes.set(part, at + got);
        got += part.length;
        rest = rest.subarray(part.length);
      }
      return got;
    },
    trouble: () => trouble,
    async close() {
      file.destroy();
      stream.destroy();
    },
  };
}
