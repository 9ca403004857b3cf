/** The window counter of a flow: ring position, and whether the window is full. One 8-bit pair register, one access. */

import { addField, type Draft, registerTable } from './draft.ts';
import type { FrontSettings } from './options.ts';
import { FLOW } from './slot.ts';

export const WINDOW = {
  /** Ring position of this packet, 0..7: runs on for ever, flow after flow. */
  position: 'meta.window_position',
  /** 1 when this packet and the ones kept make a whole window. */
  full: 'meta.window_full',
} as const;

/** Ring positions: a power of two, so that the position is the low bits of a counter that may wrap. */
export const RING = 8;

/**
 * lo counts from −(length−2) at the flow's first packet up to 0 and stays there: full = "was 0 before this packet", so no
 * counter ever wraps into "not full" (the published program tests 8 bits of a count and drops packets 256..263). hi is the position.
 */
export function addWindow(draft: Draft, settings: FrontSettings): void {
  const zero = { kind: 'const', value: 0 } as const;
  const step = registerTable(
    draft,
    {
      name: 'flow_window',
      cellBits: 8,
      pair: true,
      size: settings.slots,
      initial: [0, 0],
      note: `packets towards a window of ${settings.window}; ring position`,
    },
    {
      inputs: [{ kind: 'field', field: FLOW.same }],
      conditions: [
        { op: 'eq', signed: false, a: { kind: 'input', index: 0 }, b: zero },
        { op: 'ge', signed: true, a: { kind: 'lo' }, b: zero },
      ],
      updates: [
        { cell: 'lo', when: 0b1010, op: 'set', a: { kind: 'const', value: 2 - settings.window } },
        { cell: 'lo', when: 0b0001, op: 'add', a: { kind: 'lo' }, b: { kind: 'const', value: 1 } },
        { cell: 'hi', op: 'add', a: { kind: 'hi' }, b: { kind: 'const', value: 1 } },
      ],
      outputs: [
        { dst: addField(draft, WINDOW.position, 3, 'metadata', 'ring position of this packet'), value: 'newHi' },
        { dst: addField(draft, WINDOW.full, 1, 'metadata', 'the window is full'), when: 0b0101, value: 'cond1' },
      ],
    },
    FLOW.slot,
  );
  draft.phases.state.push(step);
}
