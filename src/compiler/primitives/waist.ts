/** Window models keep something per packet (Pegasus §6.2): finds the narrowest tensor before the packets of a window meet. */
import { type Ir, isLinear, operands } from './ir.ts';

function bits(mask: number): number {
  let n = 0;
  for (let m = mask; m; m &= m - 1) n++;
  return n;
}

/** Does every path from the input to the output pass through `id`? */
function separates(ir: Ir, id: number): boolean {
  const fromInput = new Uint8Array(ir.ops.length);
  fromInput[ir.input] = 1;
  for (let at = ir.input + 1; at <= ir.output; at++) {
    if (at !== id && operands(ir.ops[at]).some((from) => fromInput[from])) fromInput[at] = 1;
  }
  return !fromInput[ir.output];
}

function count(mask: Uint8Array): number {
  let n = 0;
  for (const bit of mask) n += bit;
  return n;
}

/**
 * The tensor to materialise so that one packet's share of it can be kept in a flow's state: every element depends on one packet,
 * everything behind it reads the input through it alone, and it is the narrowest such (the last of a run of linear ones). Raw inputs
 * do not count when an embedding follows, since their indices are wide. −1: none is better than the input itself.
 */
export function packetCut(ir: Ir, packets: readonly Int32Array[], need: readonly Uint8Array[]): number {
  const embedded = ir.ops.some((op, id) => op.kind === 'embed' && need[id].includes(1));
  let best = -1;
  let width = embedded ? Number.POSITIVE_INFINITY : ir.ops[ir.input].size;
  for (let id = ir.input + 1; id < ir.output; id++) {
    const op = ir.ops[id];
    if (op.kind === 'const' || !need[id].includes(1)) continue;
    const single = packets[id].every((mask, i) => !need[id][i] || bits(mask) === 1);
    const behindTables = !embedded || ir.ops.every((o, q) => o.kind !== 'embed' || !need[q].includes(1) || q < id);
    if (!single || !behindTables || !separates(ir, id)) continue;
    const size = count(need[id]);
    const extendsBest = best >= 0 && size === width && isLinear(op) && operands(op).includes(best);
    if (size < width || extendsBest) {
      best = id;
      width = size;
    }
  }
  return best;
}
