/**
 * Windows on a switch: what depends on one packet alone is computed once, when the packet arrives; what later packets need of it (fuzzy
 * indices where all positions share their trees, else sums) is kept in the flow's rings (Pegasus §6, ALGORITHM §5.7-5.8).
 */
import type { ElementRef } from '../primitives/graph.ts';
import type { IndexMap, LeafMap, LeafOrigin, NetMap, NetValue, TableNetwork, Tree, TreeMap } from './network.ts';
import { mapInputs } from './network.ts';

/** Values computed per packet by one function: member p belongs to packet p. */
interface Family {
  readonly members: readonly number[];
}

interface Analysis {
  readonly network: TableNetwork;
  readonly width: number;
  /** Packet that a value depends on alone, −1 for several. */
  readonly packet: number[];
  /** Family of a value, if all positions compute it alike. */
  readonly family: (Family | undefined)[];
}

/** Packet of an element: inputs by position, values by analysis. */
function packetOf(a: Pick<Analysis, 'width' | 'packet'>, ref: ElementRef): number {
  return ref.value === 0 ? Math.floor(ref.index / a.width) : a.packet[ref.value];
}

/** The one packet of several elements, or −1. */
function commonPacket(a: Pick<Analysis, 'width' | 'packet'>, refs: readonly ElementRef[]): number {
  const packets = new Set(refs.map((ref) => packetOf(a, ref)));
  return packets.size === 1 ? [...packets][0] : -1;
}

/** Element independent of its packet: `i3` input 3, `f2.1` element 1 of the family of value 2. */
function canonical(a: Analysis, ref: ElementRef): string {
  if (ref.value === 0) return `i${ref.index % a.width}`;
  return `f${a.family[ref.value]?.members[0] ?? `v${ref.value}`}.${ref.index}`;
}

function treeSignature(a: Analysis, tree: Tree): string {
  const inputs = tree.inputs.map((ref) => canonical(a, ref)).join();
  return `${inputs}|${tree.coord.join()}|${tree.threshold.join()}|${tree.left.join()}|${tree.right.join()}`;
}

/** Signature of what a value computes from its packet; equal signatures at all positions make a family. */
function valueSignature(a: Analysis, v: number): string | undefined {
  const parts: string[] = [];
  for (const map of a.network.maps) {
    if (map.output !== v) continue;
    if ((map.kind !== 'tree' && map.kind !== 'exact') || map.shared === undefined) return undefined;
    parts.push(
      `${map.shared.key}:${mapInputs(map)
        .map((ref) => canonical(a, ref))
        .join()}`,
    );
  }
  return parts.length === 0 ? undefined : parts.sort().join(';');
}

function analyse(network: TableNetwork): Analysis {
  const a: Analysis = { network, width: network.features.length, packet: [-1], family: [undefined] };
  let level: { v: number; signature: string; packet: number }[] = [];
  const close = (): void => {
    const bySignature = new Map<string, typeof level>();
    for (const one of level) bySignature.set(one.signature, [...(bySignature.get(one.signature) ?? []), one]);
    for (const group of bySignature.values()) {
      const members = group.sort((x, y) => x.packet - y.packet).map((g) => g.v);
      const whole = group.length === network.window && group.every((g, p) => g.packet === p);
      for (const { v, packet } of group) {
        a.packet[v] = whole ? packet : -1;
        a.family[v] = whole ? { members } : undefined;
      }
    }
    level = [];
  };
  for (let v = 1; v < network.values.length; v++) {
    const refs = network.maps.filter((m) => m.output === v).flatMap(mapInputs);
    if (level.some((one) => refs.some((ref) => ref.value === one.v))) close();
    const packet = refs.length > 0 ? commonPacket(a, refs) : -1;
    const signature = packet >= 0 ? valueSignature(a, v) : undefined;
    a.packet[v] = -1;
    a.family[v] = undefined;
    if (signature !== undefined) level.push({ v, signature, packet });
  }
  close();
  return a;
}

/** A tree that all positions share: its index is computed once per packet. */
interface SharedTree {
  readonly signature: string;
  readonly tree: Tree;
  readonly element: number;
}

interface Rewrite {
  readonly a: Analysis;
  readonly values: NetValue[];
  readonly maps: NetMap[];
  /** New number of a value that stays (families: the current packet's member). */
  readonly newValue: Map<number, number>;
  readonly shared: Map<string, SharedTree>;
  readonly indexValue: number;
  readonly keptValue: number;
  readonly kept: { source: ElementRef; age: number }[];
  readonly keptAt: Map<string, number>;
}

/** An element of packet p as the current packet sees it: its own, or a kept one. */
function elementAt(w: Rewrite, source: ElementRef, p: number): ElementRef {
  const age = w.a.network.window - 1 - p;
  if (age === 0) return source;
  const key = `${source.value}.${source.index}@${age}`;
  let at = w.keptAt.get(key);
  if (at === undefined) {
    at = w.kept.length;
    w.kept.push({ source, age });
    w.keptAt.set(key, at);
  }
  return { value: w.keptValue, index: at };
}

function movedRef(w: Rewrite, ref: ElementRef): ElementRef {
  if (ref.value === 0) {
    const p = Math.floor(ref.index / w.a.width);
    return elementAt(w, { value: 0, index: ref.index % w.a.width }, p);
  }
  const family = w.a.family[ref.value];
  if (family === undefined) return { value: w.newValue.get(ref.value)!, index: ref.index };
  const own = w.newValue.get(family.members[family.members.length - 1])!;
  return elementAt(w, { value: own, index: ref.index }, w.a.packet[ref.value]);
}

const movedTree = (w: Rewrite, tree: Tree): Tree => ({ ...tree, inputs: tree.inputs.map((ref) => movedRef(w, ref)) });

/** A tree outside the families that looks at one packet: how often it occurs, and what keeping its inputs instead would cost. */
interface PacketTree {
  readonly packets: Set<number>;
  readonly tree: Tree;
}

/** Bits kept per packet for an element: sums are held in 16-bit containers, inputs as wide as the feature. */
function elementBits(a: Analysis, ref: ElementRef): number {
  return ref.value === 0 ? a.network.features[ref.index % a.width].bits : 16;
}

const indexBits = (tree: Tree): number => Math.max(1, Math.ceil(Math.log2(tree.leaves)));

/**
 * Trees whose leaf number is computed when the packet arrives and kept. Either all trees that look at one packet, when their indices
 * take fewer bits per flow than the elements they read, or those that every position shares.
 */
function sharedSignatures(a: Analysis): Map<string, Tree> {
  const seen = new Map<string, PacketTree>();
  const elements = new Map<string, number>();
  let others = false;
  for (const map of a.network.maps) {
    if (a.family[map.output] !== undefined) continue;
    for (const tree of map.kind === 'tree' ? map.trees : []) {
      const packet = commonPacket(a, tree.inputs);
      if (packet < 0) {
        others ||= tree.inputs.some((ref) => packetOf(a, ref) >= 0);
        continue;
      }
      const signature = treeSignature(a, tree);
      const found = seen.get(signature) ?? { packets: new Set<number>(), tree };
      found.packets.add(packet);
      seen.set(signature, found);
      for (const ref of tree.inputs) elements.set(canonical(a, ref), elementBits(a, ref));
    }
    if (map.kind !== 'tree') others ||= mapInputs(map).some((ref) => packetOf(a, ref) >= 0);
  }
  const keepAll = [...elements.values()].reduce((x, y) => x + y, 0);
  const indexAll = [...seen.values()].reduce((sum, { tree }) => sum + indexBits(tree), 0);
  const everywhere = [...seen].filter(([, s]) => s.packets.size === a.network.window);
  // Elements that other maps need are kept anyway: then only shared indices save anything.
  const chosen = !others && indexAll < keepAll ? [...seen] : everywhere;
  return new Map(chosen.map(([key, s]) => [key, s.tree]));
}

/** The same element in the newest packet. */
function atNewest(a: Analysis, ref: ElementRef): ElementRef {
  const last = a.network.window - 1;
  if (ref.value === 0) return { value: 0, index: last * a.width + (ref.index % a.width) };
  const members = a.family[ref.value]?.members;
  return members === undefined ? ref : { value: members[last], index: ref.index };
}

/** Families' maps for the current packet only, with the origins of all positions. */
function currentMaps(w: Rewrite): void {
  const { network, family } = w.a;
  for (const map of network.maps) {
    const members = family[map.output]?.members;
    if (members === undefined || members[members.length - 1] !== map.output) continue;
    const output = w.newValue.get(map.output)!;
    if (map.kind === 'exact') w.maps.push({ ...map, input: movedRef(w, map.input), output });
    if (map.kind !== 'tree') continue;
    const alike = network.maps.filter(
      (m): m is TreeMap => m.kind === 'tree' && m.shared?.key === map.shared?.key && members.includes(m.output),
    );
    const origins = alike.flatMap((m) => m.origins ?? []);
    w.maps.push({ ...map, trees: map.trees.map((t) => movedTree(w, t)), output, origins });
  }
}

function leafMaps(w: Rewrite): void {
  const { a } = w;
  for (const { signature, tree, element } of w.shared.values()) {
    const origins: LeafOrigin[] = [];
    for (const map of a.network.maps) {
      if (map.kind !== 'tree' || map.origins === undefined || a.family[map.output] !== undefined) continue;
      map.trees.forEach((t, i) => {
        if (commonPacket(a, t.inputs) < 0 || treeSignature(a, t) !== signature) return;
        for (const { step, leaves } of map.origins ?? [])
          if (leaves[i] !== undefined) origins.push({ step, leaves: [leaves[i]], packet: commonPacket(a, t.inputs) });
      });
    }
    const made: LeafMap = {
      kind: 'leaf',
      name: `index.${element}`,
      tree: movedTree(w, { ...tree, inputs: tree.inputs.map((ref) => atNewest(a, ref)) }),
      output: w.indexValue,
      element,
      origins,
    };
    w.maps.push(made);
  }
}

/** A window map: trees that are shared read kept indices, the others stay trees. */
function windowMap(w: Rewrite, map: NetMap): NetMap {
  const output = w.newValue.get(map.output)!;
  if (map.kind === 'exact') return { ...map, input: movedRef(w, map.input), output };
  if (map.kind === 'absdiff')
    return { ...map, a: map.a.map((r) => movedRef(w, r)), b: map.b.map((r) => movedRef(w, r)), output };
  if (map.kind !== 'tree') throw new Error(`${map.kind} before windows are split`);
  const found = map.trees.map((t) =>
    commonPacket(w.a, t.inputs) < 0 ? undefined : w.shared.get(treeSignature(w.a, t)),
  );
  if (map.trees.length === 0 || found.some((f) => f === undefined))
    return { ...map, trees: map.trees.map((t) => movedTree(w, t)), output };
  const inputs = map.trees.map((t, i) => {
    const packet = commonPacket(w.a, t.inputs);
    return elementAt(w, { value: w.indexValue, index: found[i]!.element }, packet);
  });
  const made: IndexMap = {
    kind: 'index',
    name: map.name,
    inputs,
    radix: map.trees.map((t) => t.leaves),
    output,
    outIndex: map.outIndex,
    lut: map.lut,
    ...(map.note === undefined ? {} : { note: map.note }),
  };
  return made;
}

/**
 * The network as one packet runs it: inputs are the current packet's features; value "kept" holds what earlier packets left in the
 * rings. Row networks are returned as they are.
 */
export function windowNetwork(network: TableNetwork): TableNetwork {
  if (network.window <= 1) return network;
  const a = analyse(network);
  const values: NetValue[] = [{ name: 'x', size: a.width }];
  const newValue = new Map<number, number>();
  const own = (v: number): boolean => a.family[v] !== undefined && a.packet[v] === network.window - 1;
  const strip = (name: string): string => name.replace(/\.\d+$/, '');
  network.values.forEach((value, v) => {
    if (v > 0 && own(v)) newValue.set(v, values.push({ ...value, name: strip(value.name) }) - 1);
  });
  const signatures = [...sharedSignatures(a)];
  const indexValue = signatures.length > 0 ? values.push({ name: 'index', size: signatures.length }) - 1 : -1;
  const keptValue = values.push({ name: 'kept', size: 0 }) - 1;
  network.values.forEach((value, v) => {
    if (v > 0 && a.family[v] === undefined) newValue.set(v, values.push(value) - 1);
  });
  const shared = new Map(
    signatures.map(([signature, tree], element) => [signature, { signature, tree, element }] as const),
  );
  const w: Rewrite = { a, values, maps: [], newValue, shared, indexValue, keptValue, kept: [], keptAt: new Map() };
  currentMaps(w);
  leafMaps(w);
  for (const map of network.maps) if (a.family[map.output] === undefined) w.maps.push(windowMap(w, map));
  values[keptValue] = { name: 'kept', size: w.kept.length, kept: w.kept };
  const verdict = { ...network.verdict, value: newValue.get(network.verdict.value)! };
  return { ...network, values, maps: w.maps, verdict };
}
