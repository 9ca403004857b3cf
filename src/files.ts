/** Files written whole or not at all: a temporary sibling, then a rename. Interrupted runs leave no half-written file. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { threadId } from 'node:worker_threads';
import { fail } from './problem.ts';

const pending = new Set<string>();
let watcher: (path: string, under: boolean) => void = () => {};

/** Be told of temporary files as they begin and end: a thread may be ended in the middle of one. */
export function watchPendingFiles(listener: (path: string, under: boolean) => void): void {
  watcher = listener;
}

function note(path: string, under: boolean): void {
  if (under) pending.add(path);
  else pending.delete(path);
  watcher(path, under);
}

/** Make a folder and its parents, one by one: `mkdir -p` of Node loops for ever below /proc. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** Remove the temporary files of writes still under way; called on Ctrl-C. */
export function dropPendingFiles(): void {
  dropFiles([...pending]);
}

/** Remove files, where there are any. */
export function dropFiles(paths: readonly string[]): void {
  for (const path of paths) drop(path);
}

/** `force` does not cover a parent that is no folder: then there is nothing to remove either. */
function drop(temporary: string): void {
  if (existsSync(temporary)) rmSync(temporary, { force: true, recursive: true });
  note(temporary, false);
}

/** Name a temporary sibling of `path` that vanishes on Ctrl-C until `settleFile` is called. */
export function pendingSibling(path: string): string {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${threadId}.tmp`);
  note(temporary, true);
  return temporary;
}

/** Remove a temporary sibling that nothing came of. */
export function dropSibling(temporary: string): void {
  drop(temporary);
}

/** Move a finished temporary file to its name. */
export function settleFile(temporary: string, path: string): void {
  renameSync(temporary, path);
  note(temporary, false);
}

/** A rename would replace a device or a pipe by a plain file. */
function refuseSpecial(path: string): void {
  if (!existsSync(path)) return;
  const there = statSync(path);
  if (there.isFile() || there.isDirectory()) return;
  fail({ code: 'FILE-WRITE', where: path, message: 'is a device or a pipe, not a file', hint: 'name a file to write' });
}

/**
 * Write a file atomically, making its folder if needed.
 * @throws ProblemError FILE-WRITE naming the path and the reason.
 */
export function writeFile(path: string, data: string | Uint8Array): void {
  refuseSpecial(path);
  const temporary = pendingSibling(path);
  try {
    makeFolder(resolve(dirname(path)));
    writeFileSync(temporary, data);
    settleFile(temporary, path);
  } catch (error) {
    drop(temporary);
    failFile('FILE-WRITE', path, 'cannot be written', error);
  }
}

/**
 * Fail early when `path` could not be written, before minutes are spent on what should go there.
 * @throws ProblemError FILE-WRITE
 */
export function checkWritable(path: string): void {
  refuseSpecial(path);
  const temporary = pendingSibling(path);
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
      fail({ code: 'FILE-WRITE', where: path, message: 'is a folder, not a file' });
    makeFolder(resolve(dirname(path)));
    writeFileSync(temporary, '');
  } catch (error) {
    failFile('FILE-WRITE', path, 'cannot be written', error);
  } finally {
    drop(temporary);
  }
}

/** Read a whole file. @throws ProblemError FILE-READ */
export function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    return failFile('FILE-READ', path, 'cannot be read', error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a part of the path is a file, not a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
};

/** Turn a file system error into a Problem; anything else (a bug, or a ProblemError) passes through. */
export function failFile(code: string, path: string, what: string, error: unknown): never {
  const errno = (error as NodeJS.ErrnoException).code;
  const reason = errno === undefined ? undefined : (REASONS[errno] ?? errno);
  if (reason === undefined) throw error;
  fail({ code, where: path, message: `${what}: ${reason}` });
}
