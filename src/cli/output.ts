/** Where text goes: results on stdout, progress and notes on stderr, problems on stderr or as JSON. */

import { writeSync } from 'node:fs';
import { type Problem, ProblemError, problemText } from '../problem.ts';
import type { Damage } from '../traffic/index.ts';
import { EXIT_BUG, EXIT_INPUT } from './exit.ts';

/** A closed pipe (`pegasim … | head`) ends the program quietly, as other tools do. */
export function quietOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      writeSync(2, `pegasim: FILE-WRITE: output cannot be written: ${error.code ?? error.message}\n`);
      process.exit(EXIT_INPUT);
    });
  }
}

/** A result for people or scripts. */
export function out(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** A remark for people; never part of the result. */
export function note(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** A value with sorted keys is left to its maker; numbers that JSON cannot hold become null. */
export function outJson(value: unknown): void {
  out(JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item), 2));
}

/** Print `--json` output or text. */
export function outResult(json: boolean | undefined, value: unknown, text: () => string): void {
  if (json) outJson(value);
  else out(text());
}

/** Report what ended the run and choose the exit code. User errors are one line and a hint; bugs ask for a report. */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof ProblemError) {
    printProblem(error.problem, json);
    return EXIT_INPUT;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  note(`internal error (please report it with the command line):\n${detail}`);
  return EXIT_BUG;
}

/** One problem on stderr; with --json also as an object on stdout so that scripts need not parse text. */
export function printProblem(problem: Problem, json: boolean): void {
  if (json) outJson({ error: problem });
  note(`pegasim: ${problemText(problem)}`);
}

/** Warnings of a dataset as notes; damage makes the result partial: reported, and exit code 2 unless accepted. */
export function warn(
  dataset: { readonly warnings: readonly string[]; readonly damage: readonly Damage[] },
  args: { quiet?: boolean | undefined; acceptDamage: boolean },
): void {
  if (!args.quiet) for (const warning of dataset.warnings) note(`warning: ${warning}`);
  for (const { file, packet, byteOffset, reason } of dataset.damage) {
    note(`damaged: ${file}, packet ${packet}, byte ${byteOffset}: ${reason}; what precedes it was used`);
  }
  if (dataset.damage.length > 0 && !args.acceptDamage) process.exitCode = EXIT_INPUT;
}
