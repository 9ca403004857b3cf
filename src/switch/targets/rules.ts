/** What the program validator needs to know of a chip. */

import type { CellBits, ChipRules } from '../../program/index.ts';
import type { Chip } from './chip.ts';

const CELLS: readonly CellBits[] = [1, 8, 16, 32];

/** Rules for `validateProgram`; the chip `unbounded` keeps the semantics and drops the capacities. */
export function chipRules(chip: Chip): ChipRules {
  if (chip.stages === Infinity) return { chip: chip.name, compareIntoPhv: true, maxShift: chip.action.shiftMax };
  const { stateful, memory } = chip;
  return {
    chip: chip.name,
    compareIntoPhv: chip.action.compare,
    phvOperands: true,
    saluConditions: stateful.conditions,
    saluUpdatesPerCell: 2, // two sub-units a word, T:bf-asm/salu_inst.cpp:439-452
    saluOutputWords: stateful.outputs,
    statefulPerRegister: stateful.actionsPerRegister,
    cellBits: CELLS.filter((bits) => bits <= stateful.cellBits),
    pairBits: CELLS.filter((bits) => bits >= 8 && 2 * bits <= stateful.pairBits),
    registerCells32: (memory.maxStatefulRams - 1) * memory.sramDepth * (memory.sramWidth / 32),
    rangeKeyBits: 4 * chip.ternary.rangeNibbles,
    parserDepthBytes: chip.parser.depthIngress,
    parserSelectBits: chip.parser.matchBitsPerState,
    maxShift: chip.action.shiftMax,
  };
}
