/** Element-level walks over a network: which elements the output needs, and how elements depend on the elements before them. */
import { type Ir, type LinearOp, type Op, operands } from './ir.ts';
import { affineSources } from './run-ir.ts';

/** Calls `visit(tensor, element)` for everything element `i` of `op` reads; linear operations skip zero weights. */
export type Reads = (i: number, visit: (tensor: number, element: number) => void) => void;

/** Per output element of a linear operation: the (block, row) pairs that write it, as a linked list. */
function writers(op: LinearOp): { readonly head: Int32Array; readonly next: Int32Array } {
  const head = new Int32Array(op.size).fill(-1);
  const next = new Int32Array(op.dst.length);
  for (let w = 0; w < op.dst.length; w++) {
    next[w] = head[op.dst[w]];
    head[op.dst[w]] = w;
  }
  return { head, next };
}

/** Terms of one element of a linear operation: every element read with its weight. */
export type LinearReads = (i: number, visit: (element: number, weight: number) => void) => void;

export function linearReads(op: LinearOp): LinearReads {
  const { head, next } = writers(op);
  const { k, m } = op;
  return (i, visit) => {
    for (let w = head[i]; w >= 0; w = next[w]) {
      const block = Math.floor(w / m);
      const weights = op.weights[op.weightOf[block]];
      const row = (w - block * m) * k;
      for (let t = 0; t < k; t++) {
        const s = op.src[block * k + t];
        if (s >= 0 && weights[row + t] !== 0) visit(s, weights[row + t]);
      }
    }
  };
}

/** How the elements of an operation read the elements before it. */
export function readsOf(ir: Ir, op: Op): Reads {
  switch (op.kind) {
    case 'input':
    case 'const':
      return () => {};
    case 'affine': {
      const { owner, index } = affineSources(op, (id) => ir.ops[id].size);
      const live = (i: number): boolean => owner[i] >= 0 && op.scale?.[i] !== 0;
      return (i, visit) => {
        if (live(i)) visit(op.inputs[owner[i]], index[i]);
      };
    }
    case 'linear': {
      const reads = linearReads(op);
      return (i, visit) => reads(i, (element) => visit(op.input, element));
    }
    case 'block': {
      const block = new Int32Array(op.size);
      for (let w = 0; w < op.dst.length; w++) block[op.dst[w]] = Math.floor(w / op.m);
      return (i, visit) => {
        for (let t = 0; t < op.k; t++) {
          const s = op.src[block[i] * op.k + t];
          if (s >= 0) visit(op.input, s);
        }
      };
    }
    case 'embed':
      return (i, visit) => visit(op.input, Math.floor(i / op.dim));
    default:
      return (i, visit) => {
        for (const input of operands(op)) visit(input, i);
      };
  }
}

/** Which elements of every tensor the output depends on (1 = needed). */
export function neededElements(ir: Ir, reads: (id: number) => Reads): Uint8Array[] {
  const need = ir.ops.map((op) => new Uint8Array(op.size));
  need[ir.output].fill(1);
  for (let id = ir.output; id >= 0; id--) {
    const mask = need[id];
    if (!mask.includes(1)) continue;
    const visit = (tensor: number, element: number): void => {
      need[tensor][element] = 1;
    };
    const read = reads(id);
    for (let i = 0; i < mask.length; i++) if (mask[i]) read(i, visit);
  }
  return need;
}

/** Per element of every tensor: bit set of the packets it depends on (window ≤ 31; feature p·n + f belongs to packet p). */
export function packetMasks(ir: Ir, window: number, reads: (id: number) => Reads): Int32Array[] {
  const perPacket = ir.ops[ir.input].size / window;
  return ir.ops.reduce<Int32Array[]>((masks, op, id) => {
    const mask = new Int32Array(op.size);
    const read = reads(id);
    for (let i = 0; i < op.size; i++) {
      if (op.kind === 'input') mask[i] = 1 << Math.floor(i / perPacket);
      else {
        read(i, (tensor, element) => {
          mask[i] |= masks[tensor][element];
        });
      }
    }
    masks.push(mask);
    return masks;
  }, []);
}

/** A network seen element by element. */
export interface ElementView {
  readonly ir: Ir;
  readonly reads: (id: number) => Reads;
  readonly operands: (id: number) => readonly number[];
  /** 1 where the output needs the element. */
  readonly need: readonly Uint8Array[];
  /** 1 where the element depends on the input. */
  readonly varies: readonly Uint8Array[];
  /** Bit set of packets per element. */
  readonly packets: readonly Int32Array[];
}

/** Reads (kept once made), needed and varying elements, and packets of a network. */
export function elementsOf(ir: Ir, window = 1): ElementView {
  const cache = new Map<number, Reads>();
  const reads = (id: number): Reads => {
    const known = cache.get(id) ?? readsOf(ir, ir.ops[id]);
    cache.set(id, known);
    return known;
  };
  const packets = packetMasks(ir, window, reads);
  const varies = packets.map((mask) => Uint8Array.from(mask, (bits) => (bits ? 1 : 0)));
  const need = neededElements(ir, reads);
  return { ir, reads, operands: (id) => operands(ir.ops[id]), need, varies, packets };
}
