/** The window counter of a flow: ring position, and whether the window is full. Eight bits each, one access. */

import type { StatefulAction } from '../program/index.ts';
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

const ZERO = { kind: 'const', value: 0 } as const;

/**
 * The fill count goes from −(length−2) at the flow's first packet up to 0 and stays there: full = "was 0 before this packet",
 * so no counter ever wraps into "not full" (the published program tests 8 bits of a count and drops packets 256..263).
 */
function fillCount(draft: Draft, settings: FrontSettings): Omit<StatefulAction, 'name' | 'register'> {
  return {
    inputs: [{ kind: 'field', field: FLOW.same }],
    conditions: [
      { op: 'eq', signed: false, a: { kind: 'input', index: 0 }, b: ZERO },
      { op: 'ge', signed: true, a: { kind: 'lo' }, b: ZERO },
    ],
    updates: [
      { cell: 'lo', when: 0b1010, op: 'set', a: { kind: 'const', value: 2 - settings.window } },
      { cell: 'lo', when: 0b0001, op: 'add', a: { kind: 'lo' }, b: { kind: 'const', value: 1 } },
    ],
    outputs: [{ dst: addField(draft, WINDOW.full, 1, 'metadata', 'the window is full'), when: 0b0101, value: 'cond1' }],
  };
}

/** The published count: 8 bits that wrap, full = "8 or more now" (ALGORITHM §5.7). */
function publishedCount(draft: Draft, settings: FrontSettings): Omit<StatefulAction, 'name' | 'register'> {
  const { conditions, outputs, ...rest } = fillCount(draft, settings);
  return {
    ...rest,
    conditions: [
      conditions[0],
      { op: 'ge', signed: false, a: { kind: 'lo' }, b: { kind: 'const', value: settings.window - 1 } },
      { op: 'ne', signed: true, a: { kind: 'lo' }, b: { kind: 'const', value: -1 } },
    ],
    updates: [
      { cell: 'lo', when: 0b10101010, op: 'set', a: { kind: 'const', value: 1 } },
      { cell: 'lo', when: 0b01010101, op: 'add', a: { kind: 'lo' }, b: { kind: 'const', value: 1 } },
    ],
    // Not the first packet, 7 or more before, and the count does not wrap now.
    outputs: outputs.map((output) => ({ ...output, when: 1 << 6 })),
  };
}

/** Add fill count and ring position: the two halves of one pair, or two registers where an ALU hands out one word. */
export function addWindow(draft: Draft, settings: FrontSettings): void {
  const fill = settings.publishedCount ? publishedCount(draft, settings) : fillCount(draft, settings);
  const position = addField(draft, WINDOW.position, 3, 'metadata', 'ring position of this packet');
  const register = { cellBits: 8, size: settings.slots } as const;
  const note = `packets towards a window of ${settings.window}`;
  const next = (cell: 'lo' | 'hi') => ({ cell, op: 'add', a: { kind: cell }, b: { kind: 'const', value: 1 } }) as const;
  if (settings.salu === 'one-word') {
    const run = {
      inputs: [],
      conditions: [],
      updates: [next('lo')],
      outputs: [{ dst: position, value: 'newLo' }],
    } as const;
    draft.phases.state.push(
      registerTable(draft, { ...register, name: 'flow_window', pair: false, initial: [0], note }, fill, FLOW.slot),
      registerTable(
        draft,
        { ...register, name: 'flow_turn', pair: false, initial: [0], note: 'ring position' },
        run,
        FLOW.slot,
      ),
    );
    return;
  }
  const both = {
    ...fill,
    updates: [...fill.updates, next('hi')],
    outputs: [{ dst: position, value: 'newHi' }, ...fill.outputs],
  } as const;
  draft.phases.state.push(
    registerTable(
      draft,
      { ...register, name: 'flow_window', pair: true, initial: [0, 0], note: `${note}; ring position` },
      both,
      FLOW.slot,
    ),
  );
}
