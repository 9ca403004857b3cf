/**
 * Partition merging (Pegasus §4.3): Maps that look at neighbouring elements of one value and add into one value become a single Map over
 * a wider group: fewer lookups and additions, at the price of a table over more dimensions.
 *
 * Precondition, checked: the merged Maps have one output value and their inputs lie in one block of one value; embedding lookups
 * (exact match), groups that already need several trees, and Maps that only add one field to another stay as they are; in window models a block never spans two packets.
 */
import { fail } from '../../problem.ts';
import type { MapGraph, MapNode } from '../primitives/index.ts';
import { mergeMaps } from './merge-maps.ts';

/** Consecutive groups of this many elements, or explicit groups of element numbers (elements not named stay alone). */
export type GroupSpec = number | readonly (readonly number[])[];

/**
 * Groups per value of the graph (input first; the last entry repeats) or one size for all. `[1, 2, 1]` is MLP-B's. Default: 1 for the input and
 * for the last hidden value of a row model, 2 for the others.
 */
export type MergeSpec = number | readonly GroupSpec[] | undefined;

/** 1 for the input and for the last hidden value of a row model, 2 elsewhere: MLP-B's 1-2-1 (Pegasus §6.1). */
function automaticSize(graph: MapGraph, value: number): number {
  if (value === 0) return 1;
  const readers = graph.maps.filter((map) => map.inputs.some((ref) => ref.value === value));
  const last = readers.every((map) => map.output === graph.output);
  return last && graph.window === 1 ? 1 : 2;
}

/** Consecutive runs of `size`, starting anew in each packet. */
function runs(graph: MapGraph, value: number, size: number): Int32Array {
  if (!Number.isInteger(size) || size < 1) {
    fail({ code: 'COMPILE-PARTITION', message: `a group size of ${size}`, need: 'a whole number ≥ 1' });
  }
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

function explicitBlocks(graph: MapGraph, value: number, groups: readonly (readonly number[])[]): Int32Array {
  const { name, size } = graph.values[value];
  const blocks = new Int32Array(size).fill(-1);
  groups.forEach((group, g) => {
    for (const e of group) {
      if (!(e >= 0 && e < size) || blocks[e] >= 0) {
        fail({
          code: 'COMPILE-PARTITION',
          message: `element ${e} is ${blocks[e] >= 0 ? 'in two groups' : 'outside the value'}`,
          where: `value ${name}`,
          need: `each of 0..${size - 1} at most once`,
        });
      }
      blocks[e] = g;
    }
  });
  return blocks.map((b, e) => (b < 0 ? groups.length + e : b));
}

/** Block of every element of a value. */
function blocksOf(graph: MapGraph, spec: MergeSpec, value: number): Int32Array {
  const own = typeof spec === 'number' ? spec : spec?.[Math.min(value, spec.length - 1)];
  if (typeof own === 'object') return explicitBlocks(graph, value, own);
  return runs(graph, value, own ?? automaticSize(graph, value));
}

/** y = x: an addition of one field to another, better than any lookup. */
function isPassThrough(map: MapNode): boolean {
  return map.linear?.length === 1 && map.linear[0] === 1;
}

function blockKey(map: MapNode, blocks: readonly Int32Array[]): string | undefined {
  if (map.exact || map.trees || map.absolute || isPassThrough(map)) return undefined;
  const { value, index } = map.inputs[0];
  const block = blocks[value][index];
  const one = map.inputs.every((ref) => ref.value === value && blocks[value][ref.index] === block);
  return one ? `${map.output}:${value}:${block}` : undefined;
}

/** Merge Maps into the groups wanted. Fails with COMPILE-PARTITION on a bad spec. Float equality: every output receives the same sum in another order. */
export function mergePartitions(graph: MapGraph, spec?: MergeSpec): MapGraph {
  const blocks = graph.values.map((value) => blocksOf(graph, spec, value.id));
  const bundles = new Map<string, MapNode[]>();
  for (const map of graph.maps) {
    const key = blockKey(map, blocks) ?? `alone:${map.id}`;
    bundles.set(key, [...(bundles.get(key) ?? []), map]);
  }
  const maps = [...bundles.values()].map((bundle, id) => ({ ...mergeMaps(bundle), id }));
  return { ...graph, maps };
}
