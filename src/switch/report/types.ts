/** The fit report as data: the stable JSON of `pegasim fit --json` (schema `pegasim.fit/1`). `null` = no limit or not applicable. */

import type { ContainerUse, Gress } from '../../program/index.ts';
import type { Resource } from '../place/budget.ts';
import type { DependencyKind } from '../place/depend.ts';

/** One resource over the whole chip. */
export interface ResourceTotal {
  readonly resource: Resource;
  readonly label: string;
  readonly used: number;
  readonly available: number | null;
  /** used / available, 0..1. */
  readonly share: number | null;
  /** Fullest stage. */
  readonly worstStage: number;
  readonly worstUsed: number;
  readonly perStage: number | null;
}

/** A table's part in a stage. */
export interface PartReport {
  readonly table: string;
  readonly gress: Gress;
  readonly kind: 'match' | 'keyless' | 'gateway';
  readonly from: number;
  readonly to: number;
  readonly sram: { readonly match: number; readonly tind: number; readonly action: number; readonly stateful: number };
  readonly tcam: number;
  readonly mapRam: number;
}

export interface StageReport {
  readonly stage: number;
  readonly used: Readonly<Record<Resource, number>>;
  readonly parts: readonly PartReport[];
}

export interface TableReport {
  readonly table: string;
  readonly gress: Gress;
  readonly kind: 'match' | 'keyless' | 'gateway';
  readonly stages: readonly number[];
  readonly entries: number;
  /** Entries the memories hold. */
  readonly capacity: number;
  readonly keyBits: number;
  readonly actionBits: number;
  readonly sram: number;
  readonly tcam: number;
  readonly mapRam: number;
  readonly register: string | null;
}

/** Why a step of the path stands in its stage and no earlier. */
export type PathCause =
  | { readonly kind: 'start' }
  | { readonly kind: DependencyKind; readonly from: string; readonly through: string }
  /** The two tables write different fields of one container; `through` is the one that `from` writes. */
  | { readonly kind: 'container'; readonly from: string; readonly through: string }
  | { readonly kind: 'resource'; readonly resources: readonly Resource[] };

export interface PathStep {
  readonly table: string;
  readonly stage: number;
  readonly cause: PathCause;
}

/** Containers of one size and kind. */
export interface ContainerReport {
  readonly bits: 8 | 16 | 32;
  readonly kind: 'normal' | 'mocha' | 'dark' | 'tagalong';
  readonly used: number;
  readonly available: number | null;
  readonly fieldBits: number;
}

export interface PhvReport {
  readonly containers: readonly ContainerReport[];
  readonly usedBits: number;
  readonly availableBits: number | null;
  readonly share: number | null;
  /** Which field sits where, and over which stages; sorted by container. */
  readonly map: readonly ContainerUse[];
  /** Fields that found no container. */
  readonly unplaced: readonly string[];
}

/** What stands in the way. */
export interface FitProblem {
  readonly code: string;
  readonly message: string;
  readonly resource: Resource | 'stages' | 'phv' | 'parser' | null;
  readonly stage: number | null;
  readonly tables: readonly string[];
  readonly need: number;
  readonly have: number;
}

/** Something that would help, with what it would bring by the same estimate. */
export interface FitOption {
  readonly what: string;
  readonly stages: number;
  readonly fits: boolean;
}

export interface FlowReport {
  readonly bitsPerFlow: number;
  readonly slots: number;
  /** Slots that would fit if every stateful memory of the chip served this program's registers. */
  readonly slotsThatFit: number | null;
}

export interface ParserReport {
  readonly states: number;
  /** States the hardware needs for the extractions of each. */
  readonly hardwareStates: number;
  readonly rows: number;
  readonly rowsAvailable: number | null;
  readonly depthBytes: number;
  readonly depthAvailable: number | null;
}

export interface LatencyReport {
  readonly ingressCycles: number;
  readonly egressCycles: number;
  readonly cycles: number;
  readonly nanoseconds: number;
}

export interface FitReport {
  readonly schema: 'pegasim.fit/1';
  readonly program: string;
  readonly chip: string;
  readonly chipTitle: string;
  readonly fits: boolean;
  readonly stages: { readonly used: number; readonly available: number | null; readonly byDependencies: number };
  readonly totals: readonly ResourceTotal[];
  readonly perStage: readonly StageReport[];
  readonly tables: readonly TableReport[];
  readonly path: readonly PathStep[];
  readonly phv: PhvReport;
  /** Null for descriptions, which have no parser. */
  readonly parser: ParserReport | null;
  readonly flow: FlowReport | null;
  readonly latency: LatencyReport;
  readonly packetsPerSecond: { readonly perPipe: number; readonly pipes: number };
  /** Share of the chip's power budget on the worst path of control flow, 0..1; null without a budget. */
  readonly powerShare: number | null;
  readonly problems: readonly FitProblem[];
  readonly options: readonly FitOption[];
}
