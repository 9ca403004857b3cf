/**
 * Slices: the part of the network between one group of sources and some target elements, everything else held at its base value.
 * Linear runs collapse into affine forms of the group while slicing, so that a deep linear chain costs nothing at run time.
 */

import type { Dependence } from './dependence.ts';
import { isLinear, type Op } from './ir.ts';
import { runSlice } from './run-slice.ts';
import type { Argument, Instruction, LinearForm, Slice } from './slice-code.ts';
import { columnOf, type Form, finish, formOf, packSum, type Slicer, sumsOf } from './slice-forms.ts';

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
