/**
 * Index joining (Pegasus §4.3; MLP-B's second layer in the published program): the leaf numbers of a few neighbouring small trees form one
 * exact key (three 4-bit indices: 4,096 rows), and one table returns the sum of the rows they would have returned one by one. Saves
 * additions and, with them, stages; costs memory.
 *
 * Precondition, checked: the joined Maps have the same output value, read the same value (one packet of it in window models), have no
 * trees or exact indices of their own, and each is additive to the others by construction of the graph.
 */
import type { MapGraph, MapNode } from '../primitives/index.ts';
import { costOf } from './cost.ts';
import { mergeMaps } from './merge-maps.ts';

export interface JoinOptions {
  /** Indices per joined key, default 3. */
  readonly indices?: number;
  /** Bits per index, default 4 (trees of 16 leaves). */
  readonly indexBits?: number;
  /** Bits of action data one joined table may take, default 4,096 rows × 256 bits. */
  readonly maxTableBits?: number;
  /** Bits per output element in that estimate, default 16. */
  readonly outputBits?: number;
  /**
   * `auto` joins the Maps into a value when that lowers the estimated stages (an extra exact lookup against fewer levels of additions);
   * `always` wherever the precondition holds. Default `auto`.
   */
  readonly when?: 'auto' | 'always';
}

/** Maps that may share a key: same output and input value, same packet. */
function bundleKey(graph: MapGraph, map: MapNode): string | undefined {
  if (map.exact || map.trees || map.linear) return undefined;
  const value = map.inputs[0].value;
  if (map.inputs.some((ref) => ref.value !== value)) return undefined;
  const packets = graph.values[value].packets;
  const packet = packets ? packets[map.inputs[0].index] : -1;
  return `${map.output}:${value}:${packet}`;
}

/** One Map whose trees are the joined Maps' groups. */
function join(maps: readonly MapNode[]): MapNode {
  const merged = mergeMaps(maps);
  const place = (ref: MapNode['inputs'][number]): number =>
    merged.inputs.findIndex((other) => other.value === ref.value && other.index === ref.index);
  return { ...merged, trees: maps.map((map) => map.inputs.map(place)) };
}

function joinInto(graph: MapGraph, output: number, options: JoinOptions): MapGraph {
  const { indices = 3, indexBits = 4, maxTableBits = 4096 * 256, outputBits = 16 } = options;
  const bundles = new Map<string, MapNode[]>();
  const rest: MapNode[] = [];
  for (const map of graph.maps) {
    const key = map.output === output ? bundleKey(graph, map) : undefined;
    if (key === undefined) rest.push(map);
    else bundles.set(key, [...(bundles.get(key) ?? []), map]);
  }
  const joined: MapNode[] = [];
  for (const bundle of bundles.values()) {
    for (let i = 0; i < bundle.length; i += indices) {
      const part = bundle.slice(i, i + indices);
      const outputs = new Set(part.flatMap((map) => [...map.outIndex])).size;
      const bits = 2 ** (indexBits * part.length) * outputs * outputBits;
      if (part.length > 1 && bits <= maxTableBits) joined.push(join(part));
      else joined.push(...part);
    }
  }
  const maps = [...rest, ...joined].sort((p, q) => p.id - q.id).map((map, id) => ({ ...map, id }));
  return { ...graph, maps };
}

/** Join indices into each value where it pays. Float equality: the same rows are added, before instead of after the lookup. */
export function joinIndices(graph: MapGraph, options: JoinOptions = {}): MapGraph {
  return graph.values.reduce((current, value) => {
    if (value.kind === 'input') return current;
    const candidate = joinInto(current, value.id, options);
    const pays = options.when === 'always' || costOf(candidate).stages < costOf(current).stages;
    return pays ? candidate : current;
  }, graph);
}
