/** What would make a program fit: variants of its demand, scheduled again by the same rules, with the stages each would take. */

import type { Demand, DemandTable } from '../demand/demand.ts';
import { dependencies } from '../place/depend.ts';
import { NOTHING_RESERVED, type Reserve } from '../place/reserve.ts';
import { schedule } from '../place/schedule.ts';
import type { Chip } from '../targets/chip.ts';
import { CHIPS } from '../targets/index.ts';
import type { FitOption } from './types.ts';

/** Parameters wider than this are worth narrowing. */
const NARROW_BITS = 16;

/** Programs with more tables get no options: each is another schedule. */
const MAX_TABLES = 600;

function outcome(demand: Demand, chip: Chip, reserve: Reserve): { stages: number; fits: boolean } {
  const plan = schedule(demand, chip, dependencies(demand), reserve);
  const stages = Math.max(0, ...plan.parts.map((part) => part.stage + 1));
  return { stages, fits: plan.impossible.length === 0 && stages <= chip.stages };
}

function mapTables(demand: Demand, change: (table: DemandTable) => DemandTable): Demand {
  return { ...demand, tables: demand.tables.map(change) };
}

/** Half the entries in every match table: half the leaves of every tree. */
function fewerLeaves(demand: Demand): Demand {
  return mapTables(demand, (table) =>
    table.kind === 'match' ? { ...table, entries: Math.ceil(table.entries / 2) } : table,
  );
}

/** 32-bit results stored and added as 16-bit ones. */
function narrower(demand: Demand): Demand {
  return mapTables(demand, (table) => ({
    ...table,
    actions: table.actions.map((action) => ({
      ...action,
      params: action.params.map((bits) => Math.min(bits, NARROW_BITS)),
    })),
  }));
}

/** Longest key of a joined table: its memory grows with every bit. */
const JOINED_KEY_BITS = 16;

function sameResults(a: DemandTable, b: DemandTable): boolean {
  if (a.actions.length !== 1 || b.actions.length !== 1) return false;
  const [x, y] = [a.actions[0], b.actions[0]];
  const adds = x.writes.every((field) => y.writes.includes(field)) && x.writes.length === y.writes.length;
  return adds && a.gress === b.gress && a.under[0]?.gate === b.under[0]?.gate && x.params.join() === y.params.join();
}

function isIndexed(table: DemandTable): boolean {
  return table.kind === 'match' && table.keys.every((key) => key.match === 'exact');
}

/** Pairs of exact tables that feed the same sums, as one table over both keys. */
function joined(demand: Demand): Demand | undefined {
  const bits = (table: DemandTable) => table.keys.reduce((sum, key) => sum + key.bits, 0);
  const gone = new Set<DemandTable>();
  const tables = demand.tables.flatMap((table): DemandTable[] => {
    if (gone.has(table)) return [];
    const fits = (other: DemandTable) =>
      other.order > table.order && !gone.has(other) && isIndexed(other) && sameResults(table, other);
    const other = isIndexed(table)
      ? demand.tables.find((one) => fits(one) && bits(one) + bits(table) <= JOINED_KEY_BITS)
      : undefined;
    if (!other) return [table];
    gone.add(other);
    const keys = [...table.keys, ...other.keys];
    return [{ ...table, name: `${table.name} + ${other.name}`, keys, entries: table.entries * other.entries }];
  });
  return gone.size > 0 ? { ...demand, tables } : undefined;
}

/** Tables of the second half of the stages run in egress, beside the first half in ingress; only for programs without branches. */
function halfInEgress(demand: Demand, chip: Chip, reserve: Reserve): Demand | undefined {
  const simple = demand.tables.every(
    (table) => table.gress === 'ingress' && table.under.every((guard) => guard.gate < 0),
  );
  if (!simple) return undefined;
  const plan = schedule(demand, chip, dependencies(demand), reserve);
  const stages = Math.max(0, ...plan.parts.map((part) => part.stage + 1));
  const late = new Set(plan.parts.filter((part) => part.stage >= stages / 2).map((part) => part.table));
  return {
    ...demand,
    tables: demand.tables.map((table, index) => (late.has(index) ? { ...table, gress: 'egress' as const } : table)),
  };
}

/** Bits that would have to be bridged: written before and used after the cut. */
function bridgedBits(demand: Demand): number {
  const written = new Set(
    demand.tables.filter((t) => t.gress === 'ingress').flatMap((t) => t.actions.flatMap((a) => a.writes)),
  );
  const used = new Set(
    demand.tables
      .filter((t) => t.gress === 'egress')
      .flatMap((t) => [...t.keys.map((k) => k.field), ...t.actions.flatMap((a) => a.reads)]),
  );
  return demand.fields
    .filter(({ name }) => written.has(name) && used.has(name))
    .reduce((sum, { bits }) => sum + bits, 0);
}

/** Options in a fixed order; those that save nothing are left out. */
export function fitOptions(demand: Demand, chip: Chip, reserve: Reserve = NOTHING_RESERVED): FitOption[] {
  if (demand.tables.length > MAX_TABLES) return [];
  const now = outcome(demand, chip, reserve).stages;
  const pairs = joined(demand);
  const split = halfInEgress(demand, chip, reserve);
  const tried: { what: string; demand: Demand; chip: Chip }[] = [
    { what: 'half the leaves in every table', demand: fewerLeaves(demand), chip },
    { what: `results of ${NARROW_BITS} bits instead of 32`, demand: narrower(demand), chip },
    ...(pairs ? [{ what: 'indices joined in pairs', demand: pairs, chip }] : []),
    ...(split ? [{ what: `second half in egress (${bridgedBits(split)} bits bridged)`, demand: split, chip }] : []),
    ...CHIPS.filter((other) => other.name !== chip.name && other.stages !== Infinity && other.stages > 6).map(
      (other) => ({
        what: `chip ${other.name}`,
        demand,
        chip: other,
      }),
    ),
  ];
  return tried.flatMap(({ what, demand: variant, chip: on }) => {
    const { stages, fits } = outcome(variant, on, on === chip ? reserve : NOTHING_RESERVED);
    return fits || (stages > 0 && (now === 0 || stages < now)) ? [{ what, stages, fits }] : [];
  });
}
