/** What a random table may read and write at its place in a random program, and the lists the program is gathered in. */

import type { Action, Field, Hash, Register, StatefulAction, Table } from '../../src/program/index.ts';
import type { Random } from './random.ts';

/** Growing lists of a program in the making. */
export interface Build {
  readonly random: Random;
  readonly compare: boolean;
  readonly fields: Map<string, Field>;
  readonly hashes: Hash[];
  readonly registers: Register[];
  readonly stateful: StatefulAction[];
  readonly actions: Action[];
  readonly tables: Table[];
}

/** Field names by what may be done with them here. */
export interface Scope {
  readonly gress: 'ingress' | 'egress';
  readonly read: readonly string[];
  readonly write: readonly string[];
}

export function bitsOf(build: Build, name: string): number {
  return build.fields.get(name)!.bits;
}

/** Members of a list at most (or above) 32 bits wide. */
export function narrow(build: Build, names: readonly string[]): string[] {
  return names.filter((name) => bitsOf(build, name) <= 32);
}

export function wide(build: Build, names: readonly string[]): string[] {
  return names.filter((name) => bitsOf(build, name) > 32);
}
