/**
 * Indices of raw features (Pegasus §6): where packets are described by a few numbers and what follows reads one packet at a time, the
 * value kept per packet vanishes. Every reader becomes a Map of the packet's raw features behind one clustering tree a feature, which
 * all positions share: the flow keeps the leaf numbers, and one exact table per position reads them together. The embedding lookups,
 * their additions and the wide rings of sums are gone.
 *
 * Precondition, checked: window model; the value has more sums a packet than two trees look at; it is made of raw features, at most `MOST_FEATURES` a packet; each reader
 * reads elements of this value only, all of one packet. Float equality: functions are composed as they are.
 */
import type { GroupFunction, MapGraph, MapNode, Value } from '../primitives/index.ts';
import { compose, compositionOf } from './compose-maps.ts';
import { mergeMaps } from './merge-maps.ts';
import { type Links, linksOf, replaceMaps } from './surgery.ts';

/** Features of one packet whose indices one exact table can still read together. */
const MOST_FEATURES = 3;

/** Sums of a packet that two trees of pairs look at well (CNN-B, CNN-M): they stay, as published. */
const MOST_SUMS = 4;

/** Packet that all elements belong to, or −1. */
function packetOf(value: Value, map: MapNode): number {
  const { packets } = value;
  if (packets === undefined || map.inputs.some((ref) => ref.value !== value.id)) return -1;
  const packet = packets[map.inputs[0].index];
  return map.inputs.every((ref) => packets[ref.index] === packet) ? packet : -1;
}

function applicable(graph: MapGraph, value: Value, links: Links): boolean {
  if (graph.window <= 1 || value.kind !== 'sum' || value.id === graph.output) return false;
  const width = graph.features.length;
  if (value.size <= MOST_SUMS * graph.window) return false;
  const producers = links.producers[value.id];
  const readers = links.readers[value.id];
  return (
    width <= MOST_FEATURES &&
    readers.length > 0 &&
    producers.every((map) => map.inputs.every((ref) => ref.value === 0)) &&
    readers.every((map) => packetOf(value, map) >= 0)
  );
}

/** The function over all features of its packet, whichever of them it reads. */
function widened(map: MapNode, packet: number, width: number): MapNode {
  const inputs = Array.from({ length: width }, (_, f) => ({ value: 0, index: packet * width + f }));
  const columns = map.inputs.map((ref) => ref.index - packet * width);
  const n = columns.length;
  const apply: GroupFunction = (x, rows) => {
    const narrow = new Float64Array(rows * n);
    for (let r = 0; r < rows; r++) for (let c = 0; c < n; c++) narrow[r * n + c] = x[r * width + columns[c]];
    return map.apply(narrow, rows);
  };
  const { exact: _, absolute: _absolute, trees: _trees, shared: _shared, linear: _linear, ...rest } = map;
  const trees = inputs.map((_, c) => [c]);
  return { ...rest, inputs, apply, trees, indexShared: { key: 'packet', position: packet } };
}

/** The readers of one value as Maps of the packets' features. */
function composed(graph: MapGraph, value: Value, links: Links): MapNode[] {
  const width = graph.features.length;
  const made = links.readers[value.id].map((reader) =>
    widened(compose(value, compositionOf(value, reader, links), width), packetOf(value, reader), width),
  );
  const bundles = new Map<string, MapNode[]>();
  for (const map of made) {
    const key = `${map.output}:${map.indexShared!.position}`;
    bundles.set(key, [...(bundles.get(key) ?? []), map]);
  }
  return [...bundles.values()].map((maps) => {
    const { indexShared, trees } = maps[0];
    return { ...mergeMaps(maps), ...(indexShared && { indexShared }), ...(trees && { trees }) };
  });
}

/** Replaces values kept per packet by one index of the packet's features; other graphs are returned as they are. */
export function indexPackets(graph: MapGraph): MapGraph {
  let current = graph;
  for (;;) {
    const links = linksOf(current);
    const value = current.values.find((v) => applicable(current, v, links));
    if (value === undefined) return current;
    const readers = new Set(links.readers[value.id]);
    const others = current.maps.filter((map) => map.output !== value.id && !readers.has(map));
    const { perPacket, ...rest } = current;
    const open = perPacket === undefined || perPacket === value.id ? rest : current;
    current = replaceMaps(open, value.id, [...others, ...composed(current, value, links)]);
  }
}
