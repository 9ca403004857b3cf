/** Replacing Maps and dropping values of a graph, with everything renumbered. */
import type { MapGraph, MapNode, Value } from '../primitives/index.ts';
import { mergeMaps } from './merge-maps.ts';

/** Maps that add into each value and Maps that read it, by value. */
export interface Links {
  readonly producers: readonly (readonly MapNode[])[];
  readonly readers: readonly (readonly MapNode[])[];
}

export function linksOf(graph: MapGraph): Links {
  const producers = graph.values.map((): MapNode[] => []);
  const readers = graph.values.map((): MapNode[] => []);
  for (const map of graph.maps) {
    producers[map.output].push(map);
    for (const value of new Set(map.inputs.map((ref) => ref.value))) readers[value].push(map);
  }
  return { producers, readers };
}

/** Is the value free to vanish: a sum that is neither the output nor kept per packet? */
export function isInner(graph: MapGraph, value: Value): boolean {
  return value.kind === 'sum' && value.id !== graph.output && value.id !== graph.perPacket;
}

/** Maps with the same group and the same output value become one. */
export function mergeSameGroups(maps: readonly MapNode[]): MapNode[] {
  const bundles = new Map<string, MapNode[]>();
  for (const map of maps) {
    const group = map.inputs.map((ref) => `${ref.value}:${ref.index}`).sort();
    const key = `${map.output}|${group}|${map.exact ? 'exact' : ''}|${JSON.stringify(map.trees ?? 0)}`;
    bundles.set(key, [...(bundles.get(key) ?? []), map]);
  }
  return [...bundles.values()].map((bundle) => {
    if (bundle.length === 1) return bundle[0];
    const { trees } = bundle[0];
    const exact = bundle[0].exact?.map((_, c) => Math.max(...bundle.map((map) => map.exact![c])));
    return { ...mergeMaps(bundle), ...(exact ? { exact } : {}), ...(trees ? { trees } : {}) };
  });
}

/** The graph without value `gone` (no Map may mention it any more), with these Maps; `biases` replaces biases by value id. */
export function replaceMaps(
  graph: MapGraph,
  gone: number | undefined,
  maps: readonly MapNode[],
  biases: ReadonlyMap<number, Float64Array> = new Map(),
): MapGraph {
  const renumber = (id: number): number => (gone !== undefined && id > gone ? id - 1 : id);
  const values = graph.values
    .filter((value) => value.id !== gone)
    .map((value) => {
      const bias = biases.get(value.id);
      return { ...value, id: renumber(value.id), ...(bias ? { bias } : {}) };
    });
  // In the order of their values, as the front end leaves them.
  const sorted = mergeSameGroups(maps).sort((p, q) => p.output - q.output);
  const renamed = sorted.map((map, id) => ({
    ...map,
    id,
    output: renumber(map.output),
    inputs: map.inputs.map((ref) => ({ value: renumber(ref.value), index: ref.index })),
  }));
  const { perPacket } = graph;
  return {
    ...graph,
    values,
    maps: renamed,
    output: renumber(graph.output),
    ...(perPacket === undefined ? {} : { perPacket: renumber(perPacket) }),
  };
}
