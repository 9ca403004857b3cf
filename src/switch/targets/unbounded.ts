/** A chip with the semantics of Tofino 2 and no capacities: placement by dependencies alone (PROGRAM.md; what `verify` uses). */

import type { Chip, StageCapacity } from './chip.ts';
import { TOFINO2 } from './tofino2.ts';

const NO_LIMIT = Object.fromEntries(
  Object.keys(TOFINO2.stage).map((name) => [name, Infinity]),
) as unknown as StageCapacity;

export const UNBOUNDED: Chip = {
  ...TOFINO2,
  name: 'unbounded',
  title: 'no limits',
  stages: Infinity,
  stage: NO_LIMIT,
  memory: { ...TOFINO2.memory, maxStatefulRams: Infinity, statefulRams: Infinity },
  phv: {
    ...TOFINO2.phv,
    groups: { 8: Infinity, 16: Infinity, 32: Infinity },
  },
  stateful: {
    ...TOFINO2.stateful,
    conditionConstantMin: -(2 ** 31),
    conditionConstantMax: 2 ** 32 - 1,
    constantMin: -(2 ** 31),
    constantMax: 2 ** 32 - 1,
    largeConstants: Infinity,
    actionsPerRegister: Infinity,
  },
};
