/** The validator: every rule of PROGRAM.md that a program can break, by subject; chip limits through ChipRules. */

import { fail, type Problem, problemText } from '../problem.ts';
import { lookupOf } from './lookup.ts';
import type { Program } from './program.ts';
import type { ChipRules } from './rules.ts';
import { checkActions } from './validate/actions.ts';
import { checkBridge } from './validate/bridge.ts';
import type { Check } from './validate/context.ts';
import { checkControl } from './validate/control.ts';
import { checkNames } from './validate/names.ts';
import { checkParser } from './validate/parser.ts';
import { checkStateful } from './validate/stateful.ts';
import { checkTables } from './validate/tables.ts';
import { checkWidths } from './validate/widths.ts';

/**
 * Everything wrong with a program, as problems with PROGRAM- codes; empty when it is valid on a chip with these rules
 * (none: the target `unbounded`). When names do not resolve, only those are reported.
 */
export function validateProgram(program: Program, rules: ChipRules = {}): Problem[] {
  const check: Check = { program, at: lookupOf(program), rules, problems: [] };
  checkNames(check);
  if (check.problems.length > 0) return check.problems;
  checkWidths(check);
  const parserSound = checkParser(check);
  checkActions(check);
  checkStateful(check);
  checkTables(check);
  checkControl(check, parserSound);
  checkBridge(check);
  return unique(check.problems);
}

/** Throws the first problem of an invalid program, the number of others in its hint. */
export function assertValid(program: Program, rules: ChipRules = {}): void {
  const problems = validateProgram(program, rules);
  if (problems.length === 0) return;
  const more = problems.length > 1 ? `${problems.length - 1} more; next: ${problemText(problems[1])}` : undefined;
  fail({
    ...problems[0],
    ...(more === undefined ? {} : { hint: [problems[0].hint, more].filter(Boolean).join('; ') }),
  });
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((one) => [problemText(one), one])).values()];
}
