/** Demands of a description: like those of a program, with what it implies spelled out first. */

import { withFlowState } from '../describe/flow.ts';
import { withImpliedSums } from '../describe/sums.ts';
import type { DescribedAction, DescribedCondition, DescribedTable, Description } from '../describe/types.ts';
import type { Demand, DemandAction, DemandField, DemandGuard, DemandKey, DemandTable } from './demand.ts';

const UNKNOWN_BITS = 32;

function demandAction(action: DescribedAction): DemandAction {
  const reads = action.accumulates ? [...action.reads, ...action.writes] : action.reads;
  return {
    name: action.name,
    params: action.paramBits,
    reads: [...new Set(reads)],
    writes: action.writes,
    arithmetic: action.accumulates ? [...new Set(reads)] : [],
    groups: [],
    immediateBits: action.hashBits,
    ...(action.register === undefined ? {} : { register: action.register }),
  };
}

function demandKeys(keys: DescribedTable['keys']): DemandKey[] {
  return keys.map(({ field, bits, match }) => ({ field, bits, match, low: 0 }));
}

/** Everything the conversion of one table needs. */
interface Scope {
  readonly gates: ReadonlyMap<string, number>;
}

function guardOf(scope: Scope, under: DescribedTable['under']): DemandGuard[] {
  if (!under) return [{ gate: -1, outcome: 1 }];
  return [{ gate: scope.gates.get(under.condition) ?? -1, outcome: under.outcome ? 1 : 0 }];
}

function demandTable(scope: Scope, table: DescribedTable, order: number): DemandTable {
  const actions = table.actions.map(demandAction);
  return {
    name: table.name,
    gress: table.gress,
    kind: table.keys.length > 0 ? 'match' : 'keyless',
    order,
    keys: demandKeys(table.keys),
    entries: table.size,
    actions,
    hitActions: actions.length + (table.noAction ? 1 : 0),
    // The default action may be changed at run time to any of the table's actions.
    defaultHasData: actions.some((action) => action.params.length > 0 || action.register !== undefined),
    under: guardOf(scope, table.under),
    gate: -1,
    gatewayRows: 0,
    made: table.made,
  };
}

function demandGateway(scope: Scope, condition: DescribedCondition, order: number): DemandTable {
  return {
    name: condition.name,
    gress: condition.gress,
    kind: 'gateway',
    order,
    keys: demandKeys(condition.keys),
    entries: 0,
    actions: [],
    hitActions: 0,
    defaultHasData: false,
    under: guardOf(scope, condition.under),
    gate: scope.gates.get(condition.name) ?? -1,
    gatewayRows: 1,
    made: false,
  };
}

/** Widths of all fields: declared, matched, or written by a parameter of known width. */
function fieldWidths(description: Description): Map<string, number> {
  const bits = new Map<string, number>(Object.entries(description.fieldBits));
  const learn = (field: string, width: number) => bits.set(field, Math.max(bits.get(field) ?? 0, width));
  for (const { keys, actions } of description.tables) {
    for (const key of keys) learn(key.field, key.bits);
    for (const { writes, paramBits } of actions)
      for (const [index, field] of writes.entries()) if (index < paramBits.length) learn(field, paramBits[index]);
  }
  for (const { actions } of description.tables)
    for (const { reads, writes } of actions)
      for (const field of [...reads, ...writes]) if (!bits.has(field)) bits.set(field, UNKNOWN_BITS);
  return bits;
}

function demandFields(description: Description): DemandField[] {
  const uses = new Map<string, Set<string>>();
  for (const { gress, keys, actions } of description.tables)
    for (const field of [
      ...keys.map((key) => key.field),
      ...actions.flatMap(({ reads, writes }) => [...reads, ...writes]),
    ])
      uses.set(field, (uses.get(field) ?? new Set()).add(gress));
  return [...fieldWidths(description)].map(([name, bits]) => {
    const where = uses.get(name);
    const both = where !== undefined && where.size > 1;
    const header = name.startsWith('hdr.');
    return {
      name,
      bits,
      header,
      bridged: both && !header,
      kept: header,
      gress: both ? 'both' : where?.has('egress') ? 'egress' : 'ingress',
    };
  });
}

/** Tables in order, each condition just before the first table under it. */
function interleave(description: Description): (DescribedTable | DescribedCondition)[] {
  const conditions = new Map(description.conditions.map((condition) => [condition.name, condition]));
  const out: (DescribedTable | DescribedCondition)[] = [];
  const open = (name: string | undefined): void => {
    const condition = name === undefined ? undefined : conditions.get(name);
    if (!condition || out.includes(condition)) return;
    open(condition.under?.condition);
    out.push(condition);
  };
  for (const table of description.tables) {
    open(table.under?.condition);
    out.push(table);
  }
  return out;
}

/** Demands of a description; `infer: false` in it takes the tables as they stand. */
export function descriptionDemand(given: Description): Demand {
  const summed = given.infer ? { ...given, tables: withImpliedSums(given.tables) } : given;
  const description = given.infer ? withFlowState(summed) : summed;
  const gates = new Map(description.conditions.map((condition, index) => [condition.name, index]));
  const scope: Scope = { gates };
  const tables = interleave(description).map((item, order) =>
    'actions' in item ? demandTable(scope, item, order) : demandGateway(scope, item, order),
  );
  const slots = Math.max(0, ...description.registers.map((register) => register.cells));
  return {
    name: description.name,
    tables,
    registers: description.registers.map(({ name, bits, cells }) => ({ name, bits, cells })),
    fields: demandFields(description),
    bitsPerFlow: description.registers.filter(({ cells }) => cells === slots).reduce((sum, { bits }) => sum + bits, 0),
    flowSlots: slots,
    foreign: true,
  };
}
