/**
 * Map∘Map (Pegasus §4.3): a Map behind a Map on the same partition becomes one Map; the value between them vanishes.
 *
 * Precondition, checked: the value is neither the output nor kept per packet, and for each of its readers the Maps that produce what it
 * reads look, together, at a group no wider than the widest of them (or than `limit`, see additive.ts).
 */
import type { ElementRef, GroupFunction, MapGraph, MapNode, Value } from '../primitives/index.ts';
import { pick, unionInputs } from './merge-maps.ts';
import { isInner, type Links, linksOf, replaceMaps } from './surgery.ts';

/** What one reader of a vanishing value becomes. */
export interface Composition {
  readonly reader: MapNode;
  /** Producers of the elements it reads. */
  readonly before: readonly MapNode[];
  /** The new group: the producers' inputs and the reader's inputs from elsewhere. */
  readonly inputs: readonly ElementRef[];
}

export function compositionOf(value: Value, reader: MapNode, links: Links): Composition {
  const read = new Set(reader.inputs.filter((ref) => ref.value === value.id).map((ref) => ref.index));
  const before = links.producers[value.id].filter((map) => map.outIndex.some((o) => read.has(o)));
  const rest = reader.inputs.filter((ref) => ref.value !== value.id);
  const inputs = unionInputs([...before, { ...reader, inputs: rest }]);
  return { reader, before, inputs };
}

function position(inputs: readonly ElementRef[], ref: ElementRef): number {
  return inputs.findIndex((other) => other.value === ref.value && other.index === ref.index);
}

/** Adds a producer's outputs into the columns of the reader's input that they feed. */
function composedFunction(value: Value, c: Composition): GroupFunction {
  const { reader, before, inputs } = c;
  const n = reader.inputs.length;
  const start = reader.inputs.map((ref) => (ref.value === value.id ? (value.bias?.[ref.index] ?? 0) : 0));
  const direct = reader.inputs.map((ref) => (ref.value === value.id ? -1 : position(inputs, ref)));
  const feeds = before.map((map) => ({
    map,
    columns: map.inputs.map((ref) => position(inputs, ref)),
    to: [...map.outIndex].map((o) => reader.inputs.findIndex((ref) => ref.value === value.id && ref.index === o)),
  }));
  return (x, rows) => {
    const z = new Float64Array(rows * n);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < n; i++) z[r * n + i] = direct[i] < 0 ? start[i] : x[r * inputs.length + direct[i]];
    }
    for (const { map, columns, to } of feeds) {
      const y = map.apply(pick(x, rows, inputs.length, columns), rows);
      for (let r = 0; r < rows; r++) {
        for (let o = 0; o < to.length; o++) if (to[o] >= 0) z[r * n + to[o]] += y[r * to.length + o];
      }
    }
    return reader.apply(z, rows);
  };
}

/** One packet's group stays one packet's group. */
function indexSharing(c: Composition): Pick<MapNode, 'indexShared'> {
  const wide = c.before.find((map) => map.inputs.length === c.inputs.length);
  return wide?.indexShared ? { indexShared: wide.indexShared } : {};
}

export function compose(value: Value, c: Composition, tree: number): MapNode {
  const { reader, before, inputs } = c;
  const only = before.length === 1 && inputs.length === before[0].inputs.length ? before[0] : undefined;
  // A reader that sees the input beside the value is not constant from the table's last row on.
  const exact = reader.inputs.every((ref) => ref.value === value.id) ? only?.exact : undefined;
  const wide = inputs.length > tree && !exact;
  const trees = Array.from({ length: Math.ceil(inputs.length / tree) }, (_, t) =>
    [...inputs.keys()].slice(t * tree, (t + 1) * tree),
  );
  return {
    id: reader.id,
    name: reader.name,
    inputs,
    output: reader.output,
    outIndex: reader.outIndex,
    apply: composedFunction(value, c),
    ...(exact ? { exact } : {}),
    ...(wide ? { trees: only?.trees ?? trees } : {}),
    ...indexSharing(c),
    nodes: [...new Set([...before.flatMap((map) => map.nodes), ...reader.nodes])],
  };
}

/** May all readers of the value be composed into groups of at most the widest producer, and `limit`? */
function applicable(graph: MapGraph, value: Value, links: Links): Composition[] | undefined {
  if (!isInner(graph, value) || links.readers[value.id].length === 0) return undefined;
  const all = links.readers[value.id].map((reader) => compositionOf(value, reader, links));
  const narrow = all.every((c) => c.inputs.length <= Math.max(...c.before.map((map) => map.inputs.length), 0));
  return narrow ? all : undefined;
}

/** Replaces a value by the compositions of its readers. */
export function applyCompositions(graph: MapGraph, value: Value, all: readonly Composition[], tree: number): MapGraph {
  const readers = new Set(all.map((c) => c.reader));
  const others = graph.maps.filter((map) => map.output !== value.id && !readers.has(map));
  return replaceMaps(graph, value.id, [...others, ...all.map((c) => compose(value, c, tree))]);
}

/** Compose Maps until no value between two Maps of one partition is left. `tree`: elements per clustering tree. */
export function composeMaps(graph: MapGraph, tree = 2): MapGraph {
  let current = graph;
  for (;;) {
    const links = linksOf(current);
    let changed = false;
    for (const value of current.values) {
      const all = applicable(current, value, links);
      if (!all) continue;
      current = applyCompositions(current, value, all, tree);
      changed = true;
      break;
    }
    if (!changed) return current;
  }
}
