/** Window graphs: a value that holds one share per packet becomes one value a packet, so that equal functions are seen as such. */
import type { ElementRef, MapGraph, MapNode, Value } from '../primitives/index.ts';

/** Elements of each packet of a value, or undefined when an element depends on several packets. */
function shares(value: Value, window: number): number[][] | undefined {
  if (value.kind === 'input' || value.packets === undefined || value.packets.some((p) => p < 0)) return undefined;
  const out: number[][] = Array.from({ length: window }, () => []);
  value.packets.forEach((p, e) => {
    out[p].push(e);
  });
  return out.every((s) => s.length > 0) ? out : undefined;
}

/** Splits per-packet values; the graph computes the same. Row graphs are returned as they are. */
export function splitPackets(graph: MapGraph): MapGraph {
  if (graph.window <= 1) return graph;
  const values: Value[] = [];
  /** Old element → new reference. */
  const moved: ElementRef[][] = [];
  graph.values.forEach((value) => {
    const parts = shares(value, graph.window);
    if (parts === undefined || value.id === graph.output) {
      const id = values.length;
      moved[value.id] = Array.from({ length: value.size }, (_, index) => ({ value: id, index }));
      values.push({ ...value, id });
      return;
    }
    moved[value.id] = Array(value.size);
    parts.forEach((elements, p) => {
      const id = values.length;
      elements.forEach((e, index) => {
        moved[value.id][e] = { value: id, index };
      });
      const bias = value.bias;
      values.push({
        ...value,
        id,
        name: `${value.name}.${p}`,
        size: elements.length,
        ...(bias === undefined ? {} : { bias: Float64Array.from(elements, (e) => bias[e]) }),
        packets: new Int32Array(elements.length).fill(p),
      });
    });
  });
  const maps = graph.maps.map((map): MapNode => {
    const targets = [...map.outIndex].map((e) => moved[map.output][e]);
    return {
      ...map,
      inputs: map.inputs.map((ref) => moved[ref.value][ref.index]),
      output: targets[0].value,
      outIndex: Int32Array.from(targets, (t) => t.index),
    };
  });
  const { perPacket: _, ...rest } = graph;
  return { ...rest, values, maps, output: moved[graph.output][0].value };
}
