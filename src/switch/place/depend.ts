/** Dependencies between logical tables and the stage distance each demands (TARGETS.md §6; T:bf-p4c/mau/table_dependency_graph.h:53-146). */

import type { Demand, DemandTable } from '../demand/demand.ts';

export type DependencyKind = 'match' | 'action' | 'output' | 'control' | 'anti';

export interface Dependency {
  /** Index of the earlier table in `demand.tables`. */
  readonly from: number;
  readonly to: number;
  readonly kind: DependencyKind;
  /** Stages between: 1 = a later stage, 0 = the same stage will do. */
  readonly gap: 0 | 1;
  /** The field that ties them; the gateway's name for control. */
  readonly through: string;
}

/** Branches under which a table runs, innermost first, for each of its guards. */
function branchPaths(table: DemandTable, gates: ReadonlyMap<number, DemandTable>): ReadonlyMap<number, 0 | 1>[] {
  return table.under.map((guard) => {
    const path = new Map<number, 0 | 1>();
    let at: { gate: number; outcome: 0 | 1 } | undefined = guard;
    while (at && at.gate >= 0) {
      path.set(at.gate, at.outcome);
      at = gates.get(at.gate)?.under[0];
    }
    return path;
  });
}

/** Do two branch paths exclude each other? */
function excludes(a: ReadonlyMap<number, 0 | 1>, b: ReadonlyMap<number, 0 | 1>): boolean {
  for (const [gate, outcome] of a) if (b.has(gate) && b.get(gate) !== outcome) return true;
  return false;
}

/** May both tables, of one gress, run for one packet? Tables of exclusive branches may not. */
export function mayBothRun(demand: Demand, a: number, b: number): boolean {
  const { tables } = demand;
  if (tables[a].gress !== tables[b].gress) return false;
  const own = tables.filter((table) => table.kind === 'gateway' && table.gress === tables[a].gress);
  const gates = new Map(own.map((table) => [table.gate, table]));
  const [first, second] = [branchPaths(tables[a], gates), branchPaths(tables[b], gates)];
  return !first.every((one) => second.every((other) => excludes(one, other)));
}

interface Uses {
  readonly matches: ReadonlySet<string>;
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

function usesOf(table: DemandTable): Uses {
  return {
    matches: new Set(table.keys.map((key) => key.field)),
    reads: new Set(table.actions.flatMap((action) => action.reads)),
    writes: new Set(table.actions.flatMap((action) => action.writes)),
  };
}

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): string | undefined {
  for (const field of a) if (b.has(field)) return field;
  return undefined;
}

function between(from: Uses, to: Uses): { kind: DependencyKind; gap: 0 | 1; through: string } | undefined {
  const match = shared(from.writes, to.matches);
  if (match !== undefined) return { kind: 'match', gap: 1, through: match };
  const action = shared(from.writes, to.reads);
  if (action !== undefined) return { kind: 'action', gap: 1, through: action };
  const output = shared(from.writes, to.writes);
  if (output !== undefined) return { kind: 'output', gap: 1, through: output };
  const anti = shared(to.writes, from.matches) ?? shared(to.writes, from.reads);
  if (anti !== undefined) return { kind: 'anti', gap: 0, through: anti };
  return undefined;
}

/** All dependencies of a demand, by the later table. Tables of exclusive branches and of different gresses have none. */
export function dependencies(demand: Demand): Dependency[][] {
  const { tables } = demand;
  const uses = tables.map(usesOf);
  const incoming: Dependency[][] = tables.map(() => []);
  for (const gress of ['ingress', 'egress'] as const) {
    const own = tables.map((_, index) => index).filter((index) => tables[index].gress === gress);
    const gates = new Map(own.filter((i) => tables[i].kind === 'gateway').map((i) => [tables[i].gate, tables[i]]));
    const gateIndex = new Map(own.filter((i) => tables[i].kind === 'gateway').map((i) => [tables[i].gate, i]));
    const paths = new Map(own.map((i) => [i, branchPaths(tables[i], gates)]));
    for (const [position, to] of own.entries()) {
      for (const { gate } of tables[to].under) {
        const from = gateIndex.get(gate);
        if (from !== undefined) incoming[to].push({ from, to, kind: 'control', gap: 0, through: tables[from].name });
      }
      for (const from of own.slice(0, position)) {
        const exclusive = paths.get(from)!.every((a) => paths.get(to)!.every((b) => excludes(a, b)));
        const found = exclusive ? undefined : between(uses[from], uses[to]);
        if (found) incoming[to].push({ from, to, ...found });
      }
    }
  }
  return incoming;
}

/** Longest chain of stages that starts at each table, itself included: what list scheduling serves first. */
export function chainLengths(incoming: readonly (readonly Dependency[])[]): number[] {
  const length = incoming.map(() => 1);
  for (let to = incoming.length - 1; to >= 0; to--)
    for (const { from, gap } of incoming[to]) length[from] = Math.max(length[from], length[to] + gap);
  return length;
}

/** Earliest stage of each table by dependencies alone. */
export function earliestStages(incoming: readonly (readonly Dependency[])[]): number[] {
  const stage = incoming.map(() => 0);
  for (let to = 0; to < incoming.length; to++)
    for (const { from, gap } of incoming[to]) stage[to] = Math.max(stage[to], stage[from] + gap);
  return stage;
}
