/** User errors are values with stable codes (STYLE.md): what, where, why, what would fix it. Bugs throw plain Errors. */

/** Codes are stable and documented in docs/errors.md. Prefix = room: CLI, TRAFFIC, MODEL, FEATURE, COMPILE, FIT, PROGRAM, RUN, EMIT. */
export interface Problem {
  readonly code: string;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** File, packet number or byte offset, ONNX node, YAML path with line: the place the user can go to. */
  readonly where?: string;
  readonly need?: string;
  readonly have?: string;
  /** What would fix it. */
  readonly hint?: string;
}

/** The one exception type for user errors; the CLI prints its problem and exits 2. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Throw a user error. */
export function fail(problem: Problem): never {
  throw new ProblemError(problem);
}

/** A problem as the terminal shows it: one line, plus a hint line if there is one. */
export function problemText(problem: Problem): string {
  const where = problem.where ? `${problem.where}: ` : '';
  const known = [problem.need && `need ${problem.need}`, problem.have && `have ${problem.have}`].filter(Boolean);
  const sizes = known.length > 0 ? ` (${known.join(', ')})` : '';
  const hint = problem.hint ? `\n  hint: ${problem.hint}` : '';
  return `${problem.code}: ${where}${problem.message}${sizes}${hint}`;
}

/** Reports work done so far; `total` is undefined when unknown. Called at most a few times a second by long loops. */
export type Progress = (what: string, done: number, total?: number) => void;
