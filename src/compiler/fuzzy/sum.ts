/** Tables that add into one value, as the refits see them. */

/** One table within a sum: `index[r]` is the row that calibration row r reads. */
export interface SumTable {
  readonly index: Int32Array;
  /** Columns of the sum that the table adds into. */
  readonly outIndex: Int32Array;
  /** rows × outIndex.length leaf values; refits change them in place. */
  readonly lut: Float64Array;
  /** Not to be changed. */
  readonly fixed: boolean;
}

/** Adds `sign` times the rows that are read into a rows × size matrix. */
export function applyRows(
  table: Pick<SumTable, 'index' | 'outIndex' | 'lut'>,
  into: Float64Array,
  size: number,
  sign: number,
): void {
  const { index, outIndex, lut } = table;
  const n = outIndex.length;
  for (let r = 0; r < index.length; r++) {
    const from = index[r] * n;
    for (let o = 0; o < n; o++) into[r * size + outIndex[o]] += sign * lut[from + o];
  }
}

/** Columns of a table in the design matrix: table row + offset; rows that stand for "not read" have none. */
export interface Columns {
  readonly table: SumTable;
  readonly offset: number;
  readonly count: number;
  readonly absent: number;
}

/** Columns of all tables that may change, one after the other. */
export function columnsOf(
  tables: readonly SumTable[],
  absent?: (table: SumTable) => number,
): { readonly columns: readonly Columns[]; readonly count: number } {
  let offset = 0;
  const columns = tables
    .filter((t) => !t.fixed)
    .map((table) => {
      const count = table.lut.length / table.outIndex.length;
      const made = { table, offset, count, absent: absent?.(table) ?? -1 };
      offset += count;
      return made;
    });
  return { columns, count: offset };
}

/** Same outputs for all tables: then one factorisation serves every element of the sum. */
export function sameOutputs(columns: readonly Columns[], size: number): boolean {
  return columns.every(({ table }) => table.outIndex.length === size && table.outIndex.every((e, o) => e === o));
}

/** Lower triangle of the co-occurrence of table rows over calibration rows (n × n), plus `pull` on the diagonal. */
export function coOccurrence(columns: readonly Columns[], n: number, pull: number): Float64Array {
  const a = new Float64Array(n * n);
  for (const c of columns)
    for (const d of columns) {
      if (d.offset > c.offset) continue;
      const [x, y] = [c.table.index, d.table.index];
      for (let r = 0; r < x.length; r++)
        if (x[r] !== c.absent && y[r] !== d.absent) a[(c.offset + x[r]) * n + d.offset + y[r]]++;
    }
  for (let i = 0; i < n; i++) a[i * n + i] += pull;
  return a;
}

/** Adds a rows × size matrix into the table rows that each calibration row reads: the design matrix transposed, times it. */
export function project(
  into: Float64Array,
  size: number,
  { table, offset, absent }: Columns,
  from: Float64Array,
): void {
  const { index } = table;
  for (let r = 0; r < index.length; r++) {
    if (index[r] === absent) continue;
    const at = (offset + index[r]) * size;
    for (let o = 0; o < size; o++) into[at + o] += from[r * size + o];
  }
}
