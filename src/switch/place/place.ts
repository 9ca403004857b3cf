/** Placement of a program on a chip: demands → dependencies → schedule → the placement record that the reference pipeline executes. */

import type { Placement, Program, TablePart } from '../../program/index.ts';
import { sramOf } from '../cost/table.ts';
import type { Demand } from '../demand/demand.ts';
import { programDemand } from '../demand/program.ts';
import type { Chip } from '../targets/chip.ts';
import { dependencies } from './depend.ts';
import { type Reserve, type Schedule, schedule } from './schedule.ts';

export interface PlaceOptions {
  /** Per stage, what the operator's own program already takes. */
  readonly reserve?: Reserve;
}

function gressRank(part: { gress: string }): number {
  return part.gress === 'ingress' ? 0 : 1;
}

/** The schedule as the program's placement: parts sorted by gress, stage, program order. */
export function placementOf(program: Program, demand: Demand, chip: Chip, plan: Schedule): Placement {
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
  return { chip: chip.name, stages, parts: parts.map(({ order: _, ...part }) => part), gateways, phv: [] };
}

export interface Placed {
  readonly fits: boolean;
  readonly placement: Placement;
}

/** Places a program; `fits` is false when it needs more stages than the chip has, or a table that no stage can take. */
export function placeProgram(program: Program, chip: Chip, options: PlaceOptions = {}): Placed {
  const demand = programDemand(program, chip);
  const incoming = dependencies(demand);
  const plan = schedule(demand, chip, incoming, options.reserve);
  const placement = placementOf(program, demand, chip, plan);
  return { fits: plan.impossible.length === 0 && placement.stages <= chip.stages, placement };
}
