/** Slot costs from hand-made statuses. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FlowState, RunColumns } from '../../src/program/index.ts';
import { slotCounts } from '../../src/replay/slots.ts';

const Slots = suite('slot counts');

const STATE: FlowState = {
  slot: 'slot',
  slots: 4,
  owner: 'owner',
  symmetric: true,
  policy: 'replace',
  status: 'status',
  bitsPerFlow: 32,
};

function run(status: number[], slot: number[], owner: number[]): RunColumns {
  const count = status.length;
  return {
    count,
    outcome: new Uint8Array(count),
    verdict: new Int16Array(count),
    logits: new Int32Array(0),
    observed: { status: Uint32Array.from(status), slot: Uint32Array.from(slot), owner: Uint32Array.from(owner) },
  };
}

Slots(
  'flow 0 starts, flow 1 takes its slot, flow 0 takes it back: two takeovers, one restart, one colliding flow',
  () => {
    const counts = slotCounts(STATE, run([1, 2, 2, 0], [1, 1, 1, 1], [7, 9, 7, 7]), Int32Array.of(0, 1, 0, 0));
    assert.is(counts.first, 1);
    assert.is(counts.taken, 2);
    assert.is(counts.owner, 1);
    assert.is(counts.restarts, 1);
    assert.is(counts.collidingFlows, 1);
    assert.is(counts.mergedFlows, 0);
  },
);

Slots('two flows with one slot and one owner hash are merged, not colliding', () => {
  const counts = slotCounts(STATE, run([1, 0], [3, 3], [5, 5]), Int32Array.of(0, 1));
  assert.is(counts.mergedFlows, 2);
  assert.is(counts.collidingFlows, 0);
});

Slots('packets outside flows and unparsed ones have no status', () => {
  const columns = run([1, 1], [0, 0], [1, 2]);
  columns.outcome[1] = 2;
  const counts = slotCounts(STATE, columns, Int32Array.of(-1, 0));
  assert.is(counts.first, 0);
});

Slots.run();
