/**
 * The dependence analysis (Pegasus §4): finds the cuts, i.e. the elements that must be materialised because a non-linear function
 * needs their finished sum, and for every scalar of the network the groups of source elements its additive terms depend on.
 */
import { blockers, cutAll } from './cuts.ts';
import { elementsOf, type Reads } from './elements.ts';
import { type Ir, isLinear } from './ir.ts';
import { newSupports, type Supports } from './supports.ts';
import { packetCuts } from './waist.ts';
import { type AnalysisOptions, addCut, type Cut, isBare, isMove, openElements, type Work } from './work.ts';

export type { AnalysisOptions, Cut } from './work.ts';

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
  const w: Work = { ...base, cuts: [], groupOf: [], indexSource: [], bare: new Map(), sources: 0, groups: 0 };
  const keep = window > 1 && options.perPacket !== false;
  const forced = keep ? packetCuts({ ir, packets, need }, window, options.tree ?? 2) : new Map<number, Int32Array>();
  analyse(w, forced);
  const cuts = [...w.cuts].sort((p, q) => p.tensor - q.tensor || p.firstSource - q.firstSource);
  return { ir, reads, need, packets, supports, terms, cuts, groupOf: w.groupOf };
}
