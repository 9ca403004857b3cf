/**
 * Additive groups of a value (Pegasus §4.4): follows the network behind a materialised value and joins the elements that some
 * non-linear function sees together, as long as a group stays small. What is left apart only ever meets in sums.
 */
import type { Reads } from './elements.ts';
import { type Ir, isLinear, type Op } from './ir.ts';
import { find, newUnionFind, type UnionFind, unite } from './partition.ts';
import { newSupports, type Supports } from './supports.ts';

export interface Closure {
  /** Disjoint groups of element positions (into the start's list), each sorted, in order of their first element. */
  readonly groups: readonly (readonly number[])[];
  /** Per element position: 1 where an embedding's index depends on it alone. */
  readonly indexes: Uint8Array;
  /** Does element `i` of a tensor behind the start depend on one group and nothing else? */
  readonly joined: (tensor: number, i: number) => boolean;
}

/** A tensor of the walk: term set per element, and whether it also depends on anything outside the groups. */
interface State {
  readonly terms: Int32Array;
  readonly foreign: Uint8Array;
}

interface Walk {
  readonly ir: Ir;
  readonly reads: (id: number) => Reads;
  readonly need: readonly Uint8Array[];
  /** 1 where an element depends on the network's input at all. */
  readonly varies: readonly Uint8Array[];
  readonly supports: Supports;
  readonly states: Map<number, State>;
  readonly indexes: Uint8Array;
  readonly maxGroup: number;
  united: UnionFind;
}

/** Terms of everything element `i` reads; foreign if any of it is. */
function gather(w: Walk, id: number, i: number): { terms: number; foreign: boolean } {
  const list: number[] = [];
  let foreign = false;
  w.reads(id)(i, (tensor, element) => {
    const state = w.states.get(tensor);
    if (state) {
      if (state.terms[element]) list.push(state.terms[element]);
      if (state.foreign[element]) foreign = true;
    } else if (w.varies[tensor][element]) foreign = true;
  });
  return { terms: w.supports.union(list), foreign };
}

/** Joins what each element of a non-linear operation sees; false (and nothing joined) when a group would grow too large. */
function tryJoin(w: Walk, id: number): boolean {
  const trial: UnionFind = { parent: w.united.parent.slice(), size: w.united.size.slice() };
  const need = w.need[id];
  for (let i = 0; i < need.length; i++) {
    if (!need[i]) continue;
    const { terms, foreign } = gather(w, id, i);
    if (foreign || terms === 0) continue;
    const sources = w.supports.sources(terms);
    if (sources.length > w.maxGroup) return false;
    for (const s of sources) {
      if (find(trial, s) !== find(trial, sources[0]) && (w.indexes[s] || w.indexes[sources[0]])) return false;
      unite(trial, sources[0], s);
    }
    if (trial.size[find(trial, sources[0])] > w.maxGroup) return false;
  }
  w.united = trial;
  return true;
}

function together(w: Walk, sources: readonly number[]): boolean {
  return sources.every((s) => find(w.united, s) === find(w.united, sources[0]));
}

function visitLinear(w: Walk, id: number, state: State): void {
  const need = w.need[id];
  for (let i = 0; i < need.length; i++) {
    if (!need[i]) continue;
    const { terms, foreign } = gather(w, id, i);
    state.terms[i] = terms;
    if (foreign) state.foreign[i] = 1;
  }
}

function visitJoint(w: Walk, id: number, op: Op, state: State): void {
  tryJoin(w, id);
  const need = w.need[id];
  for (let i = 0; i < need.length; i++) {
    if (!need[i]) continue;
    const { terms, foreign } = gather(w, id, i);
    const sources = w.supports.sources(terms);
    if (foreign || !together(w, sources)) {
      state.foreign[i] = 1;
      continue;
    }
    state.terms[i] = w.supports.joint([terms]);
    if (op.kind === 'embed' && sources.length === 1) w.indexes[sources[0]] = 1;
  }
}

function groupsOf(united: UnionFind): number[][] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < united.parent.length; i++) {
    const root = find(united, i);
    groups.set(root, [...(groups.get(root) ?? []), i]);
  }
  return [...groups.values()];
}

/** What a closure needs to know of the network. */
export type Surroundings = Pick<Walk, 'ir' | 'reads' | 'need' | 'varies'>;

/** Groups of the elements `elements` of tensor `start`, none larger than `maxGroup`. */
export function closeGroups(s: Surroundings, start: number, elements: Int32Array, maxGroup: number): Closure {
  const supports = newSupports();
  const size = s.ir.ops[start].size;
  const first: State = { terms: new Int32Array(size), foreign: s.varies[start].slice() };
  elements.forEach((e, position) => {
    first.terms[e] = supports.ofSource(position);
    first.foreign[e] = 0;
  });
  const indexes = new Uint8Array(elements.length);
  const united = newUnionFind(elements.length);
  const w: Walk = { ...s, supports, states: new Map([[start, first]]), indexes, maxGroup, united };
  for (let id = start + 1; id <= s.ir.output; id++) {
    if (!s.need[id].includes(1)) continue;
    const op = s.ir.ops[id];
    const state: State = { terms: new Int32Array(op.size), foreign: new Uint8Array(op.size) };
    w.states.set(id, state);
    if (isLinear(op)) visitLinear(w, id, state);
    else visitJoint(w, id, op, state);
  }
  const joined = (tensor: number, i: number): boolean => {
    const state = w.states.get(tensor);
    return state !== undefined && !state.foreign[i] && together(w, supports.sources(state.terms[i]));
  };
  return { groups: groupsOf(w.united), indexes, joined };
}
