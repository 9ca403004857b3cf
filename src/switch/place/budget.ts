/** One stage's resources as they fill: what is used, whether a table's part still fits, and which resource refuses it. */

import type { Gress } from '../../program/index.ts';
import type { TableCost } from '../cost/table.ts';
import type { Chip, StageCapacity } from '../targets/chip.ts';

export type Resource = keyof StageCapacity;

export const RESOURCES: readonly Resource[] = [
  'sram',
  'mapRam',
  'tcam',
  'logicalTables',
  'ternaryTables',
  'tindTables',
  'exactXbarBytes',
  'ternaryXbarBytes',
  'hashBits',
  'hashGroups',
  'hashDistSlices',
  'actionBusBytes',
  'actionRamBuses',
  'vliw',
  'gateways',
  'salus',
  'statsAlus',
  'exactResultBuses',
  'ternaryResultBuses',
];

export type Amounts = Record<Resource, number>;

export interface StageBudget {
  readonly used: Amounts;
  readonly exactBytes: Set<string>;
  readonly ternaryBytes: Set<string>;
  readonly registers: Set<string>;
  /** Bits used in each open hash group. */
  readonly groups: number[];
  /** Distinct actions a gress, and whether one of its tables may do nothing. */
  readonly actions: Record<Gress, number>;
  readonly noop: Record<Gress, boolean>;
}

function zeroAmounts(): Amounts {
  return Object.fromEntries(RESOURCES.map((name) => [name, 0])) as Amounts;
}

/** An empty stage, less what `reserve` already takes. */
export function emptyBudget(reserve: Partial<Amounts> = {}): StageBudget {
  return {
    used: { ...zeroAmounts(), ...reserve },
    exactBytes: new Set(),
    ternaryBytes: new Set(),
    registers: new Set(),
    groups: [],
    actions: { ingress: 0, egress: 0 },
    noop: { ingress: false, egress: false },
  };
}

/** Bits of one hash group (T:bf-p4c/specs/mau_spec.h:133). */
function groupBits(chip: Chip): number {
  return chip.stage.hashBits === Infinity ? Infinity : chip.stage.hashBits / chip.stage.hashGroups;
}

/** The group a hash of `bits` bits goes to: the first with room, else a new one. */
function groupFor(budget: StageBudget, bits: number, chip: Chip): number {
  const limit = groupBits(chip);
  const open = budget.groups.findIndex((used) => used + bits <= limit);
  return open >= 0 ? open : budget.groups.length;
}

/** VLIW rows: two instruction words a row, one for the no-op if a table may do nothing (T:bf-p4c/mau/instruction_memory.h:50-85). */
function rows(actions: number, noop: boolean): number {
  return actions === 0 ? 0 : Math.ceil((actions + (noop ? 1 : 0)) / 2);
}

function fresh(have: ReadonlySet<string>, wanted: readonly string[]): number {
  let count = 0;
  for (const name of new Set(wanted)) if (!have.has(name)) count++;
  return count;
}

/** Amounts the stage would have in use with the table's part added. */
export function wouldUse(budget: StageBudget, cost: TableCost, gress: Gress, chip: Chip): Amounts {
  const { used } = budget;
  const known = cost.register !== undefined && budget.registers.has(cost.register);
  const stateful = known ? 0 : cost.sram.stateful;
  const group = cost.hashBits > 0 ? groupFor(budget, Math.min(cost.hashBits, groupBits(chip)), chip) : -1;
  const after = (of: Gress) => ({
    actions: budget.actions[of] + (of === gress ? cost.instructions : 0),
    noop: budget.noop[of] || (of === gress && cost.noop),
  });
  const [ingress, egress] = [after('ingress'), after('egress')];
  return {
    sram: used.sram + cost.sram.match + cost.sram.tind + cost.sram.action + stateful,
    mapRam: used.mapRam + (known ? 0 : cost.mapRam),
    tcam: used.tcam + cost.tcam,
    logicalTables: used.logicalTables + cost.logical,
    ternaryTables: used.ternaryTables + (cost.tcam > 0 ? 1 : 0),
    tindTables: used.tindTables + (cost.sram.tind > 0 ? 1 : 0),
    exactXbarBytes: used.exactXbarBytes + fresh(budget.exactBytes, cost.exactBytes),
    ternaryXbarBytes: used.ternaryXbarBytes + fresh(budget.ternaryBytes, cost.ternaryBytes),
    hashBits: used.hashBits + cost.hashBits,
    hashGroups: Math.max(used.hashGroups, group + 1),
    hashDistSlices: used.hashDistSlices + cost.hashDist,
    actionBusBytes: used.actionBusBytes + cost.busBytes,
    actionRamBuses: used.actionRamBuses + cost.busWords,
    vliw: Math.max(rows(ingress.actions, ingress.noop), rows(egress.actions, egress.noop), used.vliw),
    gateways: used.gateways + cost.gateways,
    salus: used.salus + (known ? 0 : cost.salus),
    statsAlus: used.statsAlus,
    exactResultBuses: used.exactResultBuses + (cost.sram.match > 0 ? 1 : 0),
    ternaryResultBuses: used.ternaryResultBuses + (cost.ternary ? 1 : 0),
  };
}

/** Resources the part would overrun; empty when it fits. */
export function refusals(budget: StageBudget, cost: TableCost, gress: Gress, chip: Chip): Resource[] {
  const amounts = wouldUse(budget, cost, gress, chip);
  // A register may not spread further than the chip lets it (TARGETS.md §3), however empty the stage.
  const tooBig = cost.sram.stateful > chip.memory.maxStatefulRams;
  return RESOURCES.filter((name) => amounts[name] > chip.stage[name] || (tooBig && name === 'mapRam'));
}

/** Books a part that fits. */
export function book(budget: StageBudget, cost: TableCost, gress: Gress, chip: Chip): void {
  const amounts = wouldUse(budget, cost, gress, chip);
  if (cost.hashBits > 0) {
    const bits = Math.min(cost.hashBits, groupBits(chip));
    const group = groupFor(budget, bits, chip);
    budget.groups[group] = (budget.groups[group] ?? 0) + bits;
  }
  Object.assign(budget.used, amounts);
  for (const name of cost.exactBytes) budget.exactBytes.add(name);
  for (const name of cost.ternaryBytes) budget.ternaryBytes.add(name);
  if (cost.register !== undefined) budget.registers.add(cost.register);
  budget.actions[gress] += cost.instructions;
  budget.noop[gress] ||= cost.noop;
}
