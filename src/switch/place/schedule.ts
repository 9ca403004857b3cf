/** List scheduling of logical tables into stages: longest remaining chain first, tables too big for one stage split over several. */

import { sramOf, type TableCost, tableCost } from '../cost/table.ts';
import type { Demand, DemandTable } from '../demand/demand.ts';
import { crowdedContainers } from '../phv/crowded.ts';
import type { Chip } from '../targets/chip.ts';
import { book, emptyBudget, type Resource, refusals, type StageBudget } from './budget.ts';
import { type Conflicts, containerConflicts, sharedContainers } from './conflict.ts';
import { type Dependency, earliestStages } from './depend.ts';
import { orders } from './order.ts';
import { NOTHING_RESERVED, type Reserve } from './reserve.ts';

/** Entries [from, to) of a table in a stage, with what they cost. */
export interface PlacedPart {
  readonly table: number;
  readonly stage: number;
  readonly from: number;
  readonly to: number;
  readonly cost: TableCost;
}

/** A table that could have gone to a stage but for these resources. */
export interface Refusal {
  readonly table: number;
  readonly stage: number;
  readonly resources: readonly Resource[];
}

export interface Schedule {
  readonly parts: readonly PlacedPart[];
  readonly budgets: readonly StageBudget[];
  readonly refusals: readonly Refusal[];
  /** Tables that no stage of the chip can take, with the resources that an empty stage lacks. */
  readonly impossible: readonly Refusal[];
  /** Tables kept apart by shared containers. */
  readonly conflicts: Conflicts;
}

interface State {
  readonly demand: Demand;
  readonly chip: Chip;
  readonly reserve: Reserve;
  readonly incoming: readonly (readonly Dependency[])[];
  readonly conflicts: Conflicts;
  /** Costs already worked out, by table and number of entries. */
  readonly costs: readonly Map<number, TableCost>[];
  /** Last stage of each table; -1 while not placed. */
  readonly done: number[];
  /** Entries of each table placed so far. */
  readonly placed: number[];
  readonly parts: PlacedPart[];
  readonly refused: Refusal[];
}

/** Stage by stage until all is placed or `maxStages` is reached. */
const MAX_STAGES = 400;

function costOf(
  { demand, chip, costs }: Pick<State, 'demand' | 'chip' | 'costs'>,
  table: number,
  entries: number,
): TableCost {
  const known = costs[table].get(entries);
  if (known) return known;
  const cost = tableCost(demand, demand.tables[table], entries, chip);
  costs[table].set(entries, cost);
  return cost;
}

function isReady(state: State, table: number, stage: number): boolean {
  return state.incoming[table].every(({ from, gap }) => state.done[from] >= 0 && state.done[from] + gap <= stage);
}

/** Tables that use one register must share its stage. */
function registerMates(demand: Demand): number[][] {
  const byRegister = new Map<string, number[]>();
  for (const [index, table] of demand.tables.entries())
    for (const register of new Set(table.actions.flatMap((action) => action.register ?? [])))
      byRegister.set(register, [...(byRegister.get(register) ?? []), index]);
  return demand.tables.map((_, index) => {
    const mates = [...byRegister.values()].filter((list) => list.includes(index)).flat();
    return mates.length > 0 ? [...new Set(mates)].sort((a, b) => a - b) : [index];
  });
}

/** Steps in which a table's entries are cut. */
function unit(table: DemandTable, chip: Chip): number {
  return table.keys.some((key) => key.match !== 'exact') ? chip.memory.tcamDepth : chip.memory.sramDepth;
}

/** Most entries of the table (at most `wanted`) that still fit the stage; 0 for none. */
function largestFit(state: State, budget: StageBudget, index: number, wanted: number): number {
  const { demand, chip } = state;
  const table = demand.tables[index];
  const step = unit(table, chip);
  const fits = (entries: number) => refusals(budget, costOf(state, index, entries), table.gress, chip).length === 0;
  let low = 0;
  let high = Math.floor(wanted / step);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle * step)) low = middle;
    else high = middle - 1;
  }
  return low * step;
}

/** Puts entries of a table into a stage. */
function put(state: State, budget: StageBudget, index: number, stage: number, entries: number, cost: TableCost): void {
  const table = state.demand.tables[index];
  const from = state.placed[index];
  book(budget, cost, table.gress, state.chip);
  state.placed[index] += entries;
  state.parts.push({ table: index, stage, from, to: from + entries, cost });
  if (state.placed[index] >= table.entries) state.done[index] = stage;
}

function fitsAlone(state: State, index: number, stage: number, entries: number): Resource[] {
  const { demand, chip, reserve } = state;
  const table = demand.tables[index];
  return refusals(emptyBudget(reserve.stages[stage]), costOf(state, index, entries), table.gress, chip);
}

/** Tries to place what is left of a table (and the tables bound to its registers) in a stage. */
function tryPlace(state: State, budget: StageBudget, mates: readonly number[], stage: number): void {
  const { demand, chip } = state;
  const costs = mates.map((index) => {
    const left = demand.tables[index].entries - state.placed[index];
    return { index, left, cost: costOf(state, index, left) };
  });
  const trial: StageBudget = mates.length > 1 ? structuredClone(budget) : budget;
  const lacking = new Set<Resource>();
  for (const { index, cost } of costs) {
    for (const resource of refusals(trial, cost, demand.tables[index].gress, chip)) lacking.add(resource);
    if (mates.length > 1) book(trial, cost, demand.tables[index].gress, chip);
  }
  if (lacking.size === 0) {
    for (const { index, left, cost } of costs) put(state, budget, index, stage, left, cost);
    return;
  }
  state.refused.push({ table: mates[0], stage, resources: [...lacking] });
  if (mates.length > 1) return;
  const [{ index, left }] = costs;
  const table = demand.tables[index];
  const splittable = table.kind === 'match' && !table.actions.some((action) => action.register !== undefined);
  if (!splittable || fitsAlone(state, index, stage, left).length === 0) return;
  const entries = largestFit(state, budget, index, left);
  if (entries > 0) put(state, budget, index, stage, entries, costOf(state, index, entries));
}

/** Tables that even an empty stage refuses and that cannot be split. */
function impossibles(state: State): Refusal[] {
  return state.demand.tables.flatMap((table, index) => {
    const splits = table.kind === 'match' && !table.actions.some((action) => action.register !== undefined);
    const least = splits ? Math.min(table.entries, unit(table, state.chip)) : table.entries;
    const resources = fitsAlone({ ...state, reserve: NOTHING_RESERVED }, index, 0, least);
    return resources.length > 0 ? [{ table: index, stage: -1, resources }] : [];
  });
}

/** What every attempt at a schedule shares. */
interface Task {
  readonly demand: Demand;
  readonly chip: Chip;
  readonly incoming: readonly (readonly Dependency[])[];
  readonly reserve: Reserve;
  readonly conflicts: Conflicts;
  readonly mates: readonly (readonly number[])[];
  readonly costs: Map<number, TableCost>[];
}

/** Fills one stage with the tables that are ready, in the given order, until no more go in. */
function fillStage(state: State, budget: StageBudget, stage: number, order: readonly number[], task: Task): void {
  const tried = new Set<number>();
  let again = true;
  while (again) {
    again = false;
    for (const index of order) {
      const mates = task.mates[index];
      if (state.done[index] >= 0 || tried.has(index)) continue;
      if (!mates.every((mate) => isReadyWith(state, mate, stage, mates))) continue;
      for (const mate of mates) tried.add(mate);
      if (meetsConflict(state, mates, stage)) continue;
      tryPlace(state, budget, mates, stage);
      again ||= state.done[index] >= 0;
    }
  }
}

/** One attempt: stage by stage, tables in the given order. */
function attempt(task: Task, order: readonly number[]): Schedule {
  const { demand, reserve } = task;
  const state: State = {
    ...task,
    done: demand.tables.map(() => -1),
    placed: demand.tables.map(() => 0),
    parts: [],
    refused: [],
  };
  const budgets: StageBudget[] = [];
  for (let stage = 0; stage < MAX_STAGES && state.done.includes(-1); stage++) {
    budgets.push(emptyBudget(reserve.stages[stage]));
    fillStage(state, budgets[stage], stage, order, task);
    if (stage > reserve.stages.length && state.parts.at(-1) === undefined) break;
  }
  const stuck = state.done.flatMap((done, table) => (done < 0 ? [{ table, stage: -1, resources: [] }] : []));
  return { parts: state.parts, budgets, refusals: state.refused, impossible: stuck, conflicts: task.conflicts };
}

function stagesOf(plan: Schedule): number {
  return plan.parts.reduce((most, part) => Math.max(most, part.stage + 1), 0);
}

/** Several orders of service; the fewest stages win (the first on a tie), the first that fits ends the search. */
function search(task: Task): Schedule {
  const { demand, chip, incoming } = task;
  const least = Math.max(0, ...earliestStages(incoming).map((stage) => stage + 1));
  const whole = demand.tables.map((table, index) => costOf(task, index, table.entries));
  let best: Schedule | undefined;
  for (const order of orders(whole, incoming, chip)) {
    const plan = attempt(task, order);
    if (!best || plan.impossible.length < best.impossible.length || stagesOf(plan) < stagesOf(best)) best = plan;
    if (stagesOf(best) <= Math.max(least, chip.stages)) break;
  }
  return best ?? { parts: [], budgets: [], refusals: [], impossible: [], conflicts: task.conflicts };
}

/**
 * Places all tables; goes on beyond the chip's last stage, so that the report can say how many stages it would take. If the plain
 * order does not fit and dependencies alone would, other orders are tried. In programs that another compiler is to allocate, containers
 * crowded with narrow fields keep their writers apart if the program fits so; if not, it is placed without them, as the compiler
 * then allocates anew with the stages in view (T:bf-p4c/mau/table_summary.cpp, the states after INITIAL).
 */
export function schedule(
  demand: Demand,
  chip: Chip,
  incoming: readonly (readonly Dependency[])[],
  reserve: Reserve = NOTHING_RESERVED,
): Schedule {
  const shared = sharedContainers(demand);
  const task: Task = {
    demand,
    chip,
    incoming,
    reserve,
    conflicts: containerConflicts(demand, shared),
    mates: registerMates(demand),
    costs: demand.tables.map(() => new Map<number, TableCost>()),
  };
  const impossible = impossibles({ ...task, done: [], placed: [], parts: [], refused: [] });
  if (impossible.length > 0) return { parts: [], budgets: [], refusals: [], impossible, conflicts: task.conflicts };
  const crowded = demand.foreign === true ? crowdedContainers(demand, chip, reserve) : [];
  if (crowded.length > 0) {
    const plan = search({ ...task, conflicts: containerConflicts(demand, [...shared, ...crowded]) });
    if (plan.impossible.length === 0 && stagesOf(plan) <= chip.stages) return plan;
  }
  return search(task);
}

/** Does the stage already hold a table that writes a container shared with one of these? */
function meetsConflict(state: State, tables: readonly number[], stage: number): boolean {
  return tables.some(
    (table) =>
      state.conflicts[table].size > 0 &&
      state.parts.some((part) => part.stage === stage && state.conflicts[table].has(part.table)),
  );
}

/** Ready, taking the tables placed together with it as placed in this stage. */
function isReadyWith(state: State, table: number, stage: number, together: readonly number[]): boolean {
  if (isReady(state, table, stage)) return true;
  return state.incoming[table].every(
    ({ from, gap }) =>
      (state.done[from] >= 0 && state.done[from] + gap <= stage) || (gap === 0 && together.includes(from)),
  );
}

/** SRAM, TCAM and map RAM of a schedule in blocks. */
export function totals(schedule: Schedule): { sram: number; tcam: number; mapRam: number } {
  let [sram, tcam, mapRam] = [0, 0, 0];
  const seen = new Set<string>();
  for (const { cost } of schedule.parts) {
    const again = cost.register !== undefined && seen.has(cost.register);
    sram += sramOf(cost) - (again ? cost.sram.stateful : 0);
    mapRam += again ? 0 : cost.mapRam;
    tcam += cost.tcam;
    if (cost.register !== undefined) seen.add(cost.register);
  }
  return { sram, tcam, mapRam };
}
