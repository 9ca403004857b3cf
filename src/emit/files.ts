/** Emitted files, and how they reach the disk: all in memory first, each by a temporary file and a rename. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeFolder } from '../files.ts';
import { fail } from '../problem.ts';

export interface EmitFile {
  /** Relative to the output folder, with forward slashes. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Writes the files under `folder`. Throws EMIT-WRITE when the place cannot be written. */
export function writeEmitted(folder: string, files: readonly EmitFile[]): void {
  for (const { path, content } of files) {
    const full = join(folder, path);
    const temporary = `${full}.${process.pid}.tmp`;
    try {
      makeFolder(resolve(dirname(full)));
      writeFileSync(temporary, content);
      renameSync(temporary, full);
    } catch (error) {
      rmSync(temporary, { force: true });
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      fail({ code: 'EMIT-WRITE', message: `cannot write: ${reason}`, where: full });
    }
  }
}
