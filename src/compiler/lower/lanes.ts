/**
 * Packed lanes (PROGRAM.md "Packed lanes"; the published MLP-B packs 13-bit sums at bits 0 and 19): several elements of a value share
 * one 32-bit accumulator, so that one add adds them all.
 *
 * A lane never holds a negative number: every table stores its column less the column's minimum, and whichever table writes the field
 * first adds the rest. All partial sums of a lane then lie in 0..most, and no carry leaves it as long as most < 2^bits: the proof, from
 * the tables' contents. A signed element is held in excess 2^(bits−1), the order of its two's complement, so its ternary entries
 * are those of the unpacked field. What the lanes leave free lies between them as guard bits, which no carry reaches.
 */
import { bitsFor } from '../ternary/index.ts';
import { type Bounds, type Range, reachableRows } from './bounds.ts';
import { liveColumns } from './columns.ts';
import type { ExactMap, IndexMap, NetMap, TableNetwork, TreeMap } from './network.ts';

/** Bits of the shared accumulator: the widest container that an action unit adds in. */
export const LANE_FIELD = 32 as const;

/** Most elements of one field. */
const MOST_LANES = 4;

/** One element in a packed field. */
export interface Lane extends Range {
  readonly element: number;
  /** Number of the packed field within its value. */
  readonly slot: number;
  readonly low: number;
  readonly bits: number;
  /** Free bits above the lane, up to the next one. */
  readonly guard: number;
  /** What the lane holds is the element plus this. */
  readonly excess: number;
  /** Largest number that any partial sum of the lane reaches: below 2^bits, so that no carry leaves it. */
  readonly most: number;
}

/** All elements of one value, in order of their fields. */
export interface LanePlan {
  readonly slots: readonly (readonly Lane[])[];
  /** Lane by element. */
  readonly of: readonly Lane[];
  /** Smallest entry of each map's live columns, by map and element: what the map's rows are stored less. */
  readonly floors: ReadonlyMap<NetMap, ReadonlyMap<number, number>>;
  /** Stored once by whatever writes the field first: excess, constants and all floors, by element. */
  readonly starts: readonly number[];
}

export type LaneRefusal = { readonly refused: string };

type SummedMap = TreeMap | ExactMap | IndexMap;

function isSummed(map: NetMap): map is SummedMap {
  return map.kind === 'tree' || map.kind === 'exact' || map.kind === 'index';
}

/** Why a value's elements cannot share fields; undefined when they can. Only ternary keys read parts of a field. */
export function lanesRefused(network: TableNetwork, value: number): string | undefined {
  const { name, size, kept } = network.values[value];
  if (kept !== undefined) return `${name} is read from the flow's registers`;
  if (size < 2) return `${name} has one element`;
  if (network.verdict.value === value) return `${name} is compared by subtraction`;
  const own = network.maps.filter((m) => m.output === value);
  if (!own.every(isSummed)) return `${name} is no sum of table rows`;
  if (network.values.some((v) => v.kept?.some(({ source }) => source.value === value)))
    return `${name} is kept in the flow's registers`;
  for (const map of network.maps) {
    const refs = map.kind === 'absdiff' ? [...map.a, ...map.b] : map.kind === 'index' ? map.inputs : [];
    if (map.kind === 'exact' && map.input.value === value) return `${map.name} matches ${name} exactly`;
    if (refs.some((ref) => ref.value === value)) return `${map.name} computes with ${name} itself`;
  }
  return undefined;
}

/** Smallest and largest entry of a map's column over the rows that can be read. */
function columnRange(map: SummedMap, column: number, rows: readonly number[]): Range {
  const n = map.outIndex.length;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    min = Math.min(min, map.lut[row * n + column]);
    max = Math.max(max, map.lut[row * n + column]);
  }
  return { min, max };
}

/** Maps without a tree add one row always: constants, like the bias. */
const isConstant = (map: SummedMap): boolean => map.kind === 'tree' && map.trees.length === 0;

interface Contents {
  readonly floors: Map<NetMap, Map<number, number>>;
  readonly constants: number[];
  readonly floor: number[];
  readonly spread: number[];
}

/** What the tables of a value can add to each element. */
function contentsOf(network: TableNetwork, value: number, bounds: Bounds): Contents {
  const { size, bias } = network.values[value];
  const constants = Array.from({ length: size }, (_, e) => bias?.[e] ?? 0);
  const floor = new Array<number>(size).fill(0);
  const spread = new Array<number>(size).fill(0);
  const floors = new Map<NetMap, Map<number, number>>();
  for (const map of network.maps) {
    if (map.output !== value || !isSummed(map)) continue;
    if (isConstant(map)) {
      map.outIndex.forEach((e, o) => {
        constants[e] += map.lut[o];
      });
      continue;
    }
    const rows = reachableRows(map, bounds);
    const mine = new Map<number, number>();
    for (const o of liveColumns(map)) {
      const { min, max } = columnRange(map, o, rows);
      const e = map.outIndex[o];
      mine.set(e, min);
      floor[e] += min;
      spread[e] += max - min;
    }
    floors.set(map, mine);
  }
  return { floors, constants, floor, spread };
}

/** Elements in order, as many to a field as their bits allow. */
function fill(bits: readonly number[]): number[][] {
  const slots: number[][] = [];
  let room = 0;
  bits.forEach((b, e) => {
    const last = slots[slots.length - 1];
    if (last !== undefined && b <= room && last.length < MOST_LANES) last.push(e);
    else {
      slots.push([e]);
      room = LANE_FIELD;
    }
    room -= b;
  });
  return slots;
}

/** Plans the lanes of a value, or says why it has none. */
export function planLanes(network: TableNetwork, value: number, bounds: Bounds): LanePlan | LaneRefusal {
  const refused = lanesRefused(network, value);
  if (refused !== undefined) return { refused };
  const { name, size } = network.values[value];
  const { floors, constants, floor, spread } = contentsOf(network, value, bounds);
  const ranges = floor.map((f, e) => ({ min: constants[e] + f, max: constants[e] + f + spread[e] }));
  const forms = ranges.map(({ min, max }) => bitsFor(min, max));
  const slots = fill(forms.map((f) => f.bits));
  if (slots.length === size) {
    const widths = forms.map((f) => f.bits).sort((a, b) => a - b);
    return { refused: `${name} needs ${widths[0]} + ${widths[1]} bits for two lanes, ${LANE_FIELD} there are` };
  }
  const of: Lane[] = [];
  const made = slots.map((elements, slot) => {
    const spare = LANE_FIELD - elements.reduce((sum, e) => sum + forms[e].bits, 0);
    const gap = elements.length > 1 ? Math.floor(spare / (elements.length - 1)) : 0;
    let low = 0;
    return elements.map((element, i) => {
      const { bits, signed } = forms[element];
      const excess = signed ? 2 ** (bits - 1) : 0;
      const guard = i < elements.length - 1 ? gap : LANE_FIELD - low - bits;
      const lane: Lane = {
        element,
        slot,
        low,
        bits,
        guard,
        excess,
        ...ranges[element],
        most: ranges[element].max + excess,
      };
      if (lane.most >= 2 ** bits || lane.min + excess < 0) throw new Error(`lane of ${name}[${element}] is not proved`);
      of[element] = lane;
      low += bits + guard;
      return lane;
    });
  });
  const starts = of.map(({ excess }, e) => excess + constants[e] + floor[e]);
  return { slots: made, of, floors, starts };
}

/** Number of accumulator fields of a value when packed; undefined when it cannot be. */
export function packedFields(network: TableNetwork, value: number, bounds: Bounds): number | undefined {
  const plan = planLanes(network, value, bounds);
  return 'refused' in plan ? undefined : plan.slots.length;
}

/** Packed fields that a map adds into, ascending. */
export function slotsOf(plan: LanePlan, map: NetMap): number[] {
  const elements = [...(plan.floors.get(map)?.keys() ?? [])];
  return [...new Set(elements.map((e) => plan.of[e].slot))].sort((a, b) => a - b);
}

/**
 * The word that a table row adds to a packed field: every lane's entry less its column's floor, plus the lane's start if this is the
 * field's first writer. Unsigned, 32 bits. `entry(element)` is the row's entry, undefined where the map leaves the element alone.
 */
export function laneWord(
  plan: LanePlan,
  slot: number,
  first: boolean,
  floors: ReadonlyMap<number, number> | undefined,
  entry: (element: number) => number | undefined,
): number {
  let word = 0;
  for (const { element, low, bits, most } of plan.slots[slot]) {
    const stored = (first ? plan.starts[element] : 0) + ((entry(element) ?? 0) - (floors?.get(element) ?? 0));
    if (stored < 0 || stored > most)
      throw new Error(`lane ${low}..${low + bits - 1} would hold ${stored}, proved 0..${most}`);
    word += stored * 2 ** low;
  }
  return word;
}
