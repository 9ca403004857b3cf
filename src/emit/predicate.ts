/** Truth tables over the conditions of a stateful action as boolean expressions, as short as a few tries make them. */

import { isDeepStrictEqual } from 'node:util';
import type { SaluCondition } from '../program/index.ts';

/** Does the table hold in every outcome (undefined: always)? */
export function isAlways(when: number | undefined, conditions: number): boolean {
  return when === undefined || when === 2 ** (2 ** conditions) - 1;
}

/** Bit `outcome` of a truth table. */
export function holdsIn(when: number | undefined, outcome: number): boolean {
  return when === undefined || Math.floor(when / 2 ** outcome) % 2 === 1;
}

interface Cube {
  readonly care: number;
  readonly value: number;
}

/** Which outcomes can happen at all; the others are free. */
export type Feasible = (outcome: number) => boolean;

const anything: Feasible = () => true;

/** The same value cannot equal two constants: outcomes of such conditions that hold together never happen. */
export function feasibleOutcomes(conditions: readonly SaluCondition[]): Feasible {
  const exclusive: [number, number][] = [];
  conditions.forEach((one, c) => {
    conditions.slice(0, c).forEach((other, d) => {
      const constants = one.b.kind === 'const' && other.b.kind === 'const' && one.b.value !== other.b.value;
      const same = isDeepStrictEqual([one.a, one.minus], [other.a, other.minus]);
      if (one.op === 'eq' && other.op === 'eq' && same && constants) exclusive.push([c, d]);
    });
  });
  return (outcome) => exclusive.every(([c, d]) => ((outcome >> c) & (outcome >> d) & 1) === 0);
}

/** How products and sums of conditions are written: of booleans, or of single bits. */
export interface Joiners {
  readonly and: string;
  readonly or: string;
}

const BOOLEAN: Joiners = { and: ' && ', or: ' || ' };
export const BITWISE: Joiners = { and: ' & ', or: ' | ' };

/** The expression of a table; `term(c, positive)` writes condition c. `true`/`false` for constants. */
export function predicate(
  when: number | undefined,
  conditions: number,
  term: (c: number, positive: boolean) => string,
  feasible: Feasible = anything,
  joiners: Joiners = BOOLEAN,
): string {
  if (isAlways(when, conditions)) return 'true';
  const cubes = cover(when!, conditions, feasible);
  if (cubes.length === 0) return 'false';
  const product = ({ care, value }: Cube) => {
    const parts: string[] = [];
    for (let c = 0; c < conditions; c++) if ((care >> c) & 1) parts.push(term(c, ((value >> c) & 1) === 1));
    return parts.length > 1 && cubes.length > 1 ? `(${parts.join(joiners.and)})` : parts.join(joiners.and);
  };
  return cubes.map(product).join(joiners.or);
}

/** Largest cubes first, until every outcome of the table that can happen is covered. */
function cover(when: number, conditions: number, feasible: Feasible): Cube[] {
  const outcomes = 2 ** conditions;
  const cubes: Cube[] = [];
  for (let care = 0; care < outcomes; care++) {
    for (let value = care; ; value = (value - 1) & care) {
      const inside = members(care, value, outcomes).filter(feasible);
      if (inside.length > 0 && inside.every((one) => holdsIn(when, one))) cubes.push({ care, value });
      if (value === 0) break;
    }
  }
  const weight = ({ care }: Cube) => care.toString(2).split('1').length;
  cubes.sort((a, b) => weight(a) - weight(b) || a.care - b.care || a.value - b.value);
  const chosen: Cube[] = [];
  const covered = new Set<number>();
  for (const cube of cubes) {
    const inside = members(cube.care, cube.value, outcomes).filter(feasible);
    if (inside.every((one) => covered.has(one))) continue;
    chosen.push(cube);
    for (const one of inside) covered.add(one);
  }
  return chosen;
}

function members(care: number, value: number, outcomes: number): number[] {
  return Array.from({ length: outcomes }, (_, one) => one).filter((one) => (one & care) === value);
}
