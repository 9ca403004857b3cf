/** Equal computations done once: a fresh column that repeats an earlier one's operation on unchanged columns is that column. */

import { type Column, type ColumnOp, keepsDestination, readsOf, type Words, withReads, writesOf } from './ir.ts';

/** Operations whose result depends on their operands alone and that write one fresh column. `fixed`: columns below are fields. */
export function shareColumns(ops: readonly ColumnOp[], fixed: number): ColumnOp[] {
  const writes = new Map<Column, number>();
  for (const op of ops) for (const column of writesOf(op)) writes.set(column, (writes.get(column) ?? 0) + 1);
  const version = new Map<Column, number>();
  const known = new Map<string, Column>();
  const same = new Map<Column, Column>();
  const ids = new Map<Words, number>();
  const idOf = (words: Words) => {
    if (!ids.has(words)) ids.set(words, ids.size);
    return ids.get(words)!;
  };
  return ops.flatMap((old): ColumnOp[] => {
    const op = withReads(old, (column) => same.get(column) ?? column);
    const [dst] = writesOf(op);
    const once = op.op !== 'scan' && !keepsDestination(op) && dst >= fixed && writes.get(dst) === 1;
    if (once) {
      const versions = readsOf(op).map((column) => version.get(column) ?? 0);
      const name = `${describe(op, idOf)}@${versions.join()}`;
      const earlier = known.get(name);
      if (earlier !== undefined) {
        same.set(dst, earlier);
        return [];
      }
      known.set(name, dst);
    }
    for (const column of writesOf(op)) version.set(column, (version.get(column) ?? 0) + 1);
    return [op];
  });
}

/** Everything about the operation but its destination; the order of commutative operands does not count. */
function describe(op: ColumnOp, idOf: (words: Words) => number): string {
  return JSON.stringify(commuted(op), (key, value) => {
    if (key === 'dst') return undefined;
    return ArrayBuffer.isView(value) ? idOf(value as Words) : value;
  });
}

/** XOR, AND, OR and ADD of two columns, the lower one first. */
function commuted(op: ColumnOp): ColumnOp {
  if (op.op !== 'binary' || !['xor', 'and', 'or', 'add'].includes(op.sub)) return op;
  if (!('column' in op.a && 'column' in op.b) || op.a.column <= op.b.column) return op;
  return { ...op, a: op.b, b: op.a };
}
