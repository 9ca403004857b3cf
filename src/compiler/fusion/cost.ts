/** What a graph costs before anything is known about a chip: the figures of the pass report. */
import type { MapGraph, MapNode } from '../primitives/index.ts';

export interface GraphCost {
  /** Table lookups per inference: one per clustering tree, one more per Map whose trees' leaf numbers are joined. */
  readonly lookups: number;
  /** Additions of SumReduce: contributions per element minus one; biases cost nothing, they go into one table's rows. */
  readonly adds: number;
  /** Tables to fill: lookups, with those that window positions share counted once. */
  readonly tables: number;
  /**
   * Estimated stages: along the longest chain of values, one per lookup (two with joined leaf numbers) and ⌈log2 n⌉ for adding n
   * contributions in parallel partial sums. Estimate only; `switch` places the real tables.
   */
  readonly stages: number;
}

function lookupsOf(map: MapNode): number {
  return map.trees ? map.trees.length + 1 : 1;
}

function addsOf(graph: MapGraph): number {
  const counts = graph.values.map((value) => new Int32Array(value.size));
  for (const map of graph.maps) for (const o of map.outIndex) counts[map.output][o]++;
  return counts.reduce((sum, list) => sum + list.reduce((s, n) => s + Math.max(0, n - 1), 0), 0);
}

function stagesOf(graph: MapGraph): number {
  const depth = new Float64Array(graph.values.length);
  for (const value of graph.values) {
    const producers = graph.maps.filter((map) => map.output === value.id);
    if (producers.length === 0) continue;
    const ready = Math.max(
      ...producers.map((map) => Math.max(...map.inputs.map((ref) => depth[ref.value])) + (map.trees ? 2 : 1)),
    );
    depth[value.id] = ready + Math.ceil(Math.log2(mostContributions(producers)));
  }
  return depth[graph.output];
}

function mostContributions(producers: readonly MapNode[]): number {
  const counts = new Map<number, number>();
  for (const map of producers) for (const o of map.outIndex) counts.set(o, (counts.get(o) ?? 0) + 1);
  return Math.max(1, ...counts.values());
}

function tablesOf(graph: MapGraph): number {
  const seen = new Set<string>();
  let tables = 0;
  for (const map of graph.maps) {
    if (map.shared && seen.has(map.shared.key)) continue;
    if (map.shared) seen.add(map.shared.key);
    tables += lookupsOf(map);
  }
  return tables;
}

/** Lookups, additions, tables and estimated stages of a graph. */
export function costOf(graph: MapGraph): GraphCost {
  const lookups = graph.maps.reduce((sum, map) => sum + lookupsOf(map), 0);
  return { lookups, adds: addsOf(graph), tables: tablesOf(graph), stages: stagesOf(graph) };
}
