/**
 * Elements while a slice is made: constants, affine forms of the group kept symbolic, or columns. A run of linear operations is one form
 * per element, whatever its length.
 */
import type { Dependence } from './dependence.ts';
import { linearReads } from './elements.ts';
import { affineSources } from './run-ir.ts';
import type { Instruction, LinearForm } from './slice-code.ts';

/** An element while slicing: constant, affine in the group (coefficients then constant), or a column. */
export interface Form {
  readonly column: number;
  /** Length inputs + 1; undefined for columns. */
  readonly affine?: Float64Array;
}

export interface Slicer {
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

/** The form of an element, undefined when it is at its base value. */
export function formOf(s: Slicer, tensor: number, element: number): Form | undefined {
  return s.forms.get(tensor)?.get(element);
}

/** The column holding an element; affine forms are computed on first use. */
export function columnOf(s: Slicer, form: Form): number {
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
export interface Accumulator {
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

export function packSum(acc: Accumulator): LinearForm {
  const own = packAffine(acc.affine);
  const cols = Int32Array.from([...own.cols, ...acc.cols]);
  return { cols, weights: Float64Array.from([...own.weights, ...acc.weights]), bias: own.bias };
}

export function finish(s: Slicer, acc: Accumulator): Form {
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
export function sumsOf(s: Slicer, id: number, elements: Iterable<number>): [number, Accumulator][] {
  const terms = linearTerms(s, id);
  return Array.from(elements, (i) => {
    const acc: Accumulator = { affine: new Float64Array(s.n + 1), cols: [], weights: [] };
    const constant = terms(i, (tensor, element, weight) => accumulate(s, acc, tensor, element, weight));
    acc.affine[s.n] += constant;
    return [i, acc];
  });
}
