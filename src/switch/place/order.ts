/** In which order list scheduling serves tables that are ready: several rules, of which the search takes the best outcome. */

import { sramOf, type TableCost } from '../cost/table.ts';
import type { Chip } from '../targets/chip.ts';
import { chainLengths, type Dependency } from './depend.ts';

/** Everything that must come after each table, itself included, as sorted lists of indices. */
function successors(incoming: readonly (readonly Dependency[])[]): Uint8Array[] {
  const count = incoming.length;
  const after = Array.from({ length: count }, (_, table) => {
    const own = new Uint8Array(count);
    own[table] = 1;
    return own;
  });
  for (let to = count - 1; to >= 0; to--)
    for (const { from } of incoming[to]) for (let t = 0; t < count; t++) after[from][t] |= after[to][t];
  return after;
}

/** Share of a stage that a table takes of each resource that usually binds. */
function shares(cost: TableCost, chip: Chip): number[] {
  const { stage } = chip;
  return [
    sramOf(cost) / stage.sram,
    cost.tcam / stage.tcam,
    cost.busBytes / stage.actionBusBytes,
    cost.busWords / stage.actionRamBuses,
    (cost.tcam > 0 ? 1 : 0) / stage.ternaryTables,
    cost.logical / stage.logicalTables,
  ];
}

/** Stages that the work after each table needs at least, by its most loaded resource. */
function loads(costs: readonly TableCost[], incoming: readonly (readonly Dependency[])[], chip: Chip): number[] {
  const share = costs.map((cost) => shares(cost, chip));
  return successors(incoming).map((after) => {
    const sums = shares(costs[0], chip).fill(0);
    for (let t = 0; t < after.length; t++) if (after[t]) for (let r = 0; r < sums.length; r++) sums[r] += share[t][r];
    return Math.max(...sums);
  });
}

/** Largest first: the share of the resource that a table takes most of. */
function sizes(costs: readonly TableCost[], chip: Chip): number[] {
  return costs.map((cost) => Math.max(...shares(cost, chip)));
}

/**
 * Orders to try, each worked out when asked for, the plain one first: longest dependency chain, then program order. The others weigh the work that follows a table
 * (chain or load, whichever asks for more stages) and the table's own size.
 */
export function* orders(
  costs: readonly TableCost[],
  incoming: readonly (readonly Dependency[])[],
  chip: Chip,
): Generator<readonly number[]> {
  const indices = costs.map((_, index) => index);
  const chain = chainLengths(incoming);
  const plain = [...indices].sort((a, b) => chain[b] - chain[a] || a - b);
  yield plain;
  if (chip.stages === Infinity || costs.length === 0) return;
  const load = loads(costs, incoming, chip);
  const size = sizes(costs, chip);
  const bound = indices.map((t) => Math.max(chain[t], load[t]));
  yield [...indices].sort((a, b) => bound[b] - bound[a] || a - b);
  yield [...indices].sort((a, b) => chain[b] - chain[a] || size[b] - size[a] || a - b);
  yield [...indices].sort((a, b) => chain[b] + load[b] - chain[a] - load[a] || a - b);
}
