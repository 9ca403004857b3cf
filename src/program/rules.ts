/** What a chip can execute, as plain numbers and lists: the part of a chip description that validation needs. */

import type { CellBits, MatchKind } from './program.ts';

/** Every rule is optional; absent = no limit (the target `unbounded`). `switch` fills it from its chip description. */
export interface ChipRules {
  /** Chip name, for messages. */
  readonly chip?: string;
  /** Compare instructions (eq, ltU, …) into a field exist (TARGETS.md §2: Tofino 2 only). */
  readonly compareIntoPhv?: boolean;
  /** One action-data word and two sources at most: a binary instruction needs a PHV operand, a subtrahend must be PHV. */
  readonly phvOperands?: boolean;
  /** Conditions of one stateful action (2, Tofino 2: 4). */
  readonly saluConditions?: number;
  /** Updates of one cell half in one stateful action (2 sub-units a word). */
  readonly saluUpdatesPerCell?: number;
  /** Words a stateful action sends to the PHV (1, Tofino 2: 4). */
  readonly saluOutputWords?: number;
  /** Stateful actions of one register (4). */
  readonly statefulPerRegister?: number;
  /** Widths of register cells; `pairBits` those that may be pairs. */
  readonly cellBits?: readonly CellBits[];
  readonly pairBits?: readonly CellBits[];
  readonly minMaxCellBits?: readonly CellBits[];
  /** Cells of one register of 32 bits; narrower cells hold proportionally more, pairs half. */
  readonly registerCells32?: number;
  /** Widest range key in bits (5 nibbles = 20). */
  readonly rangeKeyBits?: number;
  readonly matchKinds?: readonly MatchKind[];
  /** Headers extracted on the longest parser path, bytes from the start of the frame. */
  readonly parserDepthBytes?: number;
  /** Bits of select keys in one parser state (32). */
  readonly parserSelectBits?: number;
  /** Shift amounts 0 .. maxShift (31). */
  readonly maxShift?: number;
}
