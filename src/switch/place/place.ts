/** Placement of a program on a chip: demands → dependencies → schedule → the placement record that the reference pipeline executes. */

import type { ContainerUse, Placement, Program, TablePart } from '../../program/index.ts';
import { sramOf } from '../cost/table.ts';
import type { Demand } from '../demand/demand.ts';
import { descriptionDemand } from '../demand/description.ts';
import { programDemand } from '../demand/program.ts';
import type { Description } from '../describe/types.ts';
import { allocatePhv } from '../phv/allocate.ts';
import { buildReport } from '../report/build.ts';
import { fitOptions } from '../report/options.ts';
import { parserReport } from '../report/parser.ts';
import type { FitReport, ParserReport } from '../report/types.ts';
import type { Chip } from '../targets/chip.ts';
import { dependencies } from './depend.ts';
import type { Reserve } from './reserve.ts';
import { type Schedule, schedule } from './schedule.ts';

export interface PlaceOptions {
  /** What the operator's own program already takes. */
  readonly reserve?: Reserve;
  /** Look for options when it does not fit (default true); each costs another schedule. */
  readonly alternatives?: boolean;
}

function gressRank(part: { gress: string }): number {
  return part.gress === 'ingress' ? 0 : 1;
}

/** The schedule as the program's placement: parts sorted by gress, stage, program order. */
export function placementOf(
  program: Program,
  demand: Demand,
  chip: Chip,
  plan: Schedule,
  phv: readonly ContainerUse[],
): Placement {
  const parts: (TablePart & { order: number })[] = [];
  const gateways: Placement['gateways'][number][] = [];
  for (const { table: index, stage, from, to, cost } of plan.parts) {
    const table = demand.tables[index];
    if (table.kind === 'gateway') {
      gateways.push({ gress: table.gress, step: table.gate, stage });
      continue;
    }
    const own = program.tables.find((candidate) => candidate.name === table.name);
    const last = to >= table.entries;
    parts.push({
      table: table.name,
      gress: table.gress,
      stage,
      from,
      to: last ? Math.max(to, own?.entries.count ?? 0) : to,
      sram: sramOf(cost),
      mapRam: cost.mapRam,
      tcam: cost.tcam,
      order: table.order,
    });
  }
  parts.sort((a, b) => gressRank(a) - gressRank(b) || a.stage - b.stage || a.order - b.order);
  gateways.sort((a, b) => gressRank(a) - gressRank(b) || a.step - b.step);
  const stages = Math.max(0, ...parts.map((part) => part.stage + 1), ...gateways.map((gate) => gate.stage + 1));
  return { chip: chip.name, stages, parts: parts.map(({ order: _, ...part }) => part), gateways, phv };
}

export interface Placed {
  readonly fits: boolean;
  readonly placement: Placement;
  readonly report: FitReport;
}

/** A demand on a chip: schedule, header vector, report. */
export function fitDemand(
  demand: Demand,
  chip: Chip,
  options: PlaceOptions = {},
  parserOf: (uses: readonly ContainerUse[]) => ParserReport | null = () => null,
) {
  const incoming = dependencies(demand);
  const plan = schedule(demand, chip, incoming, options.reserve);
  const phv = allocatePhv(demand, plan, chip, options.reserve);
  const parts = { demand, chip, incoming, plan, phv: phv.report, parser: parserOf(phv.uses) };
  const plain = buildReport({ ...parts, options: [] });
  const quick = plain.fits || options.alternatives === false;
  const report = quick ? plain : buildReport({ ...parts, options: fitOptions(demand, chip, options.reserve) });
  return { plan, phv, report };
}

/**
 * Places a program and reports what it uses. `fits` is false when it needs more stages than the chip has, when a table fits no
 * stage, or when fields find no container; the placement then goes on beyond the last stage and is for looking at only.
 */
export function placeProgram(program: Program, chip: Chip, options: PlaceOptions = {}): Placed {
  const demand = programDemand(program, chip);
  const { plan, phv, report } = fitDemand(demand, chip, options, (uses) => parserReport(program, uses, chip));
  return { fits: report.fits, placement: placementOf(program, demand, chip, plan, phv.uses), report };
}

/** Does a described program fit? See docs/fit-describe.md for the format and what is inferred. */
export function fitDescription(description: Description, chip: Chip, options: PlaceOptions = {}): FitReport {
  return fitDemand(descriptionDemand(description), chip, options).report;
}
