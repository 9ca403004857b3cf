/**
 * Tofino (first generation). `T:` = p4lang/p4c at 34b86e9bac, backends/tofino/; `D:` = p4lang/open-p4studio at 1f97778f, pkgsrc/bf-drivers/.
 * "inferred" marks what is derived from the cited line or from behaviour.
 */

import type { Chip, ExactRules, MemoryShape, StageCapacity, TernaryRules } from './chip.ts';

export const STAGE: StageCapacity = {
  sram: 80, // T:bf-p4c/specs/mau_spec.h:35
  mapRam: 48, // T:bf-p4c/specs/mau_spec.h:37
  tcam: 24, // T:bf-p4c/specs/mau_spec.h:36
  logicalTables: 16, // T:bf-p4c/specs/device.h:260, :328
  ternaryTables: 8, // T:bf-p4c/mau/tofino/memories.h:54
  tindTables: 8, // T:bf-p4c/mau/tofino/memories.cpp:741
  exactXbarBytes: 128, // T:bf-p4c/specs/mau_spec.cpp:164
  ternaryXbarBytes: 66, // T:bf-p4c/specs/mau_spec.cpp:166
  hashBits: 416, // T:bf-p4c/specs/mau_spec.h:127, 8 groups of 52
  hashGroups: 8, // T:bf-p4c/specs/mau_spec.h:127
  hashDistSlices: 6, // T:bf-p4c/specs/mau_spec.h:134-138, 2 units of 3
  actionBusBytes: 128, // T:bf-p4c/mau/tofino/action_data_bus.h:67
  actionRamBuses: 16, // T:bf-p4c/mau/tofino/memories.cpp:755
  vliw: 32, // T:bf-p4c/specs/mau_spec.cpp:28
  gateways: 16, // T:bf-p4c/mau/tofino/memories.h:56, inferred: 2 a row × 8
  salus: 4, // T:bf-p4c/mau/tofino/memories.h:60
  statsAlus: 4, // T:bf-p4c/mau/tofino/memories.h:59
  exactResultBuses: 16, // T:bf-p4c/mau/tofino/memories.h:57
  ternaryResultBuses: 16, // T:bf-p4c/mau/tofino/memories.h:57
};

export const MEMORY: MemoryShape = {
  sramWidth: 128, // T:bf-asm/constants.h:31
  sramDepth: 1024, // T:bf-p4c/mau/tofino/memories.h:49
  tcamWidth: 44, // T:bf-p4c/specs/mau_spec.cpp:96
  tcamDepth: 512, // T:bf-p4c/specs/mau_spec.cpp:98
  maxStatefulRams: 48, // T:bf-p4c/mau/tofino/memories.cpp:3403, inferred
  statefulRams: 48, // T:bf-p4c/mau/tofino/memories.cpp:3403-3430
};

export const EXACT: ExactRules = {
  packMax: 9, // T:bf-p4c/specs/device.h:268
  packPerRow: 5, // T:bf-p4c/specs/device.h:269
  maxWidth: 8, // T:bf-p4c/mau/table_layout.cpp:779
  versionBits: 4, // T:bf-p4c/mau/table_format.h:75
  overheadBitsPerRow: 64, // T:bf-p4c/mau/table_format.h:68
  matchBytesPerRow: 16, // T:bf-p4c/mau/table_format.h:70
  ghostBits: 10, // T:bf-p4c/mau/table_format.h:72
  minWays: 4, // T:bf-p4c/mau/resource_estimate.cpp:598
  immediateBits: 32, // T:bf-p4c/mau/action_format.h:974
  imemMapEntries: 8, // T:bf-p4c/mau/table_format.h:85
  fullInstructionBits: 6, // T:bf-p4c/mau/table_format.h:82
  defaultSize: 512, // T:bf-p4c/mau/table_placement.cpp:2427
};

export const TERNARY: TernaryRules = {
  bytesPerUnit: 5, // T:bf-p4c/specs/mau_spec.h:143
  bytesPerPair: 11, // T:bf-p4c/specs/mau_spec.h:144
  rangeNibbles: 5, // T:bf-p4c/mau/resource_estimate.cpp:1648
  maxRangeLines: 8, // T:bf-p4c/mau/resource_estimate.h:213
  rangeEntryShare: 0.25, // T:bf-p4c/mau/resource_estimate.h:214
};

export const TOFINO: Chip = {
  name: 'tofino',
  title: 'Tofino',
  stages: 12, // T:bf-p4c/specs/device.h:225
  pipes: 4, // T:bf-p4c/specs/device.h:222
  portsPerPipe: 72, // D:src/pipe_mgr/pipe_mgr_tofino_cfg.h:44
  packetsPerSecondPerPipe: 1_220_000_000, // D:src/dvm/dvm.c:1855, one header vector a clock
  longBranches: 0, // T:bf-p4c/specs/device.h:226
  stage: STAGE,
  memory: MEMORY,
  exact: EXACT,
  ternary: TERNARY,
  phv: {
    groups: { 8: 4, 16: 6, 32: 4 }, // T:bf-p4c/specs/phv_spec.cpp:379-381
    normalPerGroup: 16, // T:bf-p4c/specs/phv_spec.cpp:381
    mochaPerGroup: 0, // T:bf-p4c/specs/phv_spec.cpp:380
    darkPerGroup: 0, // T:bf-p4c/specs/phv_spec.cpp:380
    tagalong: { 8: 32, 16: 48, 32: 32 }, // T:bf-p4c/specs/phv_spec.cpp:427
    ingressOnlyGroups: [0], // T:bf-p4c/specs/phv_spec.cpp:413
    egressOnlyGroups: [1], // T:bf-p4c/specs/phv_spec.cpp:423
  },
  action: {
    compare: false, // T:bf-p4c/specs/device.h:259
    constantMin: -8, // T:bf-asm/target.h:381
    constantMax: 7, // T:bf-p4c/mau/action_analysis.h:58
    loadConstantBits: 21, // T:bf-p4c/mau/action_analysis.h:57
    gatewayRows: 4, // T:bf-p4c/specs/device.cpp:103
    gatewayBytes: 4, // T:bf-p4c/specs/device.cpp:100
    gatewayHashBits: 12, // T:bf-p4c/specs/device.cpp:101
    shiftMax: 31, // T:bf-asm/instruction.cpp:1689
  },
  stateful: {
    conditions: 2, // T:bf-asm/target.h:360
    conditionConstantMin: -8, // T:bf-asm/target.h:364
    conditionConstantMax: 7, // T:bf-asm/target.h:365
    constantMin: -8, // T:bf-p4c/specs/device.cpp:71
    constantMax: 7, // T:bf-p4c/specs/device.cpp:72
    largeConstants: 4, // T:bf-p4c/specs/device.cpp:76, register-file rows
    outputs: 1, // T:bf-p4c/specs/device.cpp:73
    actionsPerRegister: 4, // T:bf-p4c/specs/device.cpp:69
    inputBits: 32, // T:bf-p4c/specs/device.cpp:68
    cellBits: 32, // T:bf-p4c/specs/device.cpp:66
    pairBits: 64, // T:bf-p4c/specs/device.cpp:67
  },
  parser: {
    rows: 256, // T:bf-p4c/specs/parde_spec.h:536
    matchBitsPerState: 32, // T:bf-p4c/specs/device.h:245
    extracts: { 8: 4, 16: 4, 32: 4 }, // T:bf-p4c/specs/parde_spec.h:509-511
    pooled16: 0, // separate extractors for each size, same lines
    depthIngress: 16368, // T:bf-asm/target.h:296
    depthEgress: 160, // T:bf-asm/target.h:298
    minDepthEgress: 65, // T:bf-p4c/specs/parde_spec.h:549
    bufferBytes: 32, // T:bf-p4c/specs/parde_spec.h:411
  },
  latency: {
    clockHz: 1_220_000_000, // D:src/dvm/dvm.c:1855
    base: 20, // T:bf-asm/target.h:338
    tcamExtra: 2, // T:bf-p4c/specs/power_spec.h:65
    statefulExtra: 4, // T:bf-p4c/specs/power_spec.h:68
    actionStage: 2, // T:bf-p4c/specs/power_spec.h:75
    concurrentStage: 1, // T:bf-p4c/specs/power_spec.h:131
    cornerTurn: 4, // T:bf-p4c/specs/power_spec.h:130
    minEgress: 160, // T:bf-p4c/specs/power_spec.h:132
  },
  power: {
    budget: 40 / 4, // T:bf-p4c/specs/power_spec.h:97, per pipe
    ramRead: 0.012771 * 1.88574, // T:bf-p4c/specs/power_spec.h:118, :107
    ramWrite: 0.023419 * 1.88574, // T:bf-p4c/specs/power_spec.h:119, :107
    tcamSearch: 0.0398 * 0.62736, // T:bf-p4c/specs/power_spec.h:120, :110
    mapRamRead: 0.0025861 * 1.88574, // T:bf-p4c/specs/power_spec.h:121, :107
    mapRamWrite: 0.0030107 * 1.88574, // T:bf-p4c/specs/power_spec.h:122, :107
  },
};
