/** Window models keep something per packet (Pegasus §6.2): finds, for every packet, the narrowest tensor before the packets meet. */
import { type Ir, isLinear, operands } from './ir.ts';

/** What a network's packets look like: bit sets of packets per element, elements the output needs. */
export interface PacketView {
  readonly ir: Ir;
  readonly packets: readonly Int32Array[];
  readonly need: readonly Uint8Array[];
}

interface Candidate {
  readonly tensor: number;
  readonly elements: readonly number[];
}

function isSingle(mask: number): boolean {
  return mask !== 0 && (mask & (mask - 1)) === 0;
}

/** Union of the packets of a tensor's needed elements; `single`: each of them depends on exactly one. */
function summarise(view: PacketView, id: number): { readonly union: number; readonly single: boolean } {
  const mask = view.packets[id];
  const need = view.need[id];
  let union = 0;
  let single = true;
  for (let i = 0; i < mask.length; i++) {
    if (!need[i]) continue;
    union |= mask[i];
    if (!isSingle(mask[i])) single = false;
  }
  return { union, single: single && union !== 0 };
}

/** Does everything of packet `bit` that reaches the output pass through tensor `id`? */
function separates(ir: Ir, unions: readonly number[], bit: number, id: number): boolean {
  const reached = new Uint8Array(ir.ops.length);
  reached[ir.input] = 1;
  for (let at = ir.input + 1; at <= ir.output; at++) {
    if (at === id || !(unions[at] & bit)) continue;
    if (operands(ir.ops[at]).some((from) => reached[from])) reached[at] = 1;
  }
  return !reached[ir.output];
}

function embedded(view: PacketView): boolean {
  return view.ir.ops.some((op, id) => op.kind === 'embed' && view.need[id].includes(1));
}

/** Narrowest separator of one packet, counted in clustering trees; the last of a run of linear operations of equal width. */
function waistOf(
  view: PacketView,
  bit: number,
  tree: number,
  unions: readonly number[],
  singles: readonly boolean[],
): Candidate | undefined {
  const { ir, packets, need } = view;
  const tables = embedded(view);
  const indexed = new Uint8Array(ir.ops.length);
  const share = (id: number): number[] => [...need[id].keys()].filter((i) => need[id][i] && packets[id][i] === bit);
  let best: Candidate | undefined;
  let width = tables ? Number.POSITIVE_INFINITY : Math.ceil(share(ir.input).length / tree);
  for (let id = ir.input + 1; id < ir.output; id++) {
    const op = ir.ops[id];
    // Behind every embedding on its paths: an index itself is too wide to be kept.
    indexed[id] = op.kind === 'embed' || operands(op).some((from) => indexed[from]) ? 1 : 0;
    if (!singles[id] || !(unions[id] & bit) || (tables && !indexed[id]) || !separates(ir, unions, bit, id)) continue;
    const elements = share(id);
    const trees = Math.ceil(elements.length / tree);
    const extendsBest = best !== undefined && trees === width && isLinear(op) && operands(op).includes(best.tensor);
    if (trees < width || extendsBest) {
      best = { tensor: id, elements };
      width = trees;
    }
  }
  return best;
}

/**
 * Elements to materialise, by tensor, so that one packet's share can be kept in a flow's state: all of it depends on that packet, everything
 * behind reads the packet through it alone, and it needs the fewest clustering trees (Pegasus keeps a fuzzy index per tree). Empty
 * unless there is such a waist for every packet.
 */
export function packetCuts(view: PacketView, window: number, tree: number): Map<number, Int32Array> {
  const summaries = view.ir.ops.map((_, id) => summarise(view, id));
  const unions = summaries.map((s) => s.union);
  const singles = summaries.map((s) => s.single);
  const cuts = new Map<number, number[]>();
  for (let p = 0; p < window; p++) {
    const found = waistOf(view, 1 << p, tree, unions, singles);
    if (!found) return new Map();
    cuts.set(found.tensor, [...(cuts.get(found.tensor) ?? []), ...found.elements]);
  }
  return new Map([...cuts].map(([tensor, list]) => [tensor, Int32Array.from(list).sort()]));
}
