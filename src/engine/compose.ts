/**
 * Lookups composed: where an array's contents are only looked up once more (a table's row for one value of it, a fuzzy index for
 * its class in the next table), one array holds the final answer.
 */

import { type Column, type ColumnOp, keepsDestination, readsOf, writesOf } from './ir.ts';
import { packed } from './table.ts';

type Lookup = Extract<ColumnOp, { op: 'direct' | 'product' }>;

/** Largest array that is made anew for one value. */
const MAX_CELLS = 1 << 18;

interface Definition {
  readonly op: Lookup;
  readonly at: number;
}

/** What the walk knows: the lookup that last defined a column, when each column was last written, how often it is read. */
interface Known {
  readonly defined: Map<Column, Definition>;
  readonly written: Map<Column, number>;
  readonly reads: ReadonlyMap<Column, number>;
}

/** Replaces lookups of lookups. `wanted`: columns read after the last operation. */
export function composeRows(ops: readonly ColumnOp[], wanted: readonly Column[]): ColumnOp[] {
  const reads = new Map<Column, number>();
  for (const column of [...wanted, ...ops.flatMap(readsOf)]) reads.set(column, (reads.get(column) ?? 0) + 1);
  const known: Known = { defined: new Map(), written: new Map(), reads };
  return ops.map((op, i) => {
    const result = ofRow(op, known) ?? ofLookup(op, known) ?? op;
    for (const column of writesOf(result)) {
      known.written.set(column, i);
      known.defined.delete(column);
    }
    const isLookup = result.op === 'direct' || result.op === 'product';
    if (isLookup && !keepsDestination(result)) known.defined.set(result.dst, { op: result, at: i });
    return result;
  });
}

/** The lookup behind a column, if what it reads has not changed since and its array is small enough to be made anew. */
function sourceOf(column: Column, { defined, written }: Known): Lookup | undefined {
  const source = defined.get(column);
  if (!source || source.op.data.length > MAX_CELLS) return undefined;
  const changed = readsOf(source.op).some((read) => (written.get(read) ?? -1) >= source.at);
  return changed ? undefined : source.op;
}

/** A sum of one table's row into one destination. */
function ofRow(op: ColumnOp, known: Known): ColumnOp | undefined {
  if (op.op !== 'sum' || op.dsts.length !== 1 || op.terms.length !== 1 || op.base || op.mask !== undefined)
    return undefined;
  const [{ row, data }] = op.terms;
  const source = sourceOf(row, known);
  if (!source) return undefined;
  const lanes = 4;
  const value = (at: number) => (data[at * lanes] + op.constants[0]) & op.widths[0];
  return { ...source, dst: op.dsts[0], data: packed(Uint32Array.from(source.data, value)) };
}

/** An array indexed by what another array yielded, nobody else reading that. */
function ofLookup(op: ColumnOp, known: Known): ColumnOp | undefined {
  if (op.op !== 'direct' || known.reads.get(op.key) !== 1) return undefined;
  const source = sourceOf(op.key, known);
  if (!source) return undefined;
  const value = (at: number) => op.data[(at >>> op.right) & op.bits] ?? 0;
  return { ...source, dst: op.dst, data: packed(Uint32Array.from(source.data, value)) };
}
