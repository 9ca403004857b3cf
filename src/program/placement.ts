/** Where a program's tables, conditions, registers and fields live on one chip: the result of `switch` placement, kept as data. */

import type { Gress } from './program.ts';

/** Entries [from, to) of a table in one stage. A table split over stages is searched part by part; an earlier hit wins. */
export interface TablePart {
  readonly table: string;
  readonly gress: Gress;
  readonly stage: number;
  readonly from: number;
  readonly to: number;
  readonly sram: number;
  readonly mapRam: number;
  readonly tcam: number;
}

/** A field (or a slice of it) in a container, live over [firstStage, lastStage] of its gress. */
export interface ContainerUse {
  /** `W3` = 32-bit container 3, `H` = 16, `B` = 8; `MW`/`MH`/`MB` mocha, `DW`… dark, `T..` tagalong. */
  readonly container: string;
  readonly field: string;
  readonly gress: Gress;
  readonly fieldLow: number;
  readonly containerLow: number;
  readonly bits: number;
  readonly firstStage: number;
  readonly lastStage: number;
}

/** An `if` step's gateway: `step` is its number in pre-order among the `if` steps of its gress. */
export interface GatewayPart {
  readonly gress: Gress;
  readonly step: number;
  readonly stage: number;
}

export interface Placement {
  /** Chip name: `tofino`, `tofino2`, `unbounded`, or a custom chip's. */
  readonly chip: string;
  /** Stages used by both gresses together (highest stage + 1). */
  readonly stages: number;
  /** Sorted by gress, stage, program order. Every applied table appears. */
  readonly parts: readonly TablePart[];
  readonly gateways: readonly GatewayPart[];
  readonly phv: readonly ContainerUse[];
}
