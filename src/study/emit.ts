/** Emission as a job: a compiled program, and packets for its test kit, to a folder of files. */

import { injectedRows, readTableModel } from '../compiler/index.ts';
import { type EmitFile, type EmitOptions, emitProgram, writeEmitted } from '../emit/index.ts';
import { type RunInput, readPgs } from '../program/index.ts';
import { readCaptures } from '../traffic/index.ts';
import { isTableModel } from './compile-task.ts';

export interface EmitTask extends Omit<EmitOptions, 'like' | 'kit'> {
  readonly program: string;
  /** An older program whose P4 is kept. */
  readonly like?: string;
  /** What makes the test kit: a capture, or a table-model folder with input vectors. */
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
    ...(kit === undefined ? {} : { kit: await kitInput(kit) }),
  });
  writeEmitted(out, files);
  return files;
}

/** Packets of a capture; or, for a program of injected features, the input vectors of a table model. */
async function kitInput(path: string): Promise<RunInput> {
  if (isTableModel(path)) return injectedRows(readTableModel(path)).input;
  return { kind: 'packets', packets: (await readCaptures([path])).packets };
}
