/** What sharing flow slots cost: statuses counted, flows that collided, flows the switch took for one. */

import type { FlowState, RunColumns } from '../program/index.ts';
import type { SlotCounts } from './result.ts';

/** Statuses of FlowState.status. */
const OWNER = 0;
const TAKEN = 2;
const FOREIGN = 3;

/** Counts from the observed status, slot and owner of each packet, `flow` its true flow (-1: none). */
export function slotCounts(state: FlowState, run: RunColumns, flow: Int32Array): SlotCounts {
  const [status, slot, owner] = [state.status, state.slot, state.owner].map((name) => run.observed[name]);
  const byStatus = [0, 0, 0, 0];
  const colliding = new Set<number>();
  const seen = new Set<number>();
  const hashes = new Map<string, Set<number>>();
  let restarts = 0;
  for (let i = 0; i < run.count; i++) {
    if (run.outcome[i] > 1 || flow[i] < 0) continue;
    const value = status[i] & 3;
    byStatus[value]++;
    if (value === FOREIGN) colliding.add(flow[i]);
    if (value !== OWNER && value !== FOREIGN && seen.has(flow[i])) restarts++;
    if (value === TAKEN && seen.has(flow[i])) colliding.add(flow[i]);
    if (seen.has(flow[i])) continue;
    seen.add(flow[i]);
    const key = `${slot[i]}/${owner[i]}`;
    const sharing = hashes.get(key);
    if (sharing) sharing.add(flow[i]);
    else hashes.set(key, new Set([flow[i]]));
  }
  const merged = [...hashes.values()].filter((flows) => flows.size > 1);
  return {
    slots: state.slots,
    policy: state.policy,
    owner: byStatus[0],
    first: byStatus[1],
    taken: byStatus[2],
    foreign: byStatus[3],
    collidingFlows: colliding.size,
    mergedFlows: merged.reduce((sum, flows) => sum + flows.size, 0),
    restarts,
    bitsPerFlow: state.bitsPerFlow,
  };
}
