/**
 * Narrow fields that end up several in one container. The compiler allocates the header vector before it places tables, when lives
 * are not known by stage; here they are all taken to overlap. A copy-only (mocha) container holds one field, since a copy writes all
 * of it; when these run out, the narrow fields that are left go into ordinary containers, where a deposit writes a part, and there
 * the allocator prefers a container that has room to a new one (T:bf-p4c/phv/allocate_phv.cpp, AllocScore). Which of several alike
 * fields are left over is not known: here those declared last.
 */

import type { Demand } from '../demand/demand.ts';
import type { Reserve } from '../place/reserve.ts';
import type { Chip } from '../targets/chip.ts';
import { allocatePhv } from './allocate.ts';
import type { Stages } from './items.ts';

const BYTE = 8;
const CONTAINER_BITS = 32;

/** Every table in the first and in the last stage: all lives overlap. */
function allStages(demand: Demand, chip: Chip): Stages {
  const ends = [0, Math.max(0, chip.stages - 1)];
  return { parts: demand.tables.flatMap((_, table) => ends.map((stage) => ({ table, stage }))) };
}

/** Metadata narrower than a byte that tables write as a whole and no arithmetic touches. */
function narrowFields(demand: Demand): ReadonlyMap<string, number> {
  const actions = demand.tables.flatMap((table) => table.actions);
  const arithmetic = new Set(actions.flatMap((action) => action.arithmetic));
  const written = new Set(actions.flatMap((action) => action.writes));
  const narrow = demand.fields.filter(
    ({ name, bits, header }) => bits < BYTE && !header && written.has(name) && !arithmetic.has(name),
  );
  return new Map(narrow.map(({ name, bits }) => [name, bits]));
}

/** Fields of each container that holds several, on a chip with copy-only containers; none while those suffice. */
export function crowdedContainers(demand: Demand, chip: Chip, reserve: Reserve): string[][] {
  const { groups, mochaPerGroup } = chip.phv;
  if (mochaPerGroup === 0 || groups[8] === Infinity) return [];
  const narrow = narrowFields(demand);
  const { uses } = allocatePhv(demand, allStages(demand, chip), chip, reserve);
  const ordinary = uses.filter(({ field, container }) => narrow.has(field) && /^[BHW]/.test(container));
  const containers: string[][] = [];
  let free = 0;
  for (const field of new Set(ordinary.map((use) => use.field))) {
    const bits = narrow.get(field) ?? 0;
    if (bits > free) {
      containers.push([]);
      free = CONTAINER_BITS;
    }
    containers.at(-1)!.push(field);
    free -= bits;
  }
  return containers.filter((fields) => fields.length > 1);
}
