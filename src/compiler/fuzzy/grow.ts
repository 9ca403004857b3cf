/**
 * Clustering trees. `published`: complete, splits minimising the squared error of the inputs (ALGORITHM.md §4.1). Output-aware:
 * splits minimise the squared error of what the Map computes, and leaves are split best-first under a budget (COMPILER.md).
 */

/** A tree over columns 0..dim−1 of its group; children c ≥ 0 are nodes, c < 0 the leaf ~c. */
export interface GrownTree {
  readonly coord: Uint16Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly leaves: number;
  /** Point that stands for each leaf (leaves × columns), where the mean of its rows would not lie in it. */
  readonly prototype?: Float64Array;
}

export interface GrowData {
  readonly rows: number;
  readonly dim: number;
  /** rows × dim. */
  readonly x: Float64Array;
  readonly outs: number;
  /** rows × outs: what should be alike within a leaf. */
  readonly y: Float64Array;
}

export interface GrowOptions {
  readonly leaves: number;
  /** `complete`: every level is split whole, as published; `best-first`: the split that gains most comes next. */
  readonly order: 'complete' | 'best-first';
  /** Fewest rows in a leaf (default 1). */
  readonly minRows?: number;
  /** May a tree be so? A split that makes it otherwise is not done, and the next best is tried. Default: any tree may. */
  readonly admits?: (tree: GrownTree) => boolean;
}

/** Distinct values of a column, or at most `limit` quantile bins: bin numbers by row, and the values each bin spans. */
interface Bins {
  readonly of: Uint16Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const MAX_BINS = 1024;

function binsOf(data: GrowData, c: number): Bins {
  const sorted = new Float64Array(data.rows);
  for (let r = 0; r < data.rows; r++) sorted[r] = data.x[r * data.dim + c];
  sorted.sort();
  const low: number[] = [];
  const high: number[] = [];
  const share = data.rows / MAX_BINS;
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++;
  let filled = 0;
  for (let i = 0; i < sorted.length; i++) {
    const fresh = i === 0 || sorted[i] !== sorted[i - 1];
    if (fresh && (low.length === 0 || distinct <= MAX_BINS || i >= filled + share)) {
      low.push(sorted[i]);
      high.push(sorted[i]);
      filled = i;
    } else high[high.length - 1] = sorted[i];
  }
  const of = new Uint16Array(data.rows);
  for (let r = 0; r < data.rows; r++) {
    const v = data.x[r * data.dim + c];
    let [a, b] = [0, high.length - 1];
    while (a < b) {
      const m = (a + b) >> 1;
      if (high[m] < v) a = m + 1;
      else b = m;
    }
    of[r] = a;
  }
  return { of, low: Float64Array.from(low), high: Float64Array.from(high) };
}

interface Split {
  readonly gain: number;
  readonly coord: number;
  readonly threshold: number;
  /** Bins up to this one go left. */
  readonly bin: number;
}

/** Best split of a bucket over all coordinates: largest drop of the summed squared error. */
function bestSplit(data: GrowData, bins: readonly Bins[], bucket: Int32Array, minRows: number): Split | undefined {
  const { outs, y } = data;
  let best: Split | undefined;
  const total = new Float64Array(outs);
  for (const r of bucket) for (let o = 0; o < outs; o++) total[o] += y[r * outs + o];
  let base = 0;
  for (let o = 0; o < outs; o++) base += total[o] ** 2 / bucket.length;
  const left = new Float64Array(outs);
  for (let c = 0; c < data.dim; c++) {
    const { of, low, high } = bins[c];
    const count = new Float64Array(low.length);
    const sums = new Float64Array(low.length * outs);
    for (const r of bucket) {
      const b = of[r];
      count[b]++;
      for (let o = 0; o < outs; o++) sums[b * outs + o] += y[r * outs + o];
    }
    left.fill(0);
    let n = 0;
    for (let b = 0; b < low.length && n < bucket.length; b++) {
      if (count[b] === 0) continue;
      n += count[b];
      for (let o = 0; o < outs; o++) left[o] += sums[b * outs + o];
      const rest = bucket.length - n;
      if (n < minRows || rest < Math.max(1, minRows)) continue;
      let gain = -base;
      for (let o = 0; o < outs; o++) gain += left[o] ** 2 / n + (total[o] - left[o]) ** 2 / rest;
      if (best === undefined || gain > best.gain) {
        let next = b + 1;
        while (count[next] === 0) next++;
        best = { gain, coord: c, threshold: (high[b] + low[next]) / 2, bin: b };
      }
    }
  }
  return best !== undefined && best.gain > 1e-12 ? best : undefined;
}

interface Open {
  readonly bucket: Int32Array;
  readonly depth: number;
  /** Best split; undefined: none, or one that the tree may not have. */
  split: Split | undefined;
  node: number;
}

interface Node {
  readonly split: Split;
  readonly left: Open;
  readonly right: Open;
}

function treeSoFar(nodes: readonly Node[], leaves: readonly Open[]): GrownTree {
  const child = (of: Open): number => (of.node >= 0 ? of.node : ~leaves.indexOf(of));
  return {
    coord: Uint16Array.from(nodes, (n) => n.split.coord),
    threshold: Float64Array.from(nodes, (n) => n.split.threshold),
    left: Int32Array.from(nodes, (n) => child(n.left)),
    right: Int32Array.from(nodes, (n) => child(n.right)),
    leaves: leaves.length,
  };
}

/** Position of the leaf that is split next; −1: none. */
function nextLeaf(leaves: readonly Open[], { order, leaves: budget }: GrowOptions): number {
  const depthLimit = order === 'complete' ? Math.ceil(Math.log2(budget)) : 64;
  let pick = -1;
  leaves.forEach((leaf, i) => {
    if (leaf.split === undefined || leaf.depth >= depthLimit) return;
    const best = leaves[pick];
    if (best === undefined || (order === 'complete' ? leaf.depth < best.depth : leaf.split.gain > best.split!.gain))
      pick = i;
  });
  return pick;
}

/** Grows a tree on the rows. Deterministic; a bucket that cannot be split stays a leaf. */
export function growTree(data: GrowData, options: GrowOptions): GrownTree {
  const bins = Array.from({ length: data.dim }, (_, c) => binsOf(data, c));
  const minRows = options.minRows ?? 1;
  const open = (bucket: Int32Array, depth: number): Open => ({
    bucket,
    depth,
    split: bestSplit(data, bins, bucket, minRows),
    node: -1,
  });
  const leaves: Open[] = [
    open(
      Int32Array.from({ length: data.rows }, (_, i) => i),
      0,
    ),
  ];
  const nodes: Node[] = [];
  while (leaves.length < options.leaves) {
    const pick = nextLeaf(leaves, options);
    if (pick < 0) break;
    const self = leaves[pick];
    const split = self.split!;
    const { of } = bins[split.coord];
    const side = (right: boolean): Open =>
      open(
        self.bucket.filter((r) => of[r] > split.bin === right),
        self.depth + 1,
      );
    self.node = nodes.length;
    nodes.push({ split, left: side(false), right: side(true) });
    leaves.splice(pick, 1, nodes[self.node].left, nodes[self.node].right);
    if (options.admits === undefined || options.admits(treeSoFar(nodes, leaves))) continue;
    nodes.pop();
    leaves.splice(pick, 2, self);
    self.node = -1;
    self.split = undefined;
  }
  return treeSoFar(nodes, leaves);
}

/** Leaf of every row. */
export function grownLeaves(tree: GrownTree, x: Float64Array, dim: number, rows: number): Int32Array {
  const leaves = new Int32Array(rows);
  if (tree.coord.length === 0) return leaves;
  for (let r = 0; r < rows; r++) {
    let node = 0;
    while (node >= 0) node = x[r * dim + tree.coord[node]] <= tree.threshold[node] ? tree.left[node] : tree.right[node];
    leaves[r] = ~node;
  }
  return leaves;
}
