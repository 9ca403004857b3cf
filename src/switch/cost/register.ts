/** Registers: SRAM with a spare, as many map RAMs (TARGETS.md §3; T:bf-p4c/mau/resource_estimate.cpp:84-88, :863-872). */

import type { DemandRegister } from '../demand/demand.ts';
import type { Chip } from '../targets/chip.ts';

/** Blocks of a register array, spare included; as many map RAMs. */
export function registerRams(register: DemandRegister, chip: Chip): number {
  const perWord = chip.memory.sramWidth / register.bits;
  return Math.ceil(register.cells / (chip.memory.sramDepth * perWord)) + 1;
}
