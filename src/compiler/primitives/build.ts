/** Network → Partition/Map/SumReduce graph (Pegasus §4): one value per cut, one Map per additive group. */
import type { OnnxModel } from '../../model/index.ts';
import { type AnalysisOptions, analyseDependence, type Cut, type Dependence } from './dependence.ts';
import { exactRows } from './exact.ts';
import type { ElementRef, GroupFunction, MapGraph, MapNode, Sharing, Value } from './graph.ts';
import { type Group, groupsOf } from './groups.ts';
import { type Network, readNetwork } from './onnx/read.ts';
import { chunk } from './partition.ts';
import { runIr } from './run-ir.ts';
import { absolutePart, linearPart } from './run-slice.ts';
import { sliceNetwork } from './slice.ts';
import type { Slice } from './slice-code.ts';
import { sliceKey } from './slice-key.ts';
import { runSliceOnce } from './slice-memo.ts';
import { planValues, type ValuePlan } from './values.ts';

export interface BuildOptions extends AnalysisOptions {
  /** Feature names, in input order (per packet for window models). */
  readonly features: readonly string[];
  /** ONNX output to compile; default the first. */
  readonly output?: string;
}

/** Where a source lives: the value and the element in it. */
interface Place {
  readonly ref: ElementRef;
  readonly cut: Cut;
}

interface Builder {
  readonly d: Dependence;
  readonly base: readonly Float64Array[];
  readonly options: BuildOptions;
  readonly values: Value[];
  readonly maps: MapNode[];
  /** Every value at the base point. */
  readonly bases: Float64Array[];
  /** Per source. */
  readonly places: Place[];
  /** Slices by fingerprint: equal ones are kept once. */
  readonly slices: Map<string, Slice>;
}

/** The input at which groups that are not looked at are held: zero, or the first of a few points where the network is finite. */
function basePoint(network: Network): Float64Array[] {
  const size = network.ops[network.input].size;
  let first: Float64Array[] | undefined;
  for (const fill of [0, 1, 0.5, 2, -1]) {
    const tensors = runIr(network, new Float64Array(size).fill(fill));
    if (tensors.every((t) => t.every(Number.isFinite))) return tensors;
    first ??= tensors;
  }
  return first!;
}

/** One function part of a Map: a slice with the columns of the Map's group it reads. */
interface Part {
  readonly coefficient: number;
  readonly slice: Slice;
  /** Fingerprint of the slice. */
  readonly key: string;
  readonly columns: readonly number[];
  readonly nodes: readonly string[];
}

function slicePart(b: Builder, tensor: number, group: Group, part: Group['parts'][number]): Part {
  const { slice: fresh, tensors } = sliceNetwork(
    b.d,
    b.base,
    part.sources,
    tensor,
    group.elements,
    group.parts.length === 1,
  );
  const key = sliceKey(fresh);
  const slice = b.slices.get(key) ?? fresh;
  b.slices.set(key, slice);
  const columns = part.sources.map((s) => group.sources.indexOf(s));
  const nodes = tensors.map((id) => b.d.ir.ops[id].node).filter((name) => name !== '');
  return { coefficient: part.coefficient, slice, key, columns, nodes };
}

/** Σ coefficient · part: what the group adds to the targets. */
function applyParts(parts: readonly Part[], inputs: number, m: number): GroupFunction {
  if (parts.length === 1 && parts[0].coefficient === 1) return (x, rows) => runSliceOnce(parts[0].slice, x, rows);
  return (x, rows) => {
    const out = new Float64Array(rows * m);
    for (const { coefficient, slice, columns } of parts) {
      const y = runSliceOnce(slice, columns.length === inputs ? x : pickColumns(x, rows, inputs, columns), rows);
      for (let i = 0; i < out.length; i++) out[i] += coefficient * y[i];
    }
    return out;
  };
}

function pickColumns(x: Float64Array, rows: number, inputs: number, columns: readonly number[]): Float64Array {
  const out = new Float64Array(rows * columns.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns.length; c++) out[r * columns.length + c] = x[r * inputs + columns[c]];
  }
  return out;
}

function applyLinear(weights: Float64Array, inputs: number): GroupFunction {
  const m = weights.length / inputs;
  return (x, rows) => {
    const out = new Float64Array(rows * m);
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < m; o++) {
        let sum = 0;
        for (let i = 0; i < inputs; i++) sum += weights[o * inputs + i] * x[r * inputs + i];
        out[r * m + o] = sum;
      }
    }
    return out;
  };
}

/**
 * Rows of a Map that matches its one input exactly. Only the network's input counts 0, 1, 2, … on the switch, a sum has its own scale; the
 * unfused network, which is never compiled, may count with a copy of the input.
 */
function exactOf(b: Builder, refs: readonly ElementRef[], slice: Slice | undefined): number[] | undefined {
  if (!slice || refs.length !== 1 || (refs[0].value > 0 && !b.options.unfused)) return undefined;
  const rows = exactRows(slice);
  return rows === undefined ? undefined : [rows];
}

/** Packet and place inside it of a group that looks at one packet of a window. */
function indexSharing(b: Builder, refs: readonly ElementRef[]): Sharing | undefined {
  const value = b.values[refs[0].value];
  const { packets } = value;
  if (!packets || refs.some((ref) => ref.value !== value.id || packets[ref.index] !== packets[refs[0].index]))
    return undefined;
  const packet = packets[refs[0].index];
  if (packet < 0) return undefined;
  const first = packets.indexOf(packet);
  return { key: `${value.name}[${refs.map((ref) => ref.index - first).join()}]`, position: packet };
}

function addMap(b: Builder, tensor: number, output: number, group: Group, rank: ReadonlyMap<number, number>): void {
  const refs = group.sources.map((s) => b.places[s].ref);
  const parts = group.parts.map((part) => slicePart(b, tensor, group, part));
  const single = parts.length === 1 ? parts[0].slice : undefined;
  const linear = single && linearPart(single);
  const absolute = single && refs.every((ref) => ref.value > 0) ? absolutePart(single) : undefined;
  const exact = exactOf(b, refs, single);
  const index = indexSharing(b, refs);
  const tree = b.options.tree ?? 2;
  const wide = refs.length > tree && !exact ? chunk([...refs.keys()], tree) : undefined;
  const shared = single && index && { key: `${index.key}:${parts[0].key}`, position: index.position };
  const id = b.maps.length;
  b.maps.push({
    id,
    name: `${b.values[output].name}/${b.maps.filter((m) => m.output === output).length}`,
    inputs: refs,
    output,
    outIndex: Int32Array.from(group.elements, (e) => rank.get(e)!),
    apply: linear ? applyLinear(linear, refs.length) : applyParts(parts, refs.length, group.elements.length),
    ...(linear ? { linear } : {}),
    ...(absolute ? { absolute } : {}),
    ...(exact ? { exact } : {}),
    ...(shared ? { shared } : {}),
    ...(index ? { indexShared: index } : {}),
    ...(wide ? { trees: wide } : {}),
    nodes: [...new Set(parts.flatMap((part) => part.nodes))],
  });
}

/** The packet an element depends on, −1 for several. */
function packetOf(mask: number): number {
  return mask !== 0 && (mask & (mask - 1)) === 0 ? Math.log2(mask >>> 0) : -1;
}

/** What linear Maps leave to the bias: they have no constant part, and the base point need not be zero. */
function biasOf(b: Builder, value: number, base: Float64Array): Float64Array {
  const bias = base.slice();
  for (const map of b.maps) {
    if (map.output !== value || !map.linear) continue;
    const at = Float64Array.from(map.inputs, (ref) => b.bases[ref.value][ref.index]);
    map.apply(at, 1).forEach((y, o) => {
      bias[map.outIndex[o]] -= y;
    });
  }
  return bias;
}

function uniqueName(b: Builder, wanted: string): string {
  let name = wanted;
  for (let k = 2; b.values.some((v) => v.name === name); k++) name = `${wanted}.${k}`;
  return name;
}

function addValue(b: Builder, plan: ValuePlan): void {
  const id = b.values.length;
  const size = plan.parts.reduce((sum, part) => sum + part.elements.length, 0);
  const window = b.options.window ?? 1;
  const masks = plan.parts.flatMap((part) => part.elements.map((e) => b.d.packets[part.tensor][e]));
  const packets = window > 1 ? { packets: Int32Array.from(masks, packetOf) } : {};
  const input = plan.parts[0].tensor === b.d.ir.input;
  const nodes = input ? [] : plan.parts.map((part) => b.d.ir.ops[part.tensor].node);
  b.values.push({ id, name: uniqueName(b, plan.name), size, kind: input ? 'input' : 'sum', nodes, ...packets });
  let start = 0;
  const base = new Float64Array(size);
  b.bases.push(base);
  for (const { tensor, elements, cut } of plan.parts) {
    const rank = new Map(elements.map((e, i) => [e, start + i]));
    if (!input) for (const group of groupsOf(b.d, tensor, elements)) addMap(b, tensor, id, group, rank);
    for (let i = 0; i < elements.length; i++) {
      base[start + i] = b.base[tensor][elements[i]];
      if (cut) b.places[cut.firstSource + i] = { ref: { value: id, index: start + i }, cut };
    }
    start += elements.length;
  }
  const bias = input ? base : biasOf(b, id, base);
  if (!input && bias.some((v) => v !== 0)) b.values[id] = { ...b.values[id], bias };
}

/** Build the graph of a network. Fails with COMPILE-JOINT. */
export function buildFromNetwork(network: Network, options: BuildOptions): MapGraph {
  const d = analyseDependence(network, options);
  const base = basePoint(network);
  const b: Builder = { d, base, options, values: [], maps: [], bases: [], places: [], slices: new Map() };
  const plans = planValues(d);
  for (const plan of plans) addValue(b, plan);
  const kept = plans.findIndex((plan) => plan.perPacket);
  return {
    values: b.values,
    maps: b.maps,
    output: b.values.length - 1,
    features: options.features,
    window: options.window ?? 1,
    ...(network.dropped.length > 0 ? { dropped: network.dropped } : {}),
    ...(kept < 0 ? {} : { perPacket: kept }),
  };
}

/**
 * ONNX model → Partition/Map/SumReduce graph at its finest partition; fusion/mapModel merges groups and runs the passes. Fails with COMPILE-OP, COMPILE-INPUT, COMPILE-OPSET, COMPILE-GRAPH (see readNetwork),
 * or COMPILE-JOINT, each naming the node and a way out.
 */
export function buildGraph(model: OnnxModel, options: BuildOptions): MapGraph {
  const rowLength = options.features.length * (options.window ?? 1);
  const network = readNetwork(model, { rowLength, ...(options.output ? { output: options.output } : {}) });
  return buildFromNetwork(network, options);
}
