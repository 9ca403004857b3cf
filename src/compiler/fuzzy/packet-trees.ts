/**
 * Trees that look at one packet of a window, wherever they stand: the same elements at every position share one tree, so that a packet's
 * leaf number is computed once and kept (Pegasus §6). Functions over several packets (the slices of an AutoEncoder) then read kept
 * indices only; no sums of earlier packets are kept.
 */
import { fail } from '../../problem.ts';
import { type ElementRef, type MapGraph, type MapNode, partsOf } from '../primitives/index.ts';

/** One tree of one Map. */
export interface TreePlace {
  readonly map: MapNode;
  /** Number of the tree among the Map's. */
  readonly part: number;
}

/** What an element is, whatever its packet: feature number, or element of a value that all positions compute alike. */
function canonical(graph: MapGraph, producers: readonly (readonly MapNode[])[], ref: ElementRef): string | undefined {
  const width = graph.features.length;
  if (ref.value === 0) return `x${ref.index % width}`;
  const keys = producers[ref.value].map((map) => map.shared?.key);
  if (keys.length === 0 || keys.some((key) => key === undefined)) return undefined;
  return `${keys.sort().join('+')}.${ref.index}`;
}

function packetOf(graph: MapGraph, ref: ElementRef): number {
  if (ref.value === 0) return Math.floor(ref.index / graph.features.length);
  return graph.values[ref.value].packets?.[ref.index] ?? -1;
}

/**
 * Trees that look at one packet outside the values that all positions compute alike, by what they look at. `graph` has its per-packet
 * values split (packets.ts). Row graphs have none.
 */
export function packetTrees(graph: MapGraph): Map<string, TreePlace[]> {
  const found = new Map<string, TreePlace[]>();
  if (graph.window <= 1) return found;
  const producers = graph.values.map((value) => graph.maps.filter((map) => map.output === value.id));
  for (const map of graph.maps) {
    if (map.exact !== undefined || map.shared !== undefined) continue;
    partsOf(map).forEach((columns, part) => {
      const refs = columns.map((c) => map.inputs[c]);
      const packets = new Set(refs.map((ref) => packetOf(graph, ref)));
      const parts = refs.map((ref) => canonical(graph, producers, ref));
      if (packets.size !== 1 || packets.has(-1) || parts.includes(undefined)) return;
      const key = parts.join();
      found.set(key, [...(found.get(key) ?? []), { map, part }]);
    });
  }
  return found;
}

/** Bits of a joined key (4,096 entries), and of one kept index: two of them share a cell of the ring; fewer unless asked for. */
export const KEY_BITS = 12;
export const MOST_BITS = 8;
const USUAL_BITS = 6;

/** The trees that look at one packet, and what they may keep. */
export interface KeptPlaces {
  /** The places of a common tree, by map and part (`3/0`). */
  readonly of: ReadonlyMap<string, readonly TreePlace[]>;
  /** Every common tree once. */
  readonly trees: readonly (readonly TreePlace[])[];
  /** Bits of each tree's index, in the order of `trees`; codebooks share the sum of theirs out anew (codebooks.ts). */
  readonly bits: readonly number[];
}

/** Bits of the index of a common tree. */
export function bitsOf({ trees, bits }: KeptPlaces, places: readonly TreePlace[]): number {
  return bits[trees.indexOf(places)];
}

/** `total` over `count` trees as evenly as it goes: the first ones take what is left over. */
function evenly(total: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(total / count) + (i < total % count ? 1 : 0));
}

function refuse(indexBits: number, trees: number, joined: number, most: number): never {
  if (trees === 0) {
    fail({
      code: 'COMPILE-INDEX-BITS',
      message: 'bits of index are chosen for a model that keeps no index of a packet',
      have: `${indexBits} bits`,
      hint: 'leave indexBits (--index-bits) out: it is for models of windows',
    });
  }
  fail({
    code: 'COMPILE-INDEX-BITS',
    message: `${indexBits} bits of index per packet for ${trees} trees of a packet, ${joined} of them in one table`,
    need: `${trees} to ${most * trees} bits`,
    have: `${indexBits} bits`,
    hint: 'indexBits within these, or other groups',
  });
}

/**
 * The common trees by map and part (`3/0`), and the bits of index each of them gets: as many as leave the joined table of a Map within
 * 4,096 entries, or what `indexBits` per packet allow, all of which are given out.
 * Throws COMPILE-INDEX-BITS: too few or too many, or no tree that looks at one packet.
 */
export function keptPlaces(graph: MapGraph, { indexBits }: { readonly indexBits?: number }): KeptPlaces {
  const trees = [...packetTrees(graph).values()];
  const of = new Map(trees.flatMap((places) => places.map(({ map, part }) => [`${map.id}/${part}`, places] as const)));
  const joined = Math.max(1, ...trees.flat().map(({ map }) => partsOf(map).length));
  const most = Math.max(1, Math.min(MOST_BITS, Math.floor(KEY_BITS / joined)));
  if (indexBits === undefined) {
    const usual = Math.min(USUAL_BITS, most, Math.max(1, Math.floor(KEY_BITS / Math.max(1, trees.length))));
    return { of, trees, bits: trees.map(() => usual) };
  }
  if (indexBits < trees.length || indexBits > most * trees.length) refuse(indexBits, trees.length, joined, most);
  return { of, trees, bits: evenly(indexBits, trees.length) };
}
