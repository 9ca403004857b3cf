/**
 * Branches that no packet of a batch takes are jumped over: neighbouring operations that only matter where one mask holds are
 * put behind a test of that mask.
 */

import { type Column, type ColumnOp, type Mask, readsOf, writesOf } from './ir.ts';

/** Fewer operations than this are not worth a test, unless one of them is dear. */
const WORTH = 3;

/** Inserts skips. `fixed`: columns below are fields; `wanted`: columns read after the last operation. */
export function insertSkips(ops: readonly ColumnOp[], fixed: number, wanted: readonly Column[]): ColumnOp[] {
  const implied = impliedMasks(ops);
  const readers = readersOf(ops, wanted);
  const out: ColumnOp[] = [];
  let end = ops.length;
  while (end > 0) {
    const block = blockBefore(ops, end, fixed, implied, readers);
    if (block === undefined) {
      out.push(ops[--end]);
      continue;
    }
    for (let i = end - 1; i >= block.start; i--) out.push(ops[i]);
    out.push({ op: 'skip', test: block.mask, count: end - block.start });
    end = block.start;
  }
  return out.reverse();
}

/** For each mask column all the masks that hold wherever it holds: its own, and those it was AND-ed from. */
function impliedMasks(ops: readonly ColumnOp[]): ReadonlyMap<Column, ReadonlySet<Column>> {
  const implied = new Map<Column, Set<Column>>();
  for (const op of ops) {
    if (op.op !== 'binary' || op.sub !== 'and' || op.mask !== undefined) continue;
    if (!('column' in op.a && 'column' in op.b)) continue;
    const all = [op.a.column, op.b.column].flatMap((column) => [column, ...(implied.get(column) ?? [])]);
    implied.set(op.dst, new Set([op.dst, ...all]));
  }
  return implied;
}

function readersOf(ops: readonly ColumnOp[], wanted: readonly Column[]): ReadonlyMap<Column, readonly number[]> {
  const readers = new Map<Column, number[]>();
  const add = (column: Column, at: number) => {
    const list = readers.get(column);
    if (list) list.push(at);
    else readers.set(column, [at]);
  };
  ops.forEach((op, i) => {
    for (const column of readsOf(op)) add(column, i);
  });
  for (const column of wanted) add(column, ops.length);
  return readers;
}

/** Where an operation matters at all; undefined: for every packet. */
export function maskOf(op: ColumnOp): Mask {
  if (op.op === 'scan') return op.calls.length === 1 ? op.calls[0].mask : undefined;
  return 'mask' in op ? op.mask : undefined;
}

interface Block {
  readonly start: number;
  readonly mask: Column;
}

/** The longest block that ends before `end` and only matters under one mask; undefined when there is none worth it. */
function blockBefore(
  ops: readonly ColumnOp[],
  end: number,
  fixed: number,
  implied: ReadonlyMap<Column, ReadonlySet<Column>>,
  readers: ReadonlyMap<Column, readonly number[]>,
): Block | undefined {
  const own = maskOf(ops[end - 1]);
  if (own === undefined) return undefined;
  let best: Block | undefined;
  for (const mask of implied.get(own) ?? [own]) {
    let start = end - 1;
    while (start > 0 && belongs(ops, start - 1, end, mask, fixed, implied, readers)) start--;
    if (best === undefined || start < best.start) best = { start, mask };
  }
  if (best === undefined) return undefined;
  const dear = ops.slice(best.start, end).some((op) => op.op === 'crc' || op.op === 'scan' || op.op === 'sum');
  return dear || end - best.start >= WORTH ? best : undefined;
}

/** Does operation i matter only under the mask, within the block that ends before `end`? */
function belongs(
  ops: readonly ColumnOp[],
  i: number,
  end: number,
  mask: Column,
  fixed: number,
  implied: ReadonlyMap<Column, ReadonlySet<Column>>,
  readers: ReadonlyMap<Column, readonly number[]>,
): boolean {
  const op = ops[i];
  if (writesOf(op).includes(mask)) return false;
  const own = maskOf(op);
  if (own !== undefined) return own === mask || (implied.get(own)?.has(mask) ?? false);
  if (op.op === 'scan') return false;
  // A fresh column must not be read outside: where the block is jumped over it holds nothing sensible.
  return writesOf(op).every(
    (column) => column >= fixed && (readers.get(column) ?? []).every((at) => at >= i && at < end),
  );
}
