/**
 * Fusion of additions of action data: chains of `dst += data[row]` over several tables become one sum over table rows, and
 * destinations that add the same rows are summed side by side. Exact: addition modulo 2^w is associative and commutative.
 */

import { ALL_ONES } from './builder.ts';
import { type Column, type ColumnOp, keepsDestination, type Mask, readsOf, writesOf } from './ir.ts';

interface Term {
  readonly row: Column;
  readonly data: Uint32Array;
  readonly offset: number;
  readonly stride: number;
}

/** Additions to one destination with nothing in between that reads or writes it. */
interface Run {
  readonly dst: Column;
  readonly width: number;
  readonly mask: Mask;
  readonly base: boolean;
  readonly constant: number;
  readonly terms: readonly Term[];
  /** Operations it replaces, the last of them, and the first later one that touches the destination. */
  readonly replaces: readonly number[];
  readonly at: number;
  closed: number;
}

/** What an operation contributes to a run. */
interface Piece {
  readonly dst: Column;
  readonly width: number;
  readonly mask: Mask;
  readonly base: boolean;
  readonly constant: number;
  readonly terms: readonly Term[];
  readonly replaces: readonly number[];
}

/** Replaces additions by fused sums. `wanted`: columns read after the last operation. */
export function fuseSums(ops: readonly ColumnOp[], wanted: readonly Column[]): ColumnOp[] {
  const runs = findRuns(ops, wanted);
  const groups = groupRuns(runs.filter((run) => run.terms.length > 0));
  const replaced = new Set(groups.flatMap((group) => group.flatMap((run) => run.replaces)));
  const after = new Map<number, ColumnOp[]>();
  for (const group of groups) {
    const at = Math.max(...group.map((run) => run.at));
    after.set(at, [...(after.get(at) ?? []), sumOf(group)]);
  }
  return ops.flatMap((op, i) => [...(replaced.has(i) ? [] : [op]), ...(after.get(i) ?? [])]);
}

/** Per column how often it is read, and the operations that touch it. */
function usage(ops: readonly ColumnOp[], wanted: readonly Column[]) {
  const reads = new Map<Column, number>();
  const touches = new Map<Column, number[]>();
  ops.forEach((op, i) => {
    for (const column of readsOf(op)) reads.set(column, (reads.get(column) ?? 0) + 1);
    for (const column of new Set([...readsOf(op), ...writesOf(op)])) {
      const list = touches.get(column);
      if (list) list.push(i);
      else touches.set(column, [i]);
    }
  });
  for (const column of wanted) reads.set(column, (reads.get(column) ?? 0) + 2);
  return { reads, touches, wanted: new Set(wanted) };
}

type Usage = ReturnType<typeof usage>;

function findRuns(ops: readonly ColumnOp[], wanted: readonly Column[]): Run[] {
  const use = usage(ops, wanted);
  const gathers = new Map<Column, { readonly term: Term; readonly at: number }>();
  const open = new Map<Column, Run>();
  const done: Run[] = [];
  const close = (column: Column, at: number) => {
    const run = open.get(column);
    if (!run) return;
    run.closed = at;
    done.push(run);
    open.delete(column);
  };
  ops.forEach((op, i) => {
    if (op.op === 'gather' && op.mask === undefined && use.reads.get(op.dst) === 1) {
      const { row, data, offset, stride } = op;
      gathers.set(op.dst, { term: { row, data, offset, stride }, at: i });
    }
    const piece = pieceOf(ops, i, gathers, open, use);
    if (piece === undefined) {
      for (const column of new Set([...readsOf(op), ...writesOf(op)])) close(column, i);
      for (const column of writesOf(op)) {
        for (const run of [...open.values()]) if (run.mask === column) close(run.dst, i);
      }
      return;
    }
    const run = open.get(piece.dst);
    const joins = run !== undefined && piece.base && run.mask === piece.mask && run.width === piece.width;
    if (!joins) close(piece.dst, i);
    const before = joins ? run : undefined;
    open.set(piece.dst, {
      dst: piece.dst,
      width: piece.width,
      mask: piece.mask,
      base: before ? before.base : piece.base,
      constant: (before?.constant ?? 0) + piece.constant,
      terms: [...(before?.terms ?? []), ...piece.terms],
      replaces: [...(before?.replaces ?? []), ...piece.replaces],
      at: i,
      closed: ops.length,
    });
  });
  for (const column of [...open.keys()]) close(column, ops.length);
  return done;
}

/** The piece that operation i is, if it is one; operands that are finished sums used nowhere else are taken over. */
function pieceOf(
  ops: readonly ColumnOp[],
  i: number,
  gathers: ReadonlyMap<Column, { readonly term: Term; readonly at: number }>,
  open: Map<Column, Run>,
  use: Usage,
): Piece | undefined {
  const op = ops[i];
  if (op.op === 'move') {
    if (op.keep !== 0 || op.right !== 0 || op.left !== 0 || !('column' in op.a)) return undefined;
    const gather = gathers.get(op.a.column);
    if (!gather) return undefined;
    const { dst, bits, mask } = op;
    return { dst, width: bits, mask, base: false, constant: 0, terms: [gather.term], replaces: [gather.at, i] };
  }
  if (op.op !== 'binary' || op.sub !== 'add') return undefined;
  const width = ALL_ONES >>> op.k;
  const parts = [op.a, op.b].map((source) => {
    const none = { base: false, constant: 0, terms: [], replaces: [], run: undefined };
    if ('value' in source) return { ...none, constant: source.value };
    const { column } = source;
    if (column === op.dst) return { ...none, base: true };
    const gather = gathers.get(column);
    if (gather) return { ...none, terms: [gather.term], replaces: [gather.at] };
    const run = open.get(column);
    if (!run || run.base || run.mask !== op.mask || run.width < width || !deadAfter(ops, column, i, use))
      return undefined;
    return { base: false, constant: run.constant, terms: run.terms, replaces: run.replaces, run };
  });
  const [a, b] = parts;
  if (!a || !b || (a.base && b.base) || ('column' in op.a && 'column' in op.b && op.a.column === op.b.column))
    return undefined;
  for (const { run } of [a, b]) if (run) open.delete(run.dst);
  return {
    dst: op.dst,
    width,
    mask: op.mask,
    base: a.base || b.base,
    constant: (a.constant + b.constant) | 0,
    terms: [...a.terms, ...b.terms],
    replaces: [...a.replaces, ...b.replaces, i],
  };
}

/** Is the column's value after operation i never read? */
function deadAfter(ops: readonly ColumnOp[], column: Column, i: number, use: Usage): boolean {
  const next = (use.touches.get(column) ?? []).find((at) => at > i);
  if (next === undefined) return !use.wanted.has(column);
  return !keepsDestination(ops[next]) && !readsOf(ops[next]).includes(column);
}

/** Runs over the same rows side by side, where one place in the list suits all. Single additions to single columns stay. */
function groupRuns(runs: readonly Run[]): Run[][] {
  const groups: { readonly members: Run[]; closed: number }[] = [];
  const bySignature = new Map<string, { readonly members: Run[]; closed: number }>();
  const dataIds = new Map<Uint32Array, number>();
  const idOf = (data: Uint32Array) => {
    if (!dataIds.has(data)) dataIds.set(data, dataIds.size);
    return dataIds.get(data);
  };
  for (const run of [...runs].sort((a, b) => a.at - b.at)) {
    const terms = run.terms.map(({ row, data }) => `${row}:${idOf(data)}`).sort();
    const signature = `${run.mask}/${run.base}/${terms.join()}`;
    const group = bySignature.get(signature);
    if (group && run.at < group.closed && !group.members.some((member) => member.dst === run.dst)) {
      group.members.push(run);
      group.closed = Math.min(group.closed, run.closed);
      continue;
    }
    const made = { members: [run], closed: run.closed };
    groups.push(made);
    bySignature.set(signature, made);
  }
  return groups.map(({ members }) => members);
}

function sumOf(group: readonly Run[]): ColumnOp {
  const lanes = Math.ceil(group.length / 4) * 4;
  const sources = group[0].terms.map((term) => term.data);
  const order = (a: Term, b: Term) => a.row - b.row || sources.indexOf(a.data) - sources.indexOf(b.data);
  const sorted = group.map((run) => [...run.terms].sort(order));
  const narrow = group.every((run, l) => sorted[l].every((term) => fitsShort(term, run.width)));
  const terms = sorted[0].map(({ row, data, stride }, t) => {
    const rows = data.length / stride;
    const packed = narrow ? new Int16Array(rows * lanes) : new Uint32Array(rows * lanes);
    sorted.forEach((list, l) => {
      const { offset } = list[t];
      for (let r = 0; r < rows; r++) packed[r * lanes + l] = data[r * stride + offset];
    });
    return { row, data: packed };
  });
  const [{ base, mask }] = group;
  return {
    op: 'sum',
    dsts: group.map((run) => run.dst),
    widths: group.map((run) => run.width),
    constants: group.map((run) => run.constant >>> 0),
    base,
    mask,
    terms,
  };
}

/** Do 16 bits, sign-extended, give the same sums modulo 2^width? */
function fitsShort({ data, offset, stride }: Term, width: number): boolean {
  for (let at = offset; at < data.length; at += stride) {
    const value = data[at];
    if (((((value << 16) >> 16) ^ value) & width) !== 0) return false;
  }
  return true;
}
