/**
 * Sums of absolute values (the score of an AutoEncoder, Σ |e − r|): a value made of nothing but w · Σ |x| with one w becomes a single Map
 * that the back end does with subtractions and maxima instead of tables: exact, however many elements.
 *
 * Precondition, checked: all Maps of the value are absolute with the same weight and read different elements of one value, and no constant
 * is left over. Maps of other values forget that they were.
 */
import type { MapGraph, MapNode } from '../primitives/index.ts';
import { mergeMaps } from './merge-maps.ts';

/** Constants that are only rounding. */
const NOTHING = 1e-6;

function mergeable(graph: MapGraph, maps: readonly MapNode[]): boolean {
  const [first] = maps;
  if (first?.absolute === undefined) return false;
  const { weight } = first.absolute;
  const read = maps.flatMap((map) => map.inputs.map((ref) => ref.index));
  const constant = maps.reduce((sum, map) => sum + (map.absolute?.constant ?? 0), 0);
  const bias = graph.values[first.output].bias?.[0] ?? 0;
  return (
    graph.values[first.output].size === 1 &&
    maps.every((map) => map.absolute?.weight === weight) &&
    maps.every((map) => map.inputs.every((ref) => ref.value === first.inputs[0].value)) &&
    new Set(read).size === read.length &&
    Math.abs(constant + bias) < NOTHING * weight
  );
}

/** Merges sums of absolute values; the graph computes the same. */
export function absoluteSums(graph: MapGraph): MapGraph {
  const maps: MapNode[] = [];
  const values = graph.values.map((value) => {
    const mine = graph.maps.filter((map) => map.output === value.id);
    if (!mergeable(graph, mine)) {
      for (const { absolute: _, ...map } of mine) maps.push(map);
      return value;
    }
    const constant = mine.reduce((sum, map) => sum + map.absolute!.constant, 0);
    const whole = mergeMaps(mine);
    const apply: MapNode['apply'] = (x, rows) => whole.apply(x, rows).map((y) => y - constant);
    maps.push({ ...whole, apply, absolute: { weight: mine[0].absolute!.weight, constant: 0 } });
    const { bias: _, ...rest } = value;
    return rest;
  });
  return { ...graph, values, maps: maps.map((map, id) => ({ ...map, id })) };
}
