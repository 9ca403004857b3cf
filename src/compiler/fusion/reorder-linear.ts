/**
 * Linear reordering (Pegasus §4.3): a linear Map behind a SumReduce moves in front of it, W Σ f_g(x_g) = Σ W f_g(x_g), and merges into the
 * Maps there. Batch normalisation and consecutive linear layers vanish.
 *
 * Precondition, checked: every Map that reads the value is linear and reads nothing else; the value is neither the output nor what a
 * window model keeps per packet.
 */
import type { GroupFunction, MapGraph, MapNode, Value } from '../primitives/index.ts';
import { isInner, type Links, linksOf, replaceMaps } from './surgery.ts';

/** Weights from a value to one of its readers' values: target size × size, row-major. */
interface Matrix {
  readonly target: number;
  readonly weights: Float64Array;
  readonly nodes: readonly string[];
}

function matrices(graph: MapGraph, value: Value, readers: readonly MapNode[]): Matrix[] {
  const found = new Map<number, { weights: Float64Array; nodes: string[] }>();
  for (const map of readers) {
    const size = graph.values[map.output].size;
    const into = found.get(map.output) ?? { weights: new Float64Array(size * value.size), nodes: [] };
    found.set(map.output, into);
    into.nodes.push(...map.nodes);
    map.outIndex.forEach((o, row) => {
      map.inputs.forEach((ref, column) => {
        into.weights[o * value.size + ref.index] += map.linear![row * map.inputs.length + column];
      });
    });
  }
  return [...found].map(([target, m]) => ({ target, ...m }));
}

function rowsInUse(m: Matrix, columns: Int32Array, size: number): Int32Array {
  const rows: number[] = [];
  for (let o = 0; o * size < m.weights.length; o++)
    if (columns.some((c) => m.weights[o * size + c] !== 0)) rows.push(o);
  return Int32Array.from(rows);
}

/** Row-major rows × columns part of a matrix. */
function part(m: Matrix, rows: Int32Array, columns: Int32Array, size: number): Float64Array {
  const out = new Float64Array(rows.length * columns.length);
  rows.forEach((o, r) => {
    columns.forEach((c, k) => {
      out[r * columns.length + k] = m.weights[o * size + c];
    });
  });
  return out;
}

function multiplied(apply: GroupFunction, weights: Float64Array, inner: number): GroupFunction {
  const outputs = weights.length / inner;
  return (x, rows) => {
    const y = apply(x, rows);
    const out = new Float64Array(rows * outputs);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        for (let i = 0; i < inner; i++) sum += weights[o * inner + i] * y[r * inner + i];
        out[r * outputs + o] = sum;
      }
    }
    return out;
  };
}

function times(weights: Float64Array, inner: number, linear: Float64Array): Float64Array {
  const inputs = linear.length / inner;
  const outputs = weights.length / inner;
  const out = new Float64Array(outputs * inputs);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inner; i++)
      for (let c = 0; c < inputs; c++) out[o * inputs + c] += weights[o * inner + i] * linear[i * inputs + c];
  }
  return out;
}

/** The producer with the matrix in front: it adds into the reader's value directly. `shared` is lost with the function it named. */
function moved(producer: MapNode, m: Matrix, size: number): MapNode | undefined {
  const outIndex = rowsInUse(m, producer.outIndex, size);
  if (outIndex.length === 0) return undefined;
  const weights = part(m, outIndex, producer.outIndex, size);
  const inner = producer.outIndex.length;
  const { shared: _, absolute: _absolute, ...rest } = producer;
  return {
    ...rest,
    output: m.target,
    outIndex,
    apply: multiplied(producer.apply, weights, inner),
    ...(producer.linear ? { linear: times(weights, inner, producer.linear) } : {}),
    nodes: [...new Set([...producer.nodes, ...m.nodes])],
  };
}

function movedBias(graph: MapGraph, value: Value, m: Matrix): Float64Array {
  const { bias, size } = graph.values[m.target];
  const out = bias?.slice() ?? new Float64Array(size);
  const inner = value.bias;
  if (inner)
    for (let o = 0; o < size; o++)
      for (let i = 0; i < value.size; i++) out[o] += m.weights[o * value.size + i] * inner[i];
  return out;
}

function applicable(graph: MapGraph, links: Links, value: Value): boolean {
  const readers = links.readers[value.id];
  const linear = readers.every((map) => map.linear && map.inputs.every((ref) => ref.value === value.id));
  return isInner(graph, value) && linear && readers.length > 0;
}

/** Move every linear layer in front of the sum it reads, until none is left. */
export function reorderLinear(graph: MapGraph): MapGraph {
  let current = graph;
  for (;;) {
    const links = linksOf(current);
    const value = current.values.find((v) => applicable(current, links, v));
    if (!value) return current;
    const readers = links.readers[value.id];
    const all = matrices(current, value, readers);
    const biases = new Map(all.map((m) => [m.target, movedBias(current, value, m)]));
    const fused = links.producers[value.id].flatMap((p) =>
      all.map((m) => moved(p, m, value.size)).filter((map) => map !== undefined),
    );
    const others = current.maps.filter((map) => map.output !== value.id && !readers.includes(map));
    current = replaceMaps(current, value.id, [...others, ...fused], biases);
  }
}
