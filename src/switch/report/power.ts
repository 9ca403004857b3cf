/** Share of the chip's power budget, over the worst path of the control flow (TARGETS.md §6 "Power"). Never shown in watts. */

import type { TableCost } from '../cost/table.ts';
import type { Demand } from '../demand/demand.ts';
import type { Schedule } from '../place/schedule.ts';
import type { Chip } from '../targets/chip.ts';

/** Energy of one packet's accesses to a table's memories, in the chip's unit. */
function accessPower(cost: TableCost, chip: Chip): number {
  const { ramRead, ramWrite, tcamSearch, mapRamRead, mapRamWrite } = chip.power;
  const exactReads = cost.sram.match > 0 ? cost.matchReads : 0;
  const reads = exactReads + (cost.sram.tind > 0 ? 1 : 0) + cost.busWords;
  const stateful = cost.register === undefined ? 0 : ramRead + ramWrite + mapRamRead + mapRamWrite;
  return reads * ramRead + cost.tcam * tcamSearch + stateful;
}

/** Worst path: tables of a branch add up, the two branches of a gateway exclude each other. */
export function powerShare(demand: Demand, plan: Schedule, chip: Chip): number | null {
  if (chip.stages === Infinity) return null;
  const under = new Map<string, { power: number; gates: number[] }>();
  const branch = (gress: string, gate: number, outcome: number) => {
    const name = `${gress}/${gate}/${gate < 0 ? 1 : outcome}`;
    const known = under.get(name) ?? { power: 0, gates: [] };
    under.set(name, known);
    return known;
  };
  for (const { table: index, cost } of plan.parts) {
    const table = demand.tables[index];
    const { gate, outcome } = table.under[0] ?? { gate: -1, outcome: 1 };
    const at = branch(table.gress, gate, outcome);
    if (table.kind === 'gateway') at.gates.push(table.gate);
    else at.power += accessPower(cost, chip);
  }
  const worst = (gress: string, gate: number, outcome: number): number => {
    const { power, gates } = branch(gress, gate, outcome);
    return gates.reduce((sum, g) => sum + Math.max(worst(gress, g, 0), worst(gress, g, 1)), power);
  };
  return (worst('ingress', -1, 1) + worst('egress', -1, 1)) / chip.power.budget;
}
