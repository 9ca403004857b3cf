/** What a network would cost with one primitive per operator (Pegasus §4.2), counted without building that graph. */
import { type ElementView, elementsOf, type Network } from '../primitives/index.ts';
import type { GraphCost } from './cost.ts';

interface Counted {
  readonly lookups: number;
  readonly adds: number;
  /** Contributions to the element with most of them. */
  readonly widest: number;
}

/** Elements the operation reads, each a Map of one element (a pair for two activations), and the sums behind them. */
function countOp(view: ElementView, id: number): Counted {
  const { ir, need, varies } = view;
  const op = ir.ops[id];
  const read = new Set<string>();
  let adds = 0;
  let widest = 1;
  let elements = 0;
  for (let i = 0; i < op.size; i++) {
    if (!need[id][i] || !varies[id][i]) continue;
    elements++;
    let contributions = 0;
    view.reads(id)(i, (tensor, element) => {
      if (!varies[tensor][element]) return;
      read.add(`${tensor}:${element}`);
      contributions++;
    });
    if (op.kind === 'binary') contributions = 1;
    adds += Math.max(0, contributions - 1);
    widest = Math.max(widest, contributions);
  }
  return { lookups: op.kind === 'binary' ? elements : read.size, adds, widest };
}

/** Lookups, additions, tables and estimated stages with every operator materialised. */
export function unfusedCost(network: Network): GraphCost {
  const view = elementsOf(network);
  const depth = new Float64Array(network.ops.length);
  let lookups = 0;
  let adds = 0;
  network.ops.forEach((op, id) => {
    if (op.kind === 'const' || op.kind === 'input' || !view.need[id].includes(1)) return;
    const before = Math.max(0, ...view.operands(id).map((from) => depth[from]));
    const free = op.kind === 'affine' && !op.scale && !op.bias;
    if (free) {
      depth[id] = before;
      return;
    }
    const counted = countOp(view, id);
    lookups += counted.lookups;
    adds += counted.adds;
    depth[id] = before + 1 + Math.ceil(Math.log2(counted.widest));
  });
  return { lookups, adds, tables: lookups, stages: depth[network.output] };
}
