/** A program described by its tables, actions, registers and order, without a model (docs/fit-describe.md). */

import type { Gress, MatchKind } from '../../program/index.ts';

export interface DescribedKey {
  readonly field: string;
  readonly bits: number;
  readonly match: MatchKind;
}

export interface DescribedAction {
  readonly name: string;
  readonly paramBits: readonly number[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Adds its parameters to what it writes. */
  readonly accumulates: boolean;
  readonly register?: string;
  /** Bits of a hash the action computes. */
  readonly hashBits: number;
}

/** Runs only under a condition. */
export interface DescribedBranch {
  readonly condition: string;
  readonly outcome: boolean;
}

/** A table, or a free statement (`keys` empty, `statement` true). */
export interface DescribedTable {
  readonly name: string;
  readonly gress: Gress;
  readonly keys: readonly DescribedKey[];
  readonly size: number;
  readonly actions: readonly DescribedAction[];
  /** An entry may also select an action that does nothing. */
  readonly noAction: boolean;
  readonly under?: DescribedBranch;
  readonly statement: boolean;
  /** Derived by inference, not in the description. */
  readonly made: boolean;
}

export interface DescribedCondition {
  readonly name: string;
  readonly gress: Gress;
  readonly keys: readonly DescribedKey[];
  readonly under?: DescribedBranch;
}

export interface DescribedRegister {
  readonly name: string;
  readonly bits: number;
  readonly cells: number;
}

export interface Description {
  readonly name: string;
  /** In the order in which control applies them. */
  readonly tables: readonly DescribedTable[];
  readonly conditions: readonly DescribedCondition[];
  readonly registers: readonly DescribedRegister[];
  /** Widths of fields that are known otherwise than from keys and parameters. */
  readonly fieldBits: Readonly<Record<string, number>>;
  /** Derive the free statements that the tables imply. */
  readonly infer: boolean;
}
