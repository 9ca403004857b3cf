/** Where the bytes of a capture come from. Read in order, once. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { fail } from '../../problem.ts';

/** Bytes in order. */
export interface ByteSource {
  /** Fill bytes[at, at + length) as far as the source goes; returns the bytes read, less than `length` only at the end. */
  fill(bytes: Uint8Array, at: number, length: number): Promise<number>;
  /** Why the source ended early (damaged compression), once all before is delivered; undefined when it ended as it should. */
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

/** Size of a file in bytes, and whether it can be read more than once (pipes cannot). */
export interface FileFacts {
  readonly bytes: number;
  readonly regular: boolean;
}

/**
 * Looks at a file before it is opened.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE
 */
export async function fileFacts(path: string): Promise<FileFacts> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) fail({ code: 'TRAFFIC-UNREADABLE', message: 'a folder, not a capture', where: path });
    return { bytes: facts.size, regular: facts.isFile() };
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
