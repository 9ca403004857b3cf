/** Assembles the fit report of a schedule. */

import { actionBits } from '../cost/actiondata.ts';
import { sramOf } from '../cost/table.ts';
import type { Demand } from '../demand/demand.ts';
import { RESOURCES } from '../place/budget.ts';
import { type Dependency, earliestStages } from '../place/depend.ts';
import type { Schedule } from '../place/schedule.ts';
import type { Chip } from '../targets/chip.ts';
import { RESOURCE_LABELS } from './labels.ts';
import { latencyOf } from './latency.ts';
import { criticalPath } from './path.ts';
import { powerShare } from './power.ts';
import { problemsOf } from './problems.ts';
import type {
  FitOption,
  FitReport,
  FlowReport,
  ParserReport,
  PhvReport,
  ResourceTotal,
  StageReport,
  TableReport,
} from './types.ts';

/** Infinity has no JSON: no limit is null. */
function finite(value: number): number | null {
  return value === Infinity ? null : value;
}

function totalsOf(plan: Schedule, chip: Chip): ResourceTotal[] {
  return RESOURCES.map((resource) => {
    const used = plan.budgets.map((budget) => budget.used[resource]);
    const sum = used.reduce((total, amount) => total + amount, 0);
    const worstUsed = Math.max(0, ...used);
    const perStage = finite(chip.stage[resource]);
    const available = perStage === null || chip.stages === Infinity ? null : perStage * chip.stages;
    return {
      resource,
      label: RESOURCE_LABELS[resource],
      used: sum,
      available,
      share: available ? sum / available : null,
      worstStage: Math.max(0, used.indexOf(worstUsed)),
      worstUsed,
      perStage,
    };
  });
}

function stageReports(demand: Demand, plan: Schedule): StageReport[] {
  return plan.budgets.map((budget, stage) => ({
    stage,
    used: { ...budget.used },
    parts: plan.parts
      .filter((part) => part.stage === stage)
      .sort((a, b) => a.table - b.table)
      .map(({ table: index, from, to, cost }) => {
        const { name, gress, kind } = demand.tables[index];
        return { table: name, gress, kind, from, to, sram: cost.sram, tcam: cost.tcam, mapRam: cost.mapRam };
      }),
  }));
}

function tableReports(demand: Demand, plan: Schedule): TableReport[] {
  return demand.tables.map((table, index) => {
    const parts = plan.parts.filter((part) => part.table === index);
    const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((total, part) => total + of(part), 0);
    return {
      table: table.name,
      gress: table.gress,
      kind: table.kind,
      stages: parts.map((part) => part.stage),
      entries: table.entries,
      capacity: sum((part) => part.cost.capacity),
      keyBits: table.keys.reduce((bits, key) => bits + key.bits, 0),
      actionBits: actionBits(table.actions),
      sram: sum((part) => sramOf(part.cost)),
      tcam: sum((part) => part.cost.tcam),
      mapRam: sum((part) => part.cost.mapRam),
      register: table.actions.find((action) => action.register !== undefined)?.register ?? null,
    };
  });
}

/** Flow slots that fit: every stateful RAM of the chip, spares apart, over the bits a flow keeps. */
function flowReport(demand: Demand, chip: Chip): FlowReport | null {
  if (demand.bitsPerFlow === 0) return null;
  const { sramWidth, sramDepth, statefulRams } = chip.memory;
  const perStage = Math.min(statefulRams - chip.stage.salus, chip.stage.mapRam) * sramWidth * sramDepth;
  const fits = Math.floor((perStage * chip.stages) / demand.bitsPerFlow);
  return { bitsPerFlow: demand.bitsPerFlow, slots: demand.flowSlots, slotsThatFit: finite(fits) };
}

/** Everything a report is made of besides the schedule. */
export interface ReportParts {
  readonly demand: Demand;
  readonly chip: Chip;
  readonly incoming: readonly (readonly Dependency[])[];
  readonly plan: Schedule;
  readonly phv: PhvReport;
  readonly parser: ParserReport | null;
  readonly options: readonly FitOption[];
}

export function buildReport({ demand, chip, incoming, plan, phv, parser, options }: ReportParts): FitReport {
  const used = Math.max(0, ...plan.parts.map((part) => part.stage + 1));
  const byDependencies = Math.max(0, ...earliestStages(incoming).map((stage) => stage + 1));
  const problems = problemsOf({ demand, plan, chip, stages: used, byDependencies, phv, parser });
  return {
    schema: 'pegasim.fit/1',
    program: demand.name,
    chip: chip.name,
    chipTitle: chip.title,
    fits: problems.length === 0,
    stages: { used, available: finite(chip.stages), byDependencies },
    totals: totalsOf(plan, chip),
    perStage: stageReports(demand, plan),
    tables: tableReports(demand, plan),
    path: criticalPath(demand, plan, incoming),
    phv,
    parser,
    flow: flowReport(demand, chip),
    latency: latencyOf(demand, plan, incoming, chip),
    packetsPerSecond: { perPipe: chip.packetsPerSecondPerPipe, pipes: chip.pipes },
    powerShare: powerShare(demand, plan, chip),
    problems,
    options,
  };
}
