/**
 * Cheapest longest-prefix cover of labelled consecutive ranges: the ORTC construction (Draves et al., INFOCOM 1999) as a
 * dynamic programme over the binary trie, with costs per label and "don't care" ranges.
 *
 * A node of the trie knows, for every label it might inherit from above, what covering its keys costs. Only nodes that a range
 * boundary cuts are opened, so a cover of n ranges over w bits opens at most n·w nodes.
 */

/** Ranges over positions 0..2^bits−1 in order: range i ends at ends[i] (inclusive) and carries class[i] (−1: don't care). */
export interface Ranges {
  readonly bits: number;
  readonly ends: readonly number[];
  readonly classes: readonly number[];
}

/**
 * What labels cost. State `s` is what a node inherits: 0..states−1. `leaf(class, s)` is the cost of a node whose keys all have one
 * class; `enter(l, s)` the cost of installing label l under state s (the node then has state l).
 */
export interface TrieCosts {
  readonly states: number;
  /** Labels that may be installed, each also a state. */
  readonly labels: number;
  leaf(cls: number, state: number): number;
  /** Label to install at a one-class node, when leaf cost is not 0. */
  leafLabel(cls: number): number;
  enter(label: number, state: number): number;
  /** True when enter() does not depend on the state: the minimum over labels is then found once a node. */
  readonly flat: boolean;
}

/** One installed label: positions [at, at + 2^wild). `under` is the state it was installed under. */
export interface Placed {
  readonly at: number;
  readonly wild: number;
  readonly label: number;
  readonly under: number;
}

interface Node {
  readonly at: number;
  readonly height: number;
  /** Class when the node lies in one range, else −2. */
  readonly cls: number;
  readonly children: readonly [Node, Node] | undefined;
  /** Cost by state if the node installs nothing itself. */
  readonly pass: Float64Array;
  /** Cost by state. */
  readonly cost: Float64Array;
}

/** Index of the range that holds a position. */
function rangeAt(ranges: Ranges, at: number): number {
  let low = 0;
  let high = ranges.ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges.ends[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bestLabel(costs: TrieCosts, pass: Float64Array, state: number): { label: number; cost: number } {
  let label = -1;
  let cost = Number.POSITIVE_INFINITY;
  for (let l = 0; l < costs.labels; l++) {
    const total = costs.enter(l, state) + pass[l];
    if (total < cost) {
      cost = total;
      label = l;
    }
  }
  return { label, cost };
}

/** Costs by state of a node whose keys all have class `cls`; kept per class, as most nodes are such leaves. */
function leafCosts(costs: TrieCosts, leaves: Float64Array[], cls: number): Float64Array {
  const known = leaves[cls + 1];
  if (known !== undefined) return known;
  const made = new Float64Array(costs.states);
  if (cls !== -1) for (let s = 0; s < costs.states; s++) made[s] = costs.leaf(cls, s);
  leaves[cls + 1] = made;
  return made;
}

function build(ranges: Ranges, costs: TrieCosts, leaves: Float64Array[], at: number, height: number): Node {
  const first = rangeAt(ranges, at);
  let last = first;
  let cls = ranges.classes[first];
  const end = at + 2 ** height - 1;
  while (ranges.ends[last] < end && cls !== -2) {
    last++;
    if (ranges.classes[last] !== cls) cls = -2;
  }
  if (cls !== -2) {
    const cost = leafCosts(costs, leaves, cls);
    return { at, height, cls, children: undefined, pass: cost, cost };
  }
  const half = 2 ** (height - 1);
  const children: [Node, Node] = [
    build(ranges, costs, leaves, at, height - 1),
    build(ranges, costs, leaves, at + half, height - 1),
  ];
  const cost = new Float64Array(costs.states);
  const pass = new Float64Array(costs.states);
  for (let s = 0; s < costs.states; s++) pass[s] = children[0].cost[s] + children[1].cost[s];
  const flat = costs.flat ? bestLabel(costs, pass, costs.states - 1).cost : 0;
  for (let s = 0; s < costs.states; s++) {
    cost[s] = Math.min(pass[s], costs.flat ? flat : bestLabel(costs, pass, s).cost);
  }
  return { at, height, cls, children, pass, cost };
}

/** `atRoot`: on equal cost a label is installed at the root, because an all-wild entry can become the table's default action. */
function emit(node: Node, costs: TrieCosts, state: number, out: Placed[], atRoot: boolean): void {
  if (node.cost[state] === 0) return;
  if (node.children === undefined) {
    out.push({ at: node.at, wild: node.height, label: costs.leafLabel(node.cls), under: state });
    return;
  }
  let next = state;
  const best = bestLabel(costs, node.pass, state);
  if (node.cost[state] < node.pass[state] || (atRoot && best.cost === node.cost[state])) {
    next = best.label;
    out.push({ at: node.at, wild: node.height, label: next, under: state });
  }
  emit(node.children[0], costs, next, out, false);
  emit(node.children[1], costs, next, out, false);
}

/** Cost and labels of the cheapest cover under `state`; labels come outer prefix first. */
export function coverRanges(
  ranges: Ranges,
  costs: TrieCosts,
  state: number,
): { readonly cost: number; readonly placed: () => readonly Placed[] } {
  const root = build(ranges, costs, [], 0, ranges.bits);
  return {
    cost: root.cost[state],
    placed: () => {
      const out: Placed[] = [];
      emit(root, costs, state, out, true);
      return out;
    },
  };
}
