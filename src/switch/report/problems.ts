/** What stands in the way of a program that does not fit: resource, stage, tables, how much is missing. */

import { tableCost } from '../cost/table.ts';
import type { Demand } from '../demand/demand.ts';
import { emptyBudget, RESOURCES, type Resource, wouldUse } from '../place/budget.ts';
import type { Refusal, Schedule } from '../place/schedule.ts';
import type { Chip } from '../targets/chip.ts';
import { RESOURCE_LABELS } from './labels.ts';
import type { FitProblem, ParserReport, PhvReport } from './types.ts';

/** What the search for problems looks at. */
export interface Outcome {
  readonly demand: Demand;
  readonly plan: Schedule;
  readonly chip: Chip;
  readonly stages: number;
  readonly byDependencies: number;
  readonly phv: PhvReport;
  readonly parser: ParserReport | null;
}

/** A table that never became ready: tables bound to one register that depend on each other, or stages all reserved. */
function stuck(table: string): FitProblem {
  return {
    code: 'FIT-ORDER',
    message: `${table} finds no stage: it shares a register with a table it depends on, or every stage is reserved`,
    resource: null,
    stage: null,
    tables: [table],
    need: 1,
    have: 0,
  };
}

/** A table that even an empty stage refuses, and by how much. */
function impossible({ demand, plan, chip }: Outcome): FitProblem[] {
  return plan.impossible.flatMap(({ table: index, resources }) => {
    const table = demand.tables[index];
    const cost = tableCost(demand, table, table.entries, chip);
    const need = wouldUse(emptyBudget(), cost, table.gress, chip);
    if (resources.length === 0) return [stuck(table.name)];
    return resources.map((resource): FitProblem => {
      const spread = resource === 'mapRam' && cost.sram.stateful > chip.memory.maxStatefulRams;
      return {
        code: 'FIT-TABLE',
        message: spread
          ? `${table.name}: register ${cost.register} is larger than one register may be`
          : `${table.name} does not fit an empty stage: ${RESOURCE_LABELS[resource]}`,
        resource,
        stage: null,
        tables: [table.name],
        need: need[resource],
        have: spread ? chip.memory.maxStatefulRams : chip.stage[resource],
      };
    });
  });
}

/** The refusals of each resource within the chip's stages, in the order of RESOURCES. */
function byResource({ plan, chip }: Outcome): [Resource, Refusal[]][] {
  const within = plan.refusals.filter(({ stage }) => stage < chip.stages);
  return RESOURCES.map((resource): [Resource, Refusal[]] => [
    resource,
    within.filter(({ resources }) => resources.includes(resource)),
  ]).filter(([, refusals]) => refusals.length > 0);
}

/** Resources that kept tables out of a stage, once each: the stage where it happened most. */
function spent(outcome: Outcome): FitProblem[] {
  const { demand, plan, chip } = outcome;
  return byResource(outcome).map(([resource, refusals]) => {
    const often = new Map<number, number>();
    for (const { stage } of refusals) often.set(stage, (often.get(stage) ?? 0) + 1);
    const [stage] = [...often].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
    const first = refusals.find((refusal) => refusal.stage === stage)!;
    const table = demand.tables[first.table];
    const cost = tableCost(demand, table, table.entries, chip);
    return {
      code: 'FIT-RESOURCE',
      message: `${RESOURCE_LABELS[resource]} of stage ${stage} are spent`,
      resource,
      stage,
      tables: [...new Set(refusals.map((refusal) => demand.tables[refusal.table].name))],
      need: wouldUse(plan.budgets[stage], cost, table.gress, chip)[resource],
      have: chip.stage[resource],
    };
  });
}

function phvProblem({ phv }: Outcome): FitProblem[] {
  if (phv.unplaced.length === 0) return [];
  return [
    {
      code: 'FIT-PHV',
      message: 'not every field finds a container',
      resource: 'phv',
      stage: null,
      tables: phv.unplaced,
      need: phv.unplaced.length,
      have: 0,
    },
  ];
}

function parserProblem({ parser }: Outcome): FitProblem[] {
  if (!parser || parser.rowsAvailable === null || parser.rows <= parser.rowsAvailable) return [];
  return [
    {
      code: 'FIT-PARSER',
      message: 'the parser needs more rows than the chip has',
      resource: 'parser',
      stage: null,
      tables: [],
      need: parser.rows,
      have: parser.rowsAvailable,
    },
  ];
}

/** Everything that keeps the program from fitting; empty when it fits. */
export function problemsOf(outcome: Outcome): FitProblem[] {
  const { demand, plan, chip, stages, byDependencies } = outcome;
  const problems = [...impossible(outcome), ...phvProblem(outcome), ...parserProblem(outcome)];
  if (stages <= chip.stages) return problems;
  const alone = byDependencies > chip.stages;
  const late = plan.parts.filter((part) => part.stage >= chip.stages).map((part) => demand.tables[part.table].name);
  problems.push({
    code: 'FIT-STAGES',
    message: `more stages than the chip has, by ${alone ? 'dependencies alone' : 'memories, buses and dependencies together'}`,
    resource: 'stages',
    stage: null,
    tables: [...new Set(late)],
    need: stages,
    have: chip.stages,
  });
  return alone ? problems : [...problems, ...spent(outcome)];
}
