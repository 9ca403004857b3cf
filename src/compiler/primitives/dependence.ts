/**
 * The dependence analysis (Pegasus §4): finds the cuts, i.e. the elements that must be materialised because a non-linear function
 * needs their finished sum, and for every scalar of the network the groups of source elements its additive terms depend on.
 */
import { fail } from '../../problem.ts';
import { type Closure, closeGroups, type Surroundings } from './closure.ts';
import { elementsOf, type Reads } from './elements.ts';
import { type Ir, isLinear, type Op, operands } from './ir.ts';

import type { PartitionOptions } from './partition.ts';
import { newSupports, type Supports } from './supports.ts';
import { packetCuts } from './waist.ts';

/** A materialised set of elements of one tensor. Its sources are numbered firstSource … firstSource + elements.length − 1. */
export interface Cut {
  readonly tensor: number;
  readonly elements: Int32Array;
  readonly firstSource: number;
  /** Element positions that may be functions' common inputs (structural groups). */
  readonly groups: readonly (readonly number[])[];
  /** Table rows per element position that is an embedding index; 0 otherwise. */
  readonly exact: Int32Array;
  /** One packet's share of what is kept per flow. */
  readonly perPacket: boolean;
}

export interface Dependence {
  readonly ir: Ir;
  readonly reads: (id: number) => Reads;
  readonly need: readonly Uint8Array[];
  /** Bit set of packets per element (window ≤ 31), all ones for row models. */
  readonly packets: readonly Int32Array[];
  readonly supports: Supports;
  /** Term set per element of every tensor, in terms of the cuts' sources. */
  readonly terms: readonly Int32Array[];
  /** In order of their tensors; the first is the input. */
  readonly cuts: readonly Cut[];
  /** Structural group of every source. */
  readonly groupOf: readonly number[];
}

export interface AnalysisOptions extends PartitionOptions {
  /** Packets per input row. */
  readonly window?: number;
  /** Materialise every operation's result: the unfused network of basic primitives, for the fusion passes and their report. */
  readonly unfused?: boolean;
}

interface Work extends Surroundings {
  readonly options: AnalysisOptions;
  readonly supports: Supports;
  readonly terms: Int32Array[];
  readonly cuts: Cut[];
  readonly groupOf: number[];
  /** Per source: is it an embedding index? */
  readonly exactSource: number[];
  /** Per tensor: elements that are sources. */
  readonly bare: Map<number, Uint8Array>;
  readonly packets: readonly Int32Array[];
  sources: number;
  groups: number;
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
function automaticGroups(w: Work, tensor: number, elements: Int32Array): Closure {
  const tree = w.options.tree ?? 2;
  const most = w.options.unfused ? 1 : (w.options.maxGroup ?? 6);
  const wide = closeGroups(w, tensor, elements, most);
  const whole = wide.groups.length === 1 && elements.length > tree && isBottleneck(w, tensor, elements);
  return whole ? closeGroups(w, tensor, elements, Math.min(tree, most)) : wide;
}

function addCut(w: Work, tensor: number, elements: Int32Array, perPacket = false): void {
  const closed = automaticGroups(w, tensor, elements);
  const { groups } = closed;
  const firstSource = w.sources;
  w.sources += elements.length;
  w.cuts.push({ tensor, elements, firstSource, groups, exact: closed.exact, perPacket });
  for (const group of groups) {
    for (const position of group) w.groupOf[firstSource + position] = w.groups;
    w.groups++;
  }
  const bare = w.bare.get(tensor) ?? new Uint8Array(w.ir.ops[tensor].size);
  w.bare.set(tensor, bare);
  elements.forEach((e, position) => {
    bare[e] = 1;
    w.exactSource[firstSource + position] = closed.exact[position];
    w.terms[tensor][e] = w.supports.ofSource(firstSource + position);
  });
}

function inOneGroup(w: Work, sources: readonly number[]): boolean {
  return sources.every((s) => w.groupOf[s] === w.groupOf[sources[0]]);
}

function isExact(w: Work, source: number): boolean {
  return w.exactSource[source] > 0;
}

/** A product or other function of two scalars that each depend on one element: a Map over a pair, wherever the two come from. */
function isPair(w: Work, op: Op, terms: readonly number[]): boolean {
  if (op.kind !== 'binary' || terms.length !== 2) return false;
  const sources = terms.map((t) => w.supports.sources(t));
  return sources.every((list) => list.length === 1 && !isExact(w, list[0]));
}

/** Where an element was computed before it was only moved: copies are materialised once. */
function originOf(w: Work, tensor: number, element: number): [number, number] {
  let at: [number, number] = [tensor, element];
  while (isMove(w.ir.ops[at[0]])) {
    let from = at;
    w.reads(at[0])(at[1], (t, e) => {
      from = [t, e];
    });
    at = from;
  }
  return at;
}

/** Elements to materialise before element `i` of a non-linear operation can be a Map: [tensor, element] pairs. */
function blockers(w: Work, id: number, i: number): [number, number][] {
  const read: { at: [number, number]; terms: number }[] = [];
  w.reads(id)(i, (tensor, element) => {
    const terms = w.terms[tensor][element];
    if (terms) read.push({ at: [tensor, element], terms });
  });
  const all = read.map((r) => r.terms);
  const sources = w.supports.sources(w.supports.union(all));
  if (inOneGroup(w, sources) || isPair(w, w.ir.ops[id], all)) return [];
  const sums = read.filter((r) => !inOneGroup(w, w.supports.sources(r.terms)));
  if (sums.length > 0) return sums.map((r) => r.at);
  const wide = read.filter(
    (r) => !isBare(w, r.at) && (w.supports.sources(r.terms).length > 1 || exactTerms(w, r.terms)),
  );
  if (wide.length > 0) return wide.map((r) => r.at);
  const { node, op } = w.ir.ops[id];
  return fail({
    code: 'COMPILE-JOINT',
    message: `the operator looks at ${sources.length} elements at once that no small table can hold`,
    where: `node ${node} (${op})`,
    need: 'at most 2 elements, or one group of the partition',
    have: `${sources.length} elements`,
    hint: 'put it last in the model (softmax and argmax are then dropped), use a smaller window, or give explicit groups',
  });
}

function exactTerms(w: Work, terms: number): boolean {
  return w.supports.sources(terms).some((s) => isExact(w, s));
}

/** Is the element a source itself? */
function isBare(w: Work, [tensor, element]: [number, number]): boolean {
  return w.bare.get(tensor)?.[element] === 1;
}

function visitLinear(w: Work, id: number): void {
  const need = w.need[id];
  const read = w.reads(id);
  for (let i = 0; i < need.length; i++) {
    if (!need[i]) continue;
    const list: number[] = [];
    read(i, (tensor, element) => {
      const t = w.terms[tensor][element];
      if (t !== 0 && t !== list[list.length - 1]) list.push(t);
    });
    w.terms[id][i] = w.supports.union(list);
  }
}

/** Terms of a non-linear operation, or the elements that must be materialised first. */
function visitJoint(w: Work, id: number): Map<number, Set<number>> {
  const need = w.need[id];
  const read = w.reads(id);
  const cuts = new Map<number, Set<number>>();
  for (let i = 0; i < need.length; i++) {
    if (!need[i]) continue;
    for (const [tensor, element] of blockers(w, id, i)) {
      const set = cuts.get(tensor) ?? new Set<number>();
      cuts.set(tensor, set.add(element));
    }
    const list: number[] = [];
    read(i, (tensor, element) => {
      list.push(w.terms[tensor][element]);
    });
    w.terms[id][i] = w.supports.joint(list);
  }
  return cuts;
}

/** Elements of a tensor that are needed, depend on the input, and are not sources already. */
function openElements(w: Work, id: number): Int32Array {
  const open: number[] = [];
  const need = w.need[id];
  for (let i = 0; i < need.length; i++) if (need[i] && w.varies[id][i] && !isBare(w, [id, i])) open.push(i);
  return Int32Array.from(open);
}

/** Elements that need their finished sum: are they additive in more than one group? */
function isSum(w: Work, tensor: number, element: number): boolean {
  const terms = w.terms[tensor][element];
  return terms !== 0 && !inOneGroup(w, w.supports.sources(terms));
}

/**
 * A narrower place to cut: a tensor from which `wanted` follows by linear operations alone, with fewer elements, whose structural groups
 * keep every wanted element inside one group, so that the network behind it becomes a table of that group (CNN-M's embedded packet in
 * front of 384 kernel products).
 */
function narrowerCut(
  w: Work,
  tensor: number,
  wanted: readonly number[],
): { tensor: number; elements: Int32Array } | undefined {
  let best: { tensor: number; elements: Int32Array } | undefined;
  let fewest = wanted.length;
  let at = tensor;
  for (;;) {
    const op = w.ir.ops[at];
    const from = operands(op);
    if (!isLinear(op) || from.length !== 1) return best;
    at = from[0];
    const elements = openElements(w, at);
    if (elements.length === 0 || elements.length >= fewest || !elements.every((e) => isSum(w, at, e))) continue;
    const closed = automaticGroups(w, at, elements);
    if (!wanted.every((e) => closed.joined(tensor, e))) continue;
    best = { tensor: at, elements };
    fewest = elements.length;
  }
}

function isMove(op: Op): boolean {
  return op.kind === 'affine' && !op.scale && !op.bias;
}

/** The elements themselves, or where they were computed when some of them are copies of one element. */
function withoutCopies(
  w: Work,
  wanted: ReadonlyMap<number, ReadonlySet<number>>,
): ReadonlyMap<number, ReadonlySet<number>> {
  const origins = new Map<number, Set<number>>();
  let asked = 0;
  let distinct = 0;
  for (const [tensor, set] of wanted) {
    for (const element of set) {
      const [t, e] = originOf(w, tensor, element);
      const known = origins.get(t) ?? new Set<number>();
      asked++;
      if (!known.has(e)) distinct++;
      origins.set(t, known.add(e));
    }
  }
  return distinct < asked ? origins : wanted;
}

/** Materialise what is wanted, or narrower tensors in front of it; returns the first tensor that was cut. */
function cutAll(w: Work, wanted: ReadonlyMap<number, ReadonlySet<number>>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const [tensor, set] of withoutCopies(w, wanted)) {
    const list = [...set].sort((p, q) => p - q);
    const narrow = w.options.unfused ? undefined : narrowerCut(w, tensor, list);
    const chosen = narrow ?? { tensor, elements: Int32Array.from(list) };
    addCut(w, chosen.tensor, chosen.elements);
    first = Math.min(first, chosen.tensor);
  }
  return first;
}

/** One pass in topological order; a new cut sends it back to the tensor that was cut. */
function analyse(w: Work, forced: ReadonlyMap<number, Int32Array>): void {
  for (let id = w.ir.input; id <= w.ir.output; id++) {
    const op = w.ir.ops[id];
    if (op.kind === 'const' || !w.need[id].includes(1)) continue;
    if (op.kind === 'input') {
      addCut(
        w,
        id,
        Int32Array.from({ length: op.size }, (_, i) => i),
      );
      continue;
    }
    if (isLinear(op)) visitLinear(w, id);
    else {
      const cuts = visitJoint(w, id);
      if (cuts.size > 0) {
        id = recompute(w, cutAll(w, cuts));
        continue;
      }
    }
    restoreSources(w, id);
    if (id === w.ir.output) continue;
    const whole = w.options.unfused && !isMove(op) ? openElements(w, id) : forced.get(id);
    const open = whole?.filter((e) => !isBare(w, [id, e]));
    if (open && open.length > 0) addCut(w, id, open, forced.has(id));
  }
}

/** Continue behind `tensor`; its own terms are already those of its new sources. */
function recompute(w: Work, tensor: number): number {
  for (let id = tensor + 1; id < w.terms.length; id++) w.terms[id].fill(0);
  for (const cut of w.cuts) restoreSources(w, cut.tensor);
  return tensor;
}

function restoreSources(w: Work, id: number): void {
  for (const cut of w.cuts) {
    if (cut.tensor !== id) continue;
    cut.elements.forEach((e, position) => {
      w.terms[id][e] = w.supports.ofSource(cut.firstSource + position);
    });
  }
}

/** Analyse a network. Fails with COMPILE-JOINT (a function of too many elements). */
export function analyseDependence(ir: Ir, options: AnalysisOptions = {}): Dependence {
  const window = options.window ?? 1;
  const { reads, need, varies, packets } = elementsOf(ir, window);
  const terms = ir.ops.map((op) => new Int32Array(op.size));
  const supports = newSupports();
  const base = { ir, reads, need, varies, options, supports, terms, packets };
  const w: Work = { ...base, cuts: [], groupOf: [], exactSource: [], bare: new Map(), sources: 0, groups: 0 };
  const keep = window > 1 && options.perPacket !== false;
  const forced = keep ? packetCuts({ ir, packets, need }, window, options.tree ?? 2) : new Map<number, Int32Array>();
  analyse(w, forced);
  const cuts = [...w.cuts].sort((p, q) => p.tensor - q.tensor || p.firstSource - q.firstSource);
  return { ir, reads, need, packets, supports, terms, cuts, groupOf: w.groupOf };
}
