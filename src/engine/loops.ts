/**
 * Neighbouring column operations as one loop over packets: what they pass on to each other stays in registers, only what others
 * read goes to columns. Operations move next to those that need them first; loops end before they grow long.
 */

import { type Column, type ColumnOp, keepsDestination, readsOf, writesOf } from './ir.ts';

export type Loop = Extract<ColumnOp, { op: 'loop' }>;

/** Machine instructions of a loop, as estimated: few enough that the processor works on several packets at once (bench/choices.ts). */
export const LOOP_WEIGHT = 140;

/** Operations with loops in place of what can be fused. `wanted`: columns read after the last operation. */
export function makeLoops(ops: readonly ColumnOp[], wanted: readonly Column[], weightLimit = LOOP_WEIGHT): ColumnOp[] {
  const units = branched(ops, wanted);
  const readsAfter = readsBehind(units, wanted);
  const out: ColumnOp[] = [];
  for (let from = 0; from < units.length; ) {
    let to = from;
    while (to < units.length && isFusable(units[to])) to++;
    const stretch = units.slice(from, to);
    if (stretch.some(looksUp)) out.push(...loopsOf(stretch, readsAfter(to), weightLimit));
    else out.push(...stretch.flatMap(flattened));
    if (to < units.length) out.push(...flattened(units[to++]));
    from = to;
  }
  return out;
}

/** Skips with what they skip as branches, where that can run in a loop; other operations as they are. */
function branched(ops: readonly ColumnOp[], wanted: readonly Column[]): ColumnOp[] {
  const readsAfter = readsBehind(ops, wanted);
  const out: ColumnOp[] = [];
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i];
    if (op.op !== 'skip') {
      out.push(op);
      continue;
    }
    const inner = ops.slice(i + 1, i + 1 + op.count);
    const { reads, writes } = trafficOf(inner);
    const after = readsAfter(i + 1 + op.count);
    const keeps = writes.filter((column) => after.has(column));
    out.push({ op: 'branch', test: op.test, ops: inner, reads, keeps });
    i += op.count;
  }
  return out;
}

/** A branch outside loops is a skip again. */
function flattened(op: ColumnOp): readonly ColumnOp[] {
  return op.op === 'branch' ? [{ op: 'skip', test: op.test, count: op.ops.length }, ...op.ops] : [op];
}

/** What operations read of others, and all they write. */
function trafficOf(ops: readonly ColumnOp[]): { readonly reads: Column[]; readonly writes: Column[] } {
  const reads = new Set<Column>();
  const writes = new Set<Column>();
  for (const op of ops) {
    for (const column of readsOf(op)) if (!writes.has(column)) reads.add(column);
    for (const column of writesOf(op)) writes.add(column);
  }
  return { reads: [...reads], writes: [...writes] };
}

/** Columns read from operation i on. */
function readsBehind(ops: readonly ColumnOp[], wanted: readonly Column[]): (i: number) => ReadonlySet<Column> {
  const last = new Map<Column, number>();
  ops.forEach((op, i) => {
    for (const column of readsOf(op)) last.set(column, i);
  });
  for (const column of wanted) last.set(column, ops.length);
  return (i) => new Set([...last].flatMap(([column, at]) => (at >= i ? [column] : [])));
}

const FUSABLE = ['binary', 'compare', 'move', 'shiftS', 'direct', 'product', 'gather', 'sum', 'crc', 'scan'];
const LOOKUPS = ['direct', 'product', 'gather', 'sum', 'crc', 'scan'];

function isFusable(op: ColumnOp): boolean {
  return op.op === 'branch' ? op.ops.every(isFusable) : FUSABLE.includes(op.op);
}

function looksUp(op: ColumnOp): boolean {
  return op.op === 'branch' ? op.ops.some(looksUp) : LOOKUPS.includes(op.op);
}

function weight(op: ColumnOp): number {
  if (op.op === 'branch') return op.ops.reduce((sum, inner) => sum + weight(inner), 4);
  if (op.op === 'scan') return op.calls.reduce((sum, call) => sum + 20 + 6 * call.updates.length, 0);
  if (op.op === 'crc') return 4 * op.words.reduce((sum, { bytes }) => sum + bytes, 0);
  if (op.op !== 'sum') return 4;
  const vectors = Math.ceil((op.dsts.length * op.terms[0].data.BYTES_PER_ELEMENT) / 16);
  return op.terms.length * (2 + vectors) + 3 * op.dsts.length;
}

function loopsOf(stretch: readonly ColumnOp[], after: ReadonlySet<Column>, weightLimit: number): ColumnOp[] {
  const ops = scheduled(stretch);
  const readsAfter = readsBehind(ops, [...after]);
  const out: Loop[] = [];
  for (let from = 0; from < ops.length; ) {
    let to = from;
    for (let sum = 0; to < ops.length && (to === from || sum + weight(ops[to]) <= weightLimit); to++)
      sum += weight(ops[to]);
    out.push(loopOf(ops.slice(from, to), readsAfter(to)));
    from = to;
  }
  return out;
}

function loopOf(ops: readonly ColumnOp[], after: ReadonlySet<Column>): Loop {
  const { reads, writes } = trafficOf(ops);
  return { op: 'loop', ops, reads, writes: writes.filter((column) => after.has(column)) };
}

/** The same operations, each as late as its first reader allows: depth first from those that nobody in the stretch needs. */
function scheduled(ops: readonly ColumnOp[]): ColumnOp[] {
  const needs = dependences(ops);
  const needed = new Set(needs.flat());
  const done = new Uint8Array(ops.length);
  const out: ColumnOp[] = [];
  const visit = (start: number) => {
    const stack = [start];
    while (stack.length > 0) {
      const at = stack[stack.length - 1];
      const open = done[at] === 0 ? needs[at].find((i) => done[i] === 0) : undefined;
      if (open !== undefined) {
        stack.push(open);
        continue;
      }
      stack.pop();
      if (done[at] === 0) out.push(ops[at]);
      done[at] = 1;
    }
  };
  for (let i = 0; i < ops.length; i++) if (!needed.has(i)) visit(i);
  return out;
}

function registersOf(op: ColumnOp): readonly string[] {
  if (op.op === 'branch') return op.ops.flatMap(registersOf);
  return op.op === 'scan' ? [op.register] : [];
}

/** Per operation the earlier ones that must come first: accesses to the same register, writers of what it reads, readers and writers of what it writes. */
function dependences(ops: readonly ColumnOp[]): number[][] {
  const writer = new Map<Column, number>();
  const readers = new Map<Column, number[]>();
  const accessed = new Map<string, number>();
  return ops.map((op, i) => {
    const needs = new Set<number>();
    for (const register of new Set(registersOf(op))) {
      const before = accessed.get(register);
      if (before !== undefined) needs.add(before);
      accessed.set(register, i);
    }
    for (const column of readsOf(op)) {
      const from = writer.get(column);
      if (from !== undefined) needs.add(from);
      readers.set(column, [...(readers.get(column) ?? []), i]);
    }
    for (const column of new Set(writesOf(op))) {
      const before = writer.get(column);
      if (before !== undefined) needs.add(before);
      for (const reader of readers.get(column) ?? []) if (reader !== i) needs.add(reader);
      readers.set(column, keepsDestination(op) ? [i] : []);
      writer.set(column, i);
    }
    return [...needs].sort((a, b) => a - b);
  });
}
