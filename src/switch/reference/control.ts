/** Control flow flattened: every `if` numbered in pre-order, every table with the branches under which it is applied. */

import type { Gress, Program, Step, Test } from '../../program/index.ts';

/** Under gateway `gate` (its number in the gress) with this outcome; gate -1: always. */
export interface Guard {
  readonly gate: number;
  readonly outcome: 0 | 1;
}

export interface FlatGate {
  readonly kind: 'gate';
  readonly gate: number;
  readonly all: readonly Test[];
  readonly under: Guard;
}

export interface FlatTable {
  readonly kind: 'table';
  readonly table: string;
  /** A table applied in several exclusive branches has one guard for each. */
  readonly under: readonly Guard[];
}

export type FlatStep = FlatGate | FlatTable;

const ALWAYS: Guard = { gate: -1, outcome: 1 };

/** Steps of one gress in program order; a table applied more than once stands at its first place with all its guards. */
export function flattenControl(program: Program, gress: Gress): FlatStep[] {
  const flat: FlatStep[] = [];
  const guards = new Map<string, Guard[]>();
  let gates = 0;
  const walk = (steps: readonly Step[], under: Guard) => {
    for (const step of steps) {
      if (step.kind === 'apply') {
        const known = guards.get(step.table);
        if (known) {
          known.push(under);
          continue;
        }
        const own = [under];
        guards.set(step.table, own);
        flat.push({ kind: 'table', table: step.table, under: own });
      } else {
        const gate = gates++;
        flat.push({ kind: 'gate', gate, all: step.all, under });
        walk(step.then, { gate, outcome: 1 });
        walk(step.else, { gate, outcome: 0 });
      }
    }
  };
  walk(gress === 'ingress' ? program.ingress : program.egress, ALWAYS);
  return flat;
}
