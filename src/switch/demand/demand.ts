/**
 * What a program asks of a chip: its logical tables in program order with what they match, read and write, its registers and fields.
 * Built from a Program (program.ts) or from a description (describe.ts); everything after this point sees only demands.
 */

import type { Gress, MatchKind } from '../../program/index.ts';

export interface DemandKey {
  readonly field: string;
  readonly bits: number;
  /** First bit inside the field: keys on different bytes of one field do not share crossbar bytes. */
  readonly low: number;
  readonly match: MatchKind;
}

export interface DemandAction {
  readonly name: string;
  /** Bits of each parameter that comes from action data. */
  readonly params: readonly number[];
  /** Fields read by instructions, stateful inputs and register indices. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Fields that arithmetic works on: they need a normal container of their own. */
  readonly arithmetic: readonly string[];
  /** Sets of fields that meet in one instruction and so must share a container group. */
  readonly groups: readonly (readonly string[])[];
  /** Bits of a hash or constant that take the immediate path. */
  readonly immediateBits: number;
  readonly register?: string;
}

/** Under gateway `gate` (number in its gress) with this outcome; -1: always. */
export interface DemandGuard {
  readonly gate: number;
  readonly outcome: 0 | 1;
}

export interface DemandTable {
  readonly name: string;
  readonly gress: Gress;
  readonly kind: 'match' | 'keyless' | 'gateway';
  /** Place in program order, both gresses counted together. */
  readonly order: number;
  readonly keys: readonly DemandKey[];
  /** Entries that must fit (declared size). */
  readonly entries: number;
  readonly actions: readonly DemandAction[];
  /** Actions an entry may select. */
  readonly hitActions: number;
  /** The default may carry action data: no identity hash. */
  readonly defaultHasData: boolean;
  readonly under: readonly DemandGuard[];
  /** Own number, for gateways. */
  readonly gate: number;
  /** Rows of the gateway's small TCAM. */
  readonly gatewayRows: number;
  /** Made by the compiler of a description's free statements, not a table of the program. */
  readonly made: boolean;
}

export interface DemandRegister {
  readonly name: string;
  /** Bits of one cell, both halves of a pair. */
  readonly bits: number;
  readonly cells: number;
}

export interface DemandField {
  readonly name: string;
  readonly bits: number;
  /** Parsed from the packet or deparsed into it. */
  readonly header: boolean;
  readonly bridged: boolean;
  /** Read after the last stage: verdict, logits, deparsed headers. */
  readonly kept: boolean;
  readonly gress: Gress | 'both';
}

export interface Demand {
  readonly name: string;
  readonly tables: readonly DemandTable[];
  readonly registers: readonly DemandRegister[];
  readonly fields: readonly DemandField[];
  /** Bits kept per flow, and flow slots, if the program keeps flow state. */
  readonly bitsPerFlow: number;
  readonly flowSlots: number;
  /** Predict where a switch compiler would put fields (descriptions); otherwise they lie where this project's own allocation puts them. */
  readonly foreign?: boolean;
}
