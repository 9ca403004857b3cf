/**
 * Slices: the part of the network between one group of sources and some target elements, everything else held at its base value.
 * Linear runs collapse into affine forms of the group while slicing, so that a deep linear chain costs nothing at run time.
 */

import type { Dependence } from './dependence.ts';
import { linearReads } from './elements.ts';
import { isLinear, type Op, type ScalarFn, type ScalarFn2 } from './ir.ts';
import { affineSources } from './run-ir.ts';
import { runSlice } from './run-slice.ts';

/** Straight-line program on columns: column 0 … inputs−1 are the group; each instruction writes a new column. */
export type Instruction =
  | {
      readonly kind: 'lin';
      readonly out: number;
      readonly cols: Int32Array;
      readonly weights: Float64Array;
      readonly bias: number;
    }
  | { readonly kind: 'fn'; readonly out: number; readonly a: number; readonly fn: ScalarFn }
  | { readonly kind: 'fn2'; readonly out: number; readonly a: Argument; readonly b: Argument; readonly fn: ScalarFn2 }
  | {
      readonly kind: 'embed';
      readonly out: number;
      readonly a: number;
      readonly table: Float64Array;
      readonly rows: number;
      readonly dim: number;
      readonly at: number;
    };

/** A column, or a constant when column is −1. */
export interface Argument {
  readonly column: number;
  readonly value: number;
}

export interface Slice {
  readonly inputs: number;
  readonly columns: number;
  readonly code: readonly Instruction[];
  /** What the group adds to each target: Σ weights · cols + bias. */
  readonly outputs: readonly LinearForm[];
  /** Every output is linear in the inputs: columns are inputs and biases are zero. */
  readonly linear: boolean;
}

export interface LinearForm {
  readonly cols: Int32Array;
  readonly weights: Float64Array;
  readonly bias: number;
}

/** An element while slicing: constant, affine in the group (coefficients then constant), or a column. */
interface Form {
  readonly column: number;
  /** Length inputs + 1; undefined for columns. */
  readonly affine?: Float64Array;
}

interface Slicer {
  readonly d: Dependence;
  readonly base: readonly Float64Array[];
  readonly n: number;
  readonly code: Instruction[];
  readonly forms: Map<number, Map<number, Form>>;
  readonly columnOf: Map<Form, number>;
  /** Term set → does it touch the group? */
  readonly touches: (terms: number) => boolean;
  /** [tensor][element] → column, for the group's sources. */
  readonly leaves: Map<number, Map<number, number>>;
  columns: number;
}

/** Elements of every tensor that the targets read and that depend on the group, by tensor. */
function dirtyElements(s: Slicer, tensor: number, targets: Iterable<number>): Map<number, Set<number>> {
  const dirty = new Map<number, Set<number>>([[tensor, new Set(targets)]]);
  for (let id = tensor; id >= 0; id--) {
    for (const i of dirty.get(id) ?? []) {
      if (s.leaves.get(id)?.has(i)) continue;
      s.d.reads(id)(i, (from, element) => {
        if (!s.touches(s.d.terms[from][element])) return;
        const set = dirty.get(from) ?? new Set<number>();
        dirty.set(from, set.add(element));
      });
    }
  }
  return dirty;
}

/** The form of an element, undefined when it is at its base value. */
function formOf(s: Slicer, tensor: number, element: number): Form | undefined {
  return s.forms.get(tensor)?.get(element);
}

/** The column holding an element; affine forms are computed on first use. */
function columnOf(s: Slicer, form: Form): number {
  if (!form.affine) return form.column;
  const known = s.columnOf.get(form);
  if (known !== undefined) return known;
  const { cols, weights, bias } = packAffine(form.affine);
  let out = cols.length === 1 && weights[0] === 1 && bias === 0 ? cols[0] : -1;
  if (out < 0) {
    out = s.columns++;
    s.code.push({ kind: 'lin', out, cols, weights, bias });
  }
  s.columnOf.set(form, out);
  return out;
}

function packAffine(affine: Float64Array): LinearForm {
  const n = affine.length - 1;
  const cols: number[] = [];
  for (let i = 0; i < n; i++) if (affine[i] !== 0) cols.push(i);
  return { cols: Int32Array.from(cols), weights: Float64Array.from(cols, (i) => affine[i]), bias: affine[n] };
}

/** Collects Σ weight · element + constant, keeping affine parts symbolic. */
interface Accumulator {
  readonly affine: Float64Array;
  readonly cols: number[];
  readonly weights: number[];
}

function accumulate(s: Slicer, into: Accumulator, tensor: number, element: number, weight: number): void {
  const form = formOf(s, tensor, element);
  if (!form) into.affine[s.n] += weight * s.base[tensor][element];
  else if (form.affine) for (let i = 0; i <= s.n; i++) into.affine[i] += weight * form.affine[i];
  else {
    into.cols.push(form.column);
    into.weights.push(weight);
  }
}

function packSum(acc: Accumulator): LinearForm {
  const own = packAffine(acc.affine);
  const cols = Int32Array.from([...own.cols, ...acc.cols]);
  return { cols, weights: Float64Array.from([...own.weights, ...acc.weights]), bias: own.bias };
}

function finish(s: Slicer, acc: Accumulator): Form {
  if (acc.cols.length === 0) return { column: -1, affine: acc.affine };
  const form = packSum(acc);
  if (form.cols.length === 1 && form.weights[0] === 1 && form.bias === 0) return { column: form.cols[0] };
  const out = s.columns++;
  s.code.push({ kind: 'lin', out, ...form });
  return { column: out };
}

/** Calls `visit` for every weighted element that a linear operation's element `i` sums; returns the constant part. */
function linearTerms(
  s: Slicer,
  id: number,
): (i: number, visit: (tensor: number, element: number, weight: number) => void) => number {
  const op = s.d.ir.ops[id];
  if (op.kind === 'affine') {
    const { owner, index } = affineSources(op, (t) => s.d.ir.ops[t].size);
    return (i, visit) => {
      if (owner[i] >= 0) visit(op.inputs[owner[i]], index[i], op.scale ? op.scale[i] : 1);
      return op.bias ? op.bias[i] : 0;
    };
  }
  if (op.kind === 'sum') {
    return (i, visit) => {
      for (const input of op.inputs) visit(input, i, 1);
      return 0;
    };
  }
  if (op.kind !== 'linear') throw new Error(`${op.kind} is not linear`);
  const reads = linearReads(op);
  return (i, visit) => {
    reads(i, (element, weight) => visit(op.input, element, weight));
    return op.bias ? op.bias[i] : 0;
  };
}

/** Sums of a linear operation's elements, affine parts symbolic. */
function sumsOf(s: Slicer, id: number, elements: Iterable<number>): [number, Accumulator][] {
  const terms = linearTerms(s, id);
  return Array.from(elements, (i) => {
    const acc: Accumulator = { affine: new Float64Array(s.n + 1), cols: [], weights: [] };
    const constant = terms(i, (tensor, element, weight) => accumulate(s, acc, tensor, element, weight));
    acc.affine[s.n] += constant;
    return [i, acc];
  });
}

function argument(s: Slicer, tensor: number, element: number): Argument {
  const form = formOf(s, tensor, element);
  if (!form) return { column: -1, value: s.base[tensor][element] };
  return { column: columnOf(s, form), value: 0 };
}

function sliceElement(s: Slicer, op: Op, i: number): Form {
  if (op.kind === 'unary') {
    const { column: a } = argument(s, op.input, i);
    const out = s.columns++;
    s.code.push({ kind: 'fn', out, a, fn: op.fn });
    return { column: out };
  }
  if (op.kind === 'binary') {
    const a = argument(s, op.a, i);
    const b = argument(s, op.b, i);
    const out = s.columns++;
    s.code.push({ kind: 'fn2', out, a, b, fn: op.fn });
    return { column: out };
  }
  if (op.kind === 'embed') {
    const { column: a } = argument(s, op.input, Math.floor(i / op.dim));
    const out = s.columns++;
    s.code.push({ kind: 'embed', out, a, table: op.table, rows: op.rows, dim: op.dim, at: i % op.dim });
    return { column: out };
  }
  throw new Error(`${op.kind} cannot be sliced`);
}

/** The targets as forms of columns, constants left out. */
function targetForms(s: Slicer, tensor: number, elements: readonly number[]): LinearForm[] {
  const op = s.d.ir.ops[tensor];
  if (isLinear(op)) return sumsOf(s, tensor, elements).map(([, acc]) => ({ ...packSum(acc), bias: 0 }));
  return elements.map((i) => {
    const { column } = sliceElement(s, op, i);
    return { cols: Int32Array.of(column), weights: Float64Array.of(1), bias: 0 };
  });
}

/** Does the term set touch the group? */
function touchTest(d: Dependence, group: readonly number[]): (terms: number) => boolean {
  const inGroup = new Set(group);
  const memo = new Map<number, boolean>();
  return (terms) => {
    let known = memo.get(terms);
    if (known === undefined) {
      known = d.supports.sources(terms).some((source) => inGroup.has(source));
      memo.set(terms, known);
    }
    return known;
  };
}

/** Constants that make a non-linear slice add nothing at the base point. */
function anchored(slice: Slice, atBase: Float64Array): Slice {
  const shift = runSlice(slice, atBase, 1);
  return { ...slice, outputs: slice.outputs.map((form, o) => ({ ...form, bias: 0 - shift[o] })) };
}

/**
 * Slice the network from the sources `group` to `elements` of `tensor`; `base` holds every tensor at the base point. The result is what
 * the group adds to the targets: nothing at the base point, or W x when it is linear and `keepLinear`; and the tensors computed on the way.
 */
export function sliceNetwork(
  d: Dependence,
  base: readonly Float64Array[],
  group: readonly number[],
  tensor: number,
  elements: readonly number[],
  keepLinear = true,
): { readonly slice: Slice; readonly tensors: readonly number[] } {
  const n = group.length;
  const touches = touchTest(d, group);
  const code: Instruction[] = [];
  const s: Slicer = { d, base, n, code, forms: new Map(), columnOf: new Map(), touches, leaves: new Map(), columns: n };
  const atBase = placeLeaves(s, group);
  // A target that is itself a cut is computed from its operation, not read as a source.
  s.leaves.delete(tensor);
  s.forms.delete(tensor);
  const dirty = dirtyElements(s, tensor, elements);
  const open = (id: number): number[] =>
    [...(dirty.get(id) ?? [])].filter((i) => !s.leaves.get(id)?.has(i)).sort((p, q) => p - q);
  const tensors = [...dirty.keys()].filter((id) => open(id).length > 0).sort((p, q) => p - q);
  for (const id of tensors) {
    if (id === tensor) continue;
    const op = d.ir.ops[id];
    const forms = s.forms.get(id) ?? new Map<number, Form>();
    s.forms.set(id, forms);
    if (isLinear(op)) for (const [i, acc] of sumsOf(s, id, open(id))) forms.set(i, finish(s, acc));
    else for (const i of open(id)) forms.set(i, sliceElement(s, op, i));
  }
  const outputs = targetForms(s, tensor, elements);
  const linear = outputs.every((form) => form.cols.every((column) => column < n));
  const slice: Slice = { inputs: n, columns: s.columns, code, outputs, linear };
  return { slice: linear && keepLinear ? slice : anchored({ ...slice, linear: false }, atBase), tensors };
}

/** Gives every source of the group its column; returns the group at the base point. */
function placeLeaves(s: Slicer, group: readonly number[]): Float64Array {
  const atBase = new Float64Array(group.length);
  group.forEach((source, column) => {
    const cut = s.d.cuts.find((c) => source >= c.firstSource && source < c.firstSource + c.elements.length)!;
    const element = cut.elements[source - cut.firstSource];
    const affine = new Float64Array(s.n + 1);
    affine[column] = 1;
    atBase[column] = s.base[cut.tensor][element];
    const columns = s.leaves.get(cut.tensor) ?? new Map<number, number>();
    s.leaves.set(cut.tensor, columns.set(element, column));
    const forms = s.forms.get(cut.tensor) ?? new Map<number, Form>();
    s.forms.set(cut.tensor, forms.set(element, { column: -1, affine }));
  });
  return atBase;
}
