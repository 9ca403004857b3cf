/** The float meaning of a Partition/Map/SumReduce graph: every value is its bias plus what the Maps add. */
import type { MapGraph, MapNode } from './graph.ts';

/** The group of one Map, rows × inputs, gathered from the values (each rows × size). */
export function gatherGroup(
  map: MapNode,
  values: readonly Float64Array[],
  graph: MapGraph,
  rows: number,
): Float64Array {
  const n = map.inputs.length;
  const x = new Float64Array(rows * n);
  map.inputs.forEach((ref, c) => {
    const from = values[ref.value];
    const size = graph.values[ref.value].size;
    for (let r = 0; r < rows; r++) x[r * n + c] = from[r * size + ref.index];
  });
  return x;
}

/** Every value of the graph, rows × size, row-major; x: rows × input size. */
export function evaluateValues(graph: MapGraph, x: Float64Array, rows: number): Float64Array[] {
  const values = graph.values.map((value) => {
    if (value.kind === 'input') return x;
    const out = new Float64Array(rows * value.size);
    if (value.bias) for (let r = 0; r < rows; r++) out.set(value.bias, r * value.size);
    return out;
  });
  for (const value of graph.values) {
    for (const map of graph.maps) {
      if (map.output !== value.id) continue;
      const y = map.apply(gatherGroup(map, values, graph, rows), rows);
      const into = values[value.id];
      const m = map.outIndex.length;
      for (let r = 0; r < rows; r++) {
        for (let o = 0; o < m; o++) into[r * value.size + map.outIndex[o]] += y[r * m + o];
      }
    }
  }
  return values;
}

/** The output value of the graph in float64: rows × output size, row-major; x: rows × input size. */
export function evaluateGraph(graph: MapGraph, x: Float64Array, rows: number): Float64Array {
  return evaluateValues(graph, x, rows)[graph.output];
}
