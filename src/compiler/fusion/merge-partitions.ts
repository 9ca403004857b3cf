/**
 * Partition merging (Pegasus §4.3): Maps that look at neighbouring elements of one value and add into one value become a single Map over
 * a wider group: fewer lookups and additions, at the price of a table over more dimensions.
 *
 * Precondition, checked: the merged Maps have one output value and their inputs lie in one block of one value; embedding lookups
 * (exact match) and groups that already need several trees stay as they are; in window models a block never spans two packets.
 */
import type { GroupSpec, MapGraph, MapNode } from '../primitives/index.ts';
import { mergeMaps } from './merge-maps.ts';

/** Group size per value (input first; the last entry repeats) or one for all; undefined: automatic. */
export type MergeSpec = number | readonly GroupSpec[] | undefined;

/** 1 for the input and for the last hidden value of a row model, 2 elsewhere: MLP-B's 1-2-1 (Pegasus §6.1). */
function automaticSize(graph: MapGraph, value: number): number {
  if (value === 0) return 1;
  const readers = graph.maps.filter((map) => map.inputs.some((ref) => ref.value === value));
  const last = readers.every((map) => map.output === graph.output);
  return last && graph.window === 1 ? 1 : 2;
}

function sizeFor(graph: MapGraph, spec: MergeSpec, value: number): number {
  const own = typeof spec === 'number' ? spec : spec?.[Math.min(value, spec.length - 1)];
  if (own === undefined) return automaticSize(graph, value);
  return typeof own === 'number' ? own : 1;
}

/** Block of every element of a value: consecutive runs of `size`, starting anew in each packet. */
function blocksOf(graph: MapGraph, value: number, size: number): Int32Array {
  const { packets, size: count } = graph.values[value];
  const blocks = new Int32Array(count);
  let block = -1;
  let run = size;
  for (let i = 0; i < count; i++) {
    if (run === size || (packets && packets[i] !== packets[i - 1])) {
      block++;
      run = 0;
    }
    blocks[i] = block;
    run++;
  }
  return blocks;
}

function blockKey(map: MapNode, blocks: readonly Int32Array[]): string | undefined {
  if (map.exact || map.trees) return undefined;
  const { value, index } = map.inputs[0];
  const block = blocks[value][index];
  const one = map.inputs.every((ref) => ref.value === value && blocks[value][ref.index] === block);
  return one ? `${map.output}:${value}:${block}` : undefined;
}

/** Merge Maps into groups of the sizes wanted. Float equality: every output receives the same sum in another order. */
export function mergePartitions(graph: MapGraph, spec?: MergeSpec): MapGraph {
  const blocks = graph.values.map((value) => blocksOf(graph, value.id, sizeFor(graph, spec, value.id)));
  const bundles = new Map<string, MapNode[]>();
  for (const map of graph.maps) {
    const key = blockKey(map, blocks) ?? `alone:${map.id}`;
    bundles.set(key, [...(bundles.get(key) ?? []), map]);
  }
  const maps = [...bundles.values()].map((bundle, id) => ({ ...mergeMaps(bundle), id }));
  return { ...graph, maps };
}
