/** Tofino 2 and the variants that differ in stage count. Sources as in tofino.ts (`T:` compiler, `D:` driver). */

import type { Chip } from './chip.ts';
import { EXACT, MEMORY, STAGE, TERNARY } from './tofino.ts';

export const TOFINO2: Chip = {
  name: 'tofino2',
  title: 'Tofino 2',
  stages: 20, // T:bf-p4c/specs/device.h:302; the driver caps 21 physical stages at 20, D:src/lld/lld_sku.c:1741-1750
  pipes: 4, // T:bf-p4c/specs/device.h:299
  portsPerPipe: 72, // D:src/pipe_mgr/pipe_mgr_tof2_cfg.h:40
  packetsPerSecondPerPipe: 1_500_000_000, // D:src/dvm/dvm.c:1840, one header vector a clock
  longBranches: 8, // T:bf-p4c/specs/device.h:303
  stage: STAGE, // same per-stage budget as the first generation (TARGETS.md §0)
  memory: {
    ...MEMORY,
    maxStatefulRams: 24, // T:bf-p4c/mau/tofino/memories.cpp:2477-2498: no spreading over both halves
  },
  exact: EXACT,
  ternary: TERNARY,
  phv: {
    groups: { 8: 4, 16: 6, 32: 4 }, // T:bf-p4c/specs/phv_spec.cpp:540-542
    normalPerGroup: 12, // T:bf-p4c/specs/phv_spec.cpp:540-542
    mochaPerGroup: 4, // T:bf-p4c/specs/phv_spec.cpp:540-542
    darkPerGroup: 4, // T:bf-p4c/specs/phv_spec.cpp:540-542
    tagalong: { 8: 0, 16: 0, 32: 0 }, // T:bf-p4c/specs/phv_spec.cpp:573-575
    ingressOnlyGroups: [], // T:bf-p4c/specs/phv_spec.cpp:569-571
    egressOnlyGroups: [], // T:bf-p4c/specs/phv_spec.cpp:569-571
  },
  action: {
    compare: true, // T:bf-p4c/specs/device.h:327
    constantMin: -4, // T:bf-asm/target.h:562
    constantMax: 7, // T:bf-p4c/mau/action_analysis.h:58
    loadConstantBits: 21, // T:bf-p4c/mau/action_analysis.h:57
    gatewayRows: 4, // T:bf-p4c/specs/device.cpp:118
    gatewayBytes: 4, // T:bf-p4c/specs/device.cpp:115
    gatewayHashBits: 12, // T:bf-p4c/specs/device.cpp:116
    shiftMax: 31, // T:bf-asm/instruction.cpp:1689
  },
  stateful: {
    conditions: 4, // T:bf-asm/target.h:541
    conditionConstantMin: -32, // T:bf-asm/target.h:545
    conditionConstantMax: 31, // T:bf-asm/target.h:546
    constantMin: -8, // T:bf-p4c/specs/device.cpp:89
    constantMax: 7, // T:bf-p4c/specs/device.cpp:90
    largeConstants: 4, // T:bf-p4c/specs/device.cpp:94
    outputs: 4, // T:bf-p4c/specs/device.cpp:91
    actionsPerRegister: 4, // T:bf-p4c/specs/device.cpp:87
    inputBits: 64, // T:bf-p4c/specs/device.cpp:86
    cellBits: 128, // T:bf-p4c/specs/device.cpp:84
    pairBits: 128, // T:bf-p4c/specs/device.cpp:85
  },
  parser: {
    rows: 256, // T:bf-p4c/specs/parde_spec.h:635
    matchBitsPerState: 32, // T:bf-p4c/specs/device.h:314
    extracts: { 8: 20, 16: 20, 32: 10 }, // T:bf-p4c/specs/parde_spec.h:586-588
    pooled16: 20, // T:bf-p4c/specs/parde_spec.h:586-588
    depthIngress: 16368, // T:bf-asm/target.h:468
    depthEgress: 512, // T:bf-asm/target.h:470
    minDepthEgress: 0, // T:bf-asm/target.h:472: none
    bufferBytes: 32, // T:bf-p4c/specs/parde_spec.h:411
  },
  latency: {
    clockHz: 1_500_000_000, // D:src/dvm/dvm.c:1840
    base: 23, // T:bf-asm/target.h:521
    tcamExtra: 2, // T:bf-p4c/specs/power_spec.h:65
    statefulExtra: 4, // T:bf-p4c/specs/power_spec.h:68
    actionStage: 2, // T:bf-p4c/specs/power_spec.h:75
    concurrentStage: 2, // T:bf-p4c/specs/power_spec.h:198: no concurrent type, counts as action
    cornerTurn: 0, // T:bf-p4c/specs/power_spec.h:191
    minEgress: 0, // T:bf-p4c/specs/power_spec.h:205
  },
  power: {
    budget: 52 / 4, // T:bf-p4c/specs/power_spec.h:153, per pipe
    ramRead: 0.0166, // T:bf-p4c/specs/power_spec.h:175
    ramWrite: 0.0176, // T:bf-p4c/specs/power_spec.h:176
    tcamSearch: 0.0185, // T:bf-p4c/specs/power_spec.h:177
    mapRamRead: 0.0027, // T:bf-p4c/specs/power_spec.h:178
    mapRamWrite: 0.003, // T:bf-p4c/specs/power_spec.h:179
  },
};

export const TOFINO2M: Chip = {
  ...TOFINO2,
  name: 'tofino2m',
  title: 'Tofino 2M',
  stages: 12, // T:bf-p4c/specs/device.h:360
  power: { ...TOFINO2.power, budget: 31.2 / 4 }, // T:bf-p4c/specs/power_spec.h:236, inferred
};

export const TOFINO2U: Chip = {
  ...TOFINO2,
  name: 'tofino2u',
  title: 'Tofino 2U',
  stages: 20, // T:bf-p4c/specs/device.h:368
};

export const TOFINO2H: Chip = {
  ...TOFINO2,
  name: 'tofino2h',
  title: 'Tofino 2H',
  stages: 6, // T:bf-p4c/specs/device.h:351, internal builds only
  power: { ...TOFINO2.power, budget: 15.6 / 4 }, // T:bf-p4c/specs/power_spec.h:229, inferred
};
