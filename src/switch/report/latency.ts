/** Pipeline latency in cycles (TARGETS.md §6; T:bf-p4c/mau/mau_power.cpp:154-205): match-dependent stages pay in full, others overlap. */

import type { Gress } from '../../program/index.ts';
import type { Demand } from '../demand/demand.ts';
import type { Dependency } from '../place/depend.ts';
import type { Schedule } from '../place/schedule.ts';
import type { Chip } from '../targets/chip.ts';
import type { LatencyReport } from './types.ts';

type StageKind = 'match' | 'action' | 'concurrent';

/** Stages of each table, by index. */
function stagesOf(demand: Demand, plan: Schedule): number[][] {
  const stages: number[][] = demand.tables.map(() => []);
  for (const part of plan.parts) stages[part.table].push(part.stage);
  return stages;
}

/** How stage `stage` depends on the stages of its cluster, which starts at the last match-dependent stage. */
function stageKind(
  own: readonly number[],
  incoming: readonly (readonly Dependency[])[],
  stages: readonly (readonly number[])[],
  stage: number,
  clusterStart: number,
): StageKind {
  let kind: StageKind = 'concurrent';
  for (const table of own) {
    for (const { from, kind: why } of incoming[table]) {
      const inCluster = stages[from].some((at) => at >= clusterStart && at < stage);
      if (!inCluster || why === 'anti') continue;
      if (why === 'match' || why === 'control') return 'match';
      kind = 'action';
    }
  }
  return kind;
}

/** Cycles of one gress; 0 if it has no tables. */
function gressCycles(
  demand: Demand,
  plan: Schedule,
  incoming: readonly (readonly Dependency[])[],
  chip: Chip,
  gress: Gress,
): number {
  const stages = stagesOf(demand, plan);
  const own = demand.tables.flatMap((table, index) => (table.gress === gress ? [index] : []));
  const last = Math.max(0, ...plan.parts.map((part) => part.stage + 1));
  const total = chip.stages === Infinity ? last : Math.max(chip.stages, last);
  const { latency } = chip;
  let cycles = 0;
  let clusterStart = 0;
  for (let stage = 0; stage < total; stage++) {
    const here = own.filter((table) => stages[table].includes(stage));
    const kind = stage === 0 ? 'match' : stageKind(here, incoming, stages, stage, clusterStart);
    if (kind === 'match') {
      clusterStart = stage;
      const costs = plan.parts.filter((part) => part.stage === stage && demand.tables[part.table].gress === gress);
      const tcam = costs.some((part) => part.cost.tcam > 0);
      const stateful = costs.some((part) => part.cost.register !== undefined);
      cycles += latency.base + (tcam ? latency.tcamExtra : 0) + (stateful ? latency.statefulExtra : 0);
    } else cycles += kind === 'action' ? latency.actionStage : latency.concurrentStage;
  }
  return cycles + latency.cornerTurn;
}

/** Cycles and nanoseconds through ingress and egress pipes; parsers, deparsers and queues are not counted. */
export function latencyOf(
  demand: Demand,
  plan: Schedule,
  incoming: readonly (readonly Dependency[])[],
  chip: Chip,
): LatencyReport {
  const ingressCycles = gressCycles(demand, plan, incoming, chip, 'ingress');
  const egressCycles = Math.max(chip.latency.minEgress, gressCycles(demand, plan, incoming, chip, 'egress'));
  const cycles = ingressCycles + egressCycles;
  return { ingressCycles, egressCycles, cycles, nanoseconds: (cycles * 1e9) / chip.latency.clockHz };
}
