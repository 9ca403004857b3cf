/**
 * Rings: what was computed for the last packets of a flow (fuzzy indices, embedding sums), kept in registers and handed out
 * oldest first (Pegasus §6, ALGORITHM §5.7).
 *
 * Eight positions, one per packet, taken in turn by the window position. Position p is overwritten by the packet whose
 * position is p; every access hands out the words as they were before. Dense packing puts two positions in one cell, even
 * position in the upper half: the even packet sets the cell (the lower half, eight packets old, has just been read), the odd packet ORs
 * itself in. In both cases packets t−1..t−7 are all in the words handed out; one table keyed on the position puts them in order.
 */

import type {
  Entries,
  Fragment,
  Instruction,
  SaluCondition,
  SaluUpdate,
  StatefulAction,
  Step,
} from '../program/index.ts';
import { addField, type Draft, draftFragment, emptyDraft, registerTable } from './draft.ts';
import type { Front } from './front.ts';
import { FLOW, unlessForeign } from './slot.ts';
import { RING, WINDOW } from './window.ts';

/** A per-packet value to keep. */
export interface RingValue {
  /** Short name, unique: part of register and field names. */
  readonly name: string;
  /** Field that holds it for the current packet. */
  readonly field: string;
  /** 1..32 bits. */
  readonly bits: number;
}

export interface RingOptions {
  readonly slots: number;
  /** Packets per window, this one included (2..8, default 8). */
  readonly window?: number;
  /** `dense` (default): two values of up to 8 bits share a cell, at the price of one stage. `wide`: one value a cell half. */
  readonly pack?: 'dense' | 'wide';
  /**
   * Hand out the windows of the published program, off by one (t−6 … t−1, then the cell half this packet overwrites, then t):
   * to show what that costs. Default false.
   */
  readonly publishedOrder?: boolean;
  /** As FrontOptions.salu. */
  readonly salu?: 'four-words' | 'one-word';
}

export interface Ring {
  /** Fields, registers, actions, tables; no control flow. */
  readonly fragment: Fragment;
  /** Apply after the value is computed and the window position is known: place, registers, rotation. */
  readonly steps: readonly Step[];
  /** Field of the value per window position, oldest first; the last is the value's own field. */
  readonly window: readonly string[];
  /** Register bits per flow. */
  readonly bitsPerFlow: number;
  /** Bits per flow that carry information: (window − 1) × bits, as the paper counts. */
  readonly keptBits: number;
}

/** Where a position lives: the word handed out, and the bits in it. */
interface Place {
  readonly word: string;
  readonly low: number;
}

interface Layout {
  readonly draft: Draft;
  readonly value: RingValue;
  readonly slots: number;
  /** Bits of one position in a cell: the value's, rounded up to what cells divide into. */
  readonly span: number;
  readonly dense: boolean;
  readonly cellBits: 8 | 16 | 32;
  readonly pair: boolean;
}

function layoutOf(draft: Draft, value: RingValue, options: RingOptions): Layout {
  const dense = (options.pack ?? 'dense') === 'dense' && value.bits <= 8;
  const half = ([4, 8, 16, 32] as const).find((bits) => value.bits <= bits) ?? 32;
  const span = dense ? half : Math.max(half, 8);
  const cellBits = (dense ? 2 * span : span) as 8 | 16 | 32;
  // A pair of 32-bit cells per slot exceeds one register of 65,536 slots (TARGETS.md §9 d3).
  return {
    draft,
    value,
    slots: options.slots,
    span,
    dense,
    cellBits,
    pair: cellBits <= 16 && options.salu !== 'one-word',
  };
}

const input = (index: 0 | 1) => ({ kind: 'input', index }) as const;

/** "The packet's position is one of these": one condition each; they exclude each other. */
function conditionsAt(positions: readonly number[]): SaluCondition[] {
  return positions.map((value) => ({ op: 'eq', signed: false, a: input(1), b: { kind: 'const', value } }));
}

/** Writes of one cell half at its positions; condition i alone holds in row 2^i of the truth table. */
function updatesOf(cell: 'lo' | 'hi', positions: readonly number[], first: number): SaluUpdate[] {
  return positions.map((_, i): SaluUpdate => {
    const when = 1 << (1 << (first + i));
    return i === 0 ? { cell, when, op: 'set', a: input(0) } : { cell, when, op: 'or', a: { kind: cell }, b: input(0) };
  });
}

/** One register holding positions from `first` on; returns its step and where each position is found. */
function addArray(layout: Layout, first: number, source: string): { step: Step; places: Place[] } {
  const { draft, value, span, dense, cellBits, pair } = layout;
  const perCell = dense ? 2 : 1;
  const halves = pair ? (['lo', 'hi'] as const) : (['lo'] as const);
  const name = `ring_${value.name}_${first}`;
  const updates: SaluUpdate[] = [];
  const outputs: StatefulAction['outputs'][number][] = [];
  const places: Place[] = [];
  const all: number[] = [];
  for (const cell of halves) {
    const positions = Array.from({ length: perCell }, (_, i) => first + all.length + i);
    updates.push(...updatesOf(cell, positions, all.length));
    const word = addField(draft, `meta.${name}_${cell}`, cellBits, 'metadata', `${value.name} as kept, ${positions}`);
    outputs.push({ dst: word, value: cell === 'lo' ? 'oldLo' : 'oldHi' });
    for (const position of positions) places.push({ word, low: dense && position % 2 === 0 ? span : 0 });
    all.push(...positions);
  }
  const step = registerTable(
    draft,
    {
      name,
      cellBits,
      pair,
      size: layout.slots,
      initial: pair ? [0, 0] : [0],
      note: `${value.name} of positions ${all}`,
    },
    {
      inputs: [
        { kind: 'field', field: source },
        { kind: 'field', field: WINDOW.position },
      ],
      conditions: conditionsAt(all),
      updates,
      outputs,
    },
    FLOW.slot,
  );
  return { step, places };
}

/** Entries 0 .. count−1 (a power of two) of an exact table whose entry i runs action i. */
function countedEntries(count: number): Entries {
  return {
    count,
    keyWords: 1,
    value: Uint32Array.from({ length: count }, (_, i) => i),
    mask: new Uint32Array(count).fill(count - 1),
    priority: new Uint32Array(count),
    action: Uint8Array.from({ length: count }, (_, i) => i),
    dataWords: 0,
    data: new Uint32Array(0),
  };
}

/** A table on the low `bits` of the window position with one action per value. */
function positionTable(draft: Draft, name: string, bits: number, instructions: (p: number) => Instruction[]): Step {
  const count = 1 << bits;
  const actions = Array.from({ length: count }, (_, p) => {
    draft.actions.push({ name: `${name}_${p}`, params: [], instructions: instructions(p) });
    return `${name}_${p}`;
  });
  draft.tables.push({
    name,
    gress: 'ingress',
    keys: [{ field: WINDOW.position, match: 'exact', slice: { low: 0, bits } }],
    actions,
    defaultAction: { action: actions[0], data: [] },
    size: count,
    entries: countedEntries(count),
  });
  return { kind: 'apply', table: name };
}

/** The half of the cell this packet writes: shifted up at even positions. */
function placeStep({ draft, value, span, cellBits }: Layout, source: string): Step {
  addField(draft, source, cellBits, 'metadata', `${value.name} in its half of the cell`);
  const a = { kind: 'field', field: value.field } as const;
  return positionTable(draft, `ring_${value.name}_place`, 1, (odd) => [
    odd ? { op: 'set', dst: source, a } : { op: 'shl', dst: source, a, by: span },
  ]);
}

/** Window fields from words: packet t−age was at position p − age. */
function rotateStep(layout: Layout, places: readonly Place[], window: readonly string[], published: boolean): Step {
  const { draft, value, dense } = layout;
  return positionTable(draft, `ring_${value.name}_order`, 3, (p) =>
    window.map((dst, q): Instruction => {
      const older = window.length - q;
      const age = published ? (older === 1 ? RING : older - 1) : older;
      const { word, low } = places[(p + RING - age) % RING];
      const a = { kind: 'field', field: word } as const;
      return dense ? { op: 'slice', dst, a, low, bits: value.bits } : { op: 'set', dst, a };
    }),
  );
}

/** Registers and tables that keep one value for `window − 1` packets. The flow slot and the window position must exist. */
export function ringFragment(value: RingValue, options: RingOptions): Ring {
  const length = options.window ?? 8;
  const draft = emptyDraft();
  const layout = layoutOf(draft, value, options);
  const source = layout.dense ? `meta.ring_${value.name}_in` : value.field;
  const steps: Step[] = layout.dense ? [placeStep(layout, source)] : [];
  const places: Place[] = [];
  while (places.length < RING) {
    const made = addArray(layout, places.length, source);
    steps.push(made.step);
    places.push(...made.places);
  }
  const earlier = Array.from({ length: length - 1 }, (_, q) =>
    addField(
      draft,
      `meta.win_${value.name}_${q}`,
      value.bits,
      'metadata',
      `${value.name}, ${length - 1 - q} packets ago`,
    ),
  );
  steps.push(rotateStep(layout, places, earlier, options.publishedOrder ?? false));
  const { ingress: _, ...fragment } = draftFragment(draft, []);
  return {
    fragment,
    steps,
    window: [...earlier, value.field],
    bitsPerFlow: RING * layout.span,
    keptBits: (length - 1) * value.bits,
  };
}

/**
 * Fragments of a front with its rings, in order; the flow's bits include the rings'. The rings' steps are not in them: the
 * caller puts `guardedSteps` where the kept values are known.
 */
export function ringFragments(front: Front, rings: readonly Ring[]): Fragment[] {
  const { flow } = front;
  const bits = rings.reduce((sum, ring) => sum + ring.bitsPerFlow, 0);
  const grown = flow ? { flow: { ...flow, bitsPerFlow: flow.bitsPerFlow + bits } } : {};
  return [{ ...front.fragment, ...grown }, ...rings.map((ring) => ring.fragment)];
}

/** Steps that touch flow state behind the front: left out for packets whose slot belongs to another flow. */
export function guardedSteps(front: Front, steps: readonly Step[]): readonly Step[] {
  return unlessForeign(front.settings, steps);
}

/**
 * Bits per flow as the paper counts them (Figure 8): what the rings keep, and the clock of the ipd; hash, counters and the unused
 * parts of cells left out. CNN-L: 28 without ipd, 44 with a 16-bit clock, 72 with two nibbles a packet.
 */
export function modelStateBits(front: Front, rings: readonly Ring[]): number {
  const clock = front.fragment.registers?.find(({ name }) => name === 'flow_last');
  const { state } = front.settings;
  const own = (clock?.cellBits ?? 0) + (state === undefined ? 0 : state.units * state.bits);
  return rings.reduce((sum, ring) => sum + ring.keptBits, own);
}
