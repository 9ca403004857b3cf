/** The state of a dependence analysis: cuts made so far, what every scalar depends on, and how a cut gets its groups. */
import { type Closure, closeGroups, type Surroundings } from './closure.ts';
import { type Op, operands } from './ir.ts';
import type { PartitionOptions } from './partition.ts';
import type { Supports } from './supports.ts';

/** A materialised set of elements of one tensor. Its sources are numbered firstSource … firstSource + elements.length − 1. */
export interface Cut {
  readonly tensor: number;
  readonly elements: Int32Array;
  readonly firstSource: number;
  /** Element positions that may be functions' common inputs (structural groups). */
  readonly groups: readonly (readonly number[])[];
  /** One packet's share of what is kept per flow. */
  readonly perPacket: boolean;
}

export interface AnalysisOptions extends PartitionOptions {
  /** Packets per input row. */
  readonly window?: number;
  /** Materialise every operation's result: the unfused network of basic primitives, for the fusion passes and their report. */
  readonly unfused?: boolean;
}

export interface Work extends Surroundings {
  readonly options: AnalysisOptions;
  readonly supports: Supports;
  readonly terms: Int32Array[];
  readonly cuts: Cut[];
  readonly groupOf: number[];
  /** Per source: 1 where an embedding's index depends on it alone. */
  readonly indexSource: number[];
  /** Per tensor: elements that are sources. */
  readonly bare: Map<number, Uint8Array>;
  readonly packets: readonly Int32Array[];
  sources: number;
  groups: number;
}

/** Is the element a source itself? */
export function isBare(w: Work, [tensor, element]: [number, number]): boolean {
  return w.bare.get(tensor)?.[element] === 1;
}

export function isMove(op: Op): boolean {
  return op.kind === 'affine' && !op.scale && !op.bias;
}

/** Elements of a tensor that are needed, depend on the input, and are not sources already. */
export function openElements(w: Work, id: number): Int32Array {
  const open: number[] = [];
  const need = w.need[id];
  for (let i = 0; i < need.length; i++) if (need[i] && w.varies[id][i] && !isBare(w, [id, i])) open.push(i);
  return Int32Array.from(open);
}

export function inOneGroup(w: Work, sources: readonly number[]): boolean {
  return sources.every((s) => w.groupOf[s] === w.groupOf[sources[0]]);
}

/** Does an embedding's index depend on the source alone? It then stays a group of its own. */
export function isIndex(w: Work, source: number): boolean {
  return w.indexSource[source] > 0;
}

/** Does everything between input and output pass through these elements? */
function isBottleneck(w: Work, tensor: number, elements: Int32Array): boolean {
  const { ir } = w;
  const reached = new Uint8Array(ir.ops.length);
  reached[ir.input] = tensor === ir.input ? 0 : 1;
  if (openElements(w, tensor).length > elements.length) return false;
  for (let id = ir.input + 1; id <= ir.output; id++) {
    if (id !== tensor && operands(ir.ops[id]).some((from) => reached[from])) reached[id] = 1;
  }
  return !reached[ir.output];
}

/**
 * Structural groups of the elements. Groups wider than a tree are for additive architectures only: if all of the network passes through one
 * such group, it is cut into layers instead of becoming one table.
 */
export function automaticGroups(w: Work, tensor: number, elements: Int32Array): Closure {
  const tree = w.options.tree ?? 2;
  const most = w.options.unfused ? 1 : (w.options.maxGroup ?? 6);
  const wide = closeGroups(w, tensor, elements, most);
  const whole = wide.groups.length === 1 && elements.length > tree && isBottleneck(w, tensor, elements);
  return whole ? closeGroups(w, tensor, elements, Math.min(tree, most)) : wide;
}

/** Materialise elements of a tensor: they become sources, in structural groups. */
export function addCut(w: Work, tensor: number, elements: Int32Array, perPacket = false): void {
  const closed = automaticGroups(w, tensor, elements);
  const { groups } = closed;
  const firstSource = w.sources;
  w.sources += elements.length;
  w.cuts.push({ tensor, elements, firstSource, groups, perPacket });
  for (const group of groups) {
    for (const position of group) w.groupOf[firstSource + position] = w.groups;
    w.groups++;
  }
  const bare = w.bare.get(tensor) ?? new Uint8Array(w.ir.ops[tensor].size);
  w.bare.set(tensor, bare);
  elements.forEach((e, position) => {
    bare[e] = 1;
    w.indexSource[firstSource + position] = closed.indexes[position];
    w.terms[tensor][e] = w.supports.ofSource(firstSource + position);
  });
}
