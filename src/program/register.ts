/** Registers of a program (program.ts) and what a stateful ALU does to one cell: one read-modify-write a packet. */

import type { Operand } from './action.ts';

export type CellBits = 1 | 8 | 16 | 32;

/** A register array: `size` cells (a power of two) of one value, or of a pair (lo, hi). */
export interface Register {
  readonly name: string;
  readonly cellBits: CellBits;
  readonly pair: boolean;
  readonly size: number;
  /** Initial values: [lo] or [lo, hi]. */
  readonly initial: readonly number[];
  readonly note?: string;
}

/** What a stateful ALU may read: a cell half, one of two PHV inputs, a constant. */
export type SaluOperand =
  | { readonly kind: 'lo' }
  | { readonly kind: 'hi' }
  | { readonly kind: 'input'; readonly index: 0 | 1 }
  | { readonly kind: 'const'; readonly value: number };

/** a ⊙ b; both read at the cell's width (signed: two's complement of that width). `a`, `b` may be differences x − y, wrapped. */
export interface SaluCondition {
  readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
  readonly signed: boolean;
  readonly a: SaluOperand;
  /** Subtracted from a before the comparison, if given. */
  readonly minus?: SaluOperand;
  readonly b: SaluOperand;
}

/** Those of a sub-unit (T:bf-asm/salu_inst.cpp:631-697): `addSatS` is its signed saturating addition, at the cell's width. */
export type SaluOp = 'set' | 'add' | 'sub' | 'addSatS' | 'minU' | 'minS' | 'maxU' | 'maxS' | 'and' | 'or' | 'xor';

/** new value of `cell` = a (set) or a ⊙ b, when the predicate holds; wraps at the cell's width. */
export interface SaluUpdate {
  readonly cell: 'lo' | 'hi';
  /**
   * Truth table over the conditions: bit (c0 + 2·c1) is 1 where the update happens; omitted = always. With no condition,
   * bit 0. The updates of one cell must have disjoint predicates; where none holds, the cell keeps its value.
   */
  readonly when?: number;
  readonly op: SaluOp;
  readonly a: SaluOperand;
  readonly b?: SaluOperand;
}

/** Word sent to the PHV: an old or new half, an input, or the truth of a condition; 0 when the predicate does not hold. */
export interface SaluOutput {
  readonly dst: string;
  readonly when?: number;
  readonly value: 'oldLo' | 'oldHi' | 'newLo' | 'newHi' | 'cond0' | 'cond1';
}

/** One read-modify-write: instruction set of the chip's stateful ALU (TARGETS.md §7). */
export interface StatefulAction {
  readonly name: string;
  readonly register: string;
  /** PHV inputs (zero-extended or cut to the cell's width); at most 2. */
  readonly inputs: readonly Operand[];
  /** At most 2 (4 on Tofino 2; the validator knows the chip). */
  readonly conditions: readonly SaluCondition[];
  readonly updates: readonly SaluUpdate[];
  readonly outputs: readonly SaluOutput[];
}
