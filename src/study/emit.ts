/** Emission as a job: a compiled program, and packets for its test kit, to a folder of files. */

import { type EmitFile, type EmitOptions, emitProgram, writeEmitted } from '../emit/index.ts';
import { readPgs } from '../program/index.ts';
import { readCaptures } from '../traffic/index.ts';

export interface EmitTask extends Omit<EmitOptions, 'like' | 'kit'> {
  readonly program: string;
  /** An older program whose P4 is kept. */
  readonly like?: string;
  /** Capture whose packets make the test kit. */
  readonly kit?: string;
  readonly out: string;
}

/**
 * Write P4, entries and test kit.
 * @throws ProblemError PROGRAM-*, EMIT-*, TRAFFIC-*
 */
export async function emitTask(task: EmitTask): Promise<readonly EmitFile[]> {
  const { program: path, like, kit, out, ...options } = task;
  const { program, placement } = readPgs(path);
  const files = emitProgram(program, placement, {
    ...options,
    ...(like === undefined ? {} : { like: readPgs(like).program }),
    ...(kit === undefined ? {} : { kit: { kind: 'packets', packets: (await readCaptures([kit])).packets } }),
  });
  writeEmitted(out, files);
  return files;
}
