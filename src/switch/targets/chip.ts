/**
 * What a chip offers, as plain data: capacities per stage, memories, header vector, action unit, stateful ALU, latency, relative power.
 * Values live in one file a chip, each with its source; `Infinity` = no limit.
 */

/** Capacities of one stage, shared by ingress and egress (VLIW: per gress). */
export interface StageCapacity {
  /** SRAM blocks (sramDepth × sramWidth bits). */
  readonly sram: number;
  readonly mapRam: number;
  readonly tcam: number;
  readonly logicalTables: number;
  readonly ternaryTables: number;
  /** Tables with an indirection RAM. */
  readonly tindTables: number;
  readonly exactXbarBytes: number;
  readonly ternaryXbarBytes: number;
  readonly hashBits: number;
  readonly hashGroups: number;
  readonly hashDistSlices: number;
  readonly actionBusBytes: number;
  readonly actionRamBuses: number;
  /** Per gress. */
  readonly vliw: number;
  readonly gateways: number;
  /** Stateful, meter and selector ALUs together. */
  readonly salus: number;
  readonly statsAlus: number;
  readonly exactResultBuses: number;
  readonly ternaryResultBuses: number;
}

export interface MemoryShape {
  readonly sramWidth: number;
  readonly sramDepth: number;
  readonly tcamWidth: number;
  readonly tcamDepth: number;
  /** Data blocks and spare of one register, counter or meter. */
  readonly maxStatefulRams: number;
  /** Blocks of the half that can hold registers, counters, meters. */
  readonly statefulRams: number;
}

export interface ExactRules {
  readonly packMax: number;
  readonly packPerRow: number;
  readonly maxWidth: number;
  readonly versionBits: number;
  readonly overheadBitsPerRow: number;
  readonly matchBytesPerRow: number;
  readonly ghostBits: number;
  readonly minWays: number;
  readonly immediateBits: number;
  readonly imemMapEntries: number;
  readonly fullInstructionBits: number;
  readonly defaultSize: number;
}

export interface TernaryRules {
  readonly bytesPerUnit: number;
  readonly bytesPerPair: number;
  readonly rangeNibbles: number;
  readonly maxRangeLines: number;
  readonly rangeEntryShare: number;
}

export type ContainerBits = 8 | 16 | 32;
export type PerContainer = Readonly<Record<ContainerBits, number>>;

export interface HeaderVector {
  /** Groups of containers that share an action unit's operands, by container size. */
  readonly groups: PerContainer;
  readonly normalPerGroup: number;
  readonly mochaPerGroup: number;
  readonly darkPerGroup: number;
  /** Containers that skip the match-action stages. */
  readonly tagalong: PerContainer;
  /** Index, inside each size, of groups that serve one gress only. */
  readonly ingressOnlyGroups: readonly number[];
  readonly egressOnlyGroups: readonly number[];
}

export interface ActionRules {
  /** Compare-into-PHV instructions. */
  readonly compare: boolean;
  readonly constantMin: number;
  readonly constantMax: number;
  readonly loadConstantBits: number;
  readonly gatewayRows: number;
  readonly gatewayBytes: number;
  readonly gatewayHashBits: number;
  readonly shiftMax: number;
}

export interface StatefulRules {
  readonly conditions: number;
  readonly conditionConstantMin: number;
  readonly conditionConstantMax: number;
  readonly constantMin: number;
  readonly constantMax: number;
  readonly largeConstants: number;
  readonly outputs: number;
  readonly actionsPerRegister: number;
  readonly inputBits: number;
  readonly cellBits: number;
  readonly pairBits: number;
}

export interface ParserRules {
  readonly rows: number;
  readonly matchBitsPerState: number;
  /** Extractors of each container size in one state; a shared pool when `pooled16` is set. */
  readonly extracts: PerContainer;
  /** 16-bit extractors that serve all sizes (a 32-bit container takes two); 0: separate extractors. */
  readonly pooled16: number;
  readonly depthIngress: number;
  readonly depthEgress: number;
  readonly minDepthEgress: number;
  readonly bufferBytes: number;
}

export interface LatencyRules {
  readonly clockHz: number;
  readonly base: number;
  readonly tcamExtra: number;
  readonly statefulExtra: number;
  readonly actionStage: number;
  readonly concurrentStage: number;
  readonly cornerTurn: number;
  readonly minEgress: number;
}

/** Energy per access in arbitrary units and the chip's budget in the same unit: only shares are shown. */
export interface PowerRules {
  readonly budget: number;
  readonly ramRead: number;
  readonly ramWrite: number;
  readonly tcamSearch: number;
  readonly mapRamRead: number;
  readonly mapRamWrite: number;
}

export interface Chip {
  readonly name: string;
  readonly title: string;
  readonly stages: number;
  readonly pipes: number;
  readonly portsPerPipe: number;
  readonly packetsPerSecondPerPipe: number;
  /** Tags that let a branch skip stages. */
  readonly longBranches: number;
  readonly stage: StageCapacity;
  readonly memory: MemoryShape;
  readonly exact: ExactRules;
  readonly ternary: TernaryRules;
  readonly phv: HeaderVector;
  readonly action: ActionRules;
  readonly stateful: StatefulRules;
  readonly parser: ParserRules;
  readonly latency: LatencyRules;
  readonly power: PowerRules;
}
