/** Labelled rows for fine-tuning: equal rows seen once, a seeded order, and rows mixed from others. */

export interface LabelledRows {
  readonly rows: number;
  /** rows × input size, as the switch sees them. */
  readonly values: Float64Array;
  readonly label: Int16Array;
}

/** Small seeded generator (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled(n: number, next: () => number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Equal rows are walked once: first row of each kind, and how often each class was seen with it. */
export interface Distinct {
  readonly row: Int32Array;
  /** kinds × classes. */
  readonly counts: Float64Array;
}

export function distinctRows(data: LabelledRows, width: number, classes: number): Distinct {
  const kinds = new Map<string, number>();
  const row: number[] = [];
  const of = new Int32Array(data.rows);
  for (let r = 0; r < data.rows; r++) {
    const key = data.values.subarray(r * width, (r + 1) * width).join();
    let kind = kinds.get(key);
    if (kind === undefined) {
      kind = row.push(r) - 1;
      kinds.set(key, kind);
    }
    of[r] = kind;
  }
  const counts = new Float64Array(row.length * classes);
  for (let r = 0; r < data.rows; r++) if (data.label[r] >= 0) counts[of[r] * classes + data.label[r]]++;
  return { row: Int32Array.from(row), counts };
}

/**
 * `count` rows, copies of evenly chosen ones in which every input is taken, with the probability given, from another row. The float
 * model answers them like any row: what it says of values that the data show only in other company holds the tables to it.
 */
export function mixedRows(
  values: Float64Array,
  rows: number,
  width: number,
  share: number,
  seed: number,
  count = rows,
): Float64Array {
  const next = generator(seed);
  const out = new Float64Array(count * width);
  for (let r = 0; r < count; r++) {
    const from = Math.floor((r * rows) / count);
    for (let c = 0; c < width; c++)
      out[r * width + c] = values[(next() < share ? Math.floor(next() * rows) : from) * width + c];
  }
  return out;
}
