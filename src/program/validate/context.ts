/** What every rule of the validator is given, and how it reports. */

import type { Problem } from '../../problem.ts';
import type { Lookup } from '../lookup.ts';
import type { Program } from '../program.ts';
import type { ChipRules } from '../rules.ts';

export interface Check {
  readonly program: Program;
  readonly at: Lookup;
  readonly rules: ChipRules;
  readonly problems: Problem[];
}

/** Report a problem; `code` without its PROGRAM- prefix. */
export function report(check: Check, code: string, where: string, message: string, sizes: Partial<Problem> = {}): void {
  check.problems.push({ code: `PROGRAM-${code}`, message, where, ...sizes });
}

/** Report a thing the chip cannot do. */
export function reportChip(check: Check, where: string, message: string, sizes: Partial<Problem> = {}): void {
  report(check, 'CHIP', where, `${check.rules.chip ?? 'the chip'} cannot do this: ${message}`, sizes);
}

export function whole(value: number): boolean {
  return Number.isSafeInteger(value);
}

export function powerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && Number.isInteger(Math.log2(value));
}
