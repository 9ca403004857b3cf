/** The chips that ship, by name. */

import { fail } from '../../problem.ts';
import type { Chip } from './chip.ts';
import { TOFINO } from './tofino.ts';
import { TOFINO2, TOFINO2H, TOFINO2M, TOFINO2U } from './tofino2.ts';
import { UNBOUNDED } from './unbounded.ts';

export const CHIPS: readonly Chip[] = [TOFINO, TOFINO2, TOFINO2M, TOFINO2U, TOFINO2H, UNBOUNDED];

/** A chip by name. Throws FIT-CHIP for a name that is not known. */
export function chipNamed(name: string): Chip {
  const chip = CHIPS.find((candidate) => candidate.name === name);
  if (chip) return chip;
  return fail({
    code: 'FIT-CHIP',
    message: `unknown chip "${name}"`,
    hint: `one of ${CHIPS.map((known) => known.name).join(', ')}, or a YAML file that describes a custom chip`,
  });
}
