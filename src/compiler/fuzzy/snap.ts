/**
 * Threshold snapping on an integer network: within the gap that the calibration rows leave around a threshold every place separates
 * them alike, so it moves to a boundary that prefixes reach with fewer entries. Half of the gap stays free on the sides: values that
 * no calibration row showed keep falling where their neighbours fall. The rows' sums, and so their verdicts, stay what they are.
 */
import { networkBounds, type Range } from '../lower/bounds.ts';
import { evaluateNetwork, type NetMap, type TableNetwork, type Tree } from '../lower/index.ts';
import { snapThreshold } from '../ternary/index.ts';
import { treeEntries } from './entries.ts';

export interface SnapResult {
  readonly network: TableNetwork;
  /** Thresholds moved, and entries of all trees' covers before and after. */
  readonly moved: number;
  readonly before: number;
  readonly after: number;
}

/** Share of a gap that stays free on either side. */
const MARGIN = 0.25;

interface Gaps {
  /** Largest value that went left, and smallest that went right, by node. */
  readonly left: Float64Array;
  readonly right: Float64Array;
}

type Values = ReturnType<typeof evaluateNetwork>['values'];

/** Widens by what the rows do at each node of a tree. */
function look(gaps: Gaps, tree: Tree, values: Values, network: TableNetwork, rows: number): void {
  const from = tree.inputs.map((ref) => values[ref.value]);
  const size = tree.inputs.map((ref) => network.values[ref.value].size);
  for (let r = 0; r < rows; r++)
    for (let node = tree.coord.length > 0 ? 0 : -1; node >= 0; ) {
      const c = tree.coord[node];
      const x = from[c][r * size[c] + tree.inputs[c].index];
      if (x <= tree.threshold[node]) {
        gaps.left[node] = Math.max(gaps.left[node], x);
        node = tree.left[node];
      } else {
        gaps.right[node] = Math.min(gaps.right[node], x);
        node = tree.right[node];
      }
    }
}

/** Thresholds in the middle of their gaps, at the boundaries that lie highest in the binary trie. */
function snapped(tree: Tree, { left, right }: Gaps): Tree {
  const threshold = tree.threshold.map((t, n) => {
    if (!Number.isFinite(left[n]) || !Number.isFinite(right[n])) return t;
    const free = Math.floor((right[n] - 1 - left[n]) * MARGIN);
    const [low, high] = [left[n] + free, right[n] - 1 - free];
    return low > high ? t : snapThreshold(low, high);
  });
  return { ...tree, threshold };
}

/** Maps whose trees are one and the same: those that share a table, or the tree alone. */
function sharing(network: TableNetwork): number[][] {
  const groups = new Map<string, number[]>();
  network.maps.forEach((map, m) => {
    if (map.kind !== 'tree') return;
    const key = map.shared === undefined ? `m${m}` : `s${map.shared.key}`;
    groups.set(key, [...(groups.get(key) ?? []), m]);
  });
  return [...groups.values()];
}

/** Snaps the thresholds of an integer network; `inputs` are the ranges of value 0. Trees that would need no fewer entries stay. */
export function snapThresholds(
  network: TableNetwork,
  rows: { readonly rows: number; readonly values: ArrayLike<number> },
  inputs: readonly Range[],
): SnapResult {
  const { values } = evaluateNetwork(network, rows.values, rows.rows);
  const bounds = networkBounds(network, inputs);
  const maps: NetMap[] = [...network.maps];
  let [moved, before, after] = [0, 0, 0];
  for (const group of sharing(network)) {
    const trees = (m: number): readonly Tree[] => {
      const map = maps[m];
      return map.kind === 'tree' ? map.trees : [];
    };
    trees(group[0]).forEach((tree, t) => {
      const gaps: Gaps = {
        left: new Float64Array(tree.coord.length).fill(Number.NEGATIVE_INFINITY),
        right: new Float64Array(tree.coord.length).fill(Number.POSITIVE_INFINITY),
      };
      for (const m of group) look(gaps, trees(m)[t], values, network, rows.rows);
      const better = snapped(tree, gaps);
      const [was, is] = [treeEntries(tree, bounds), treeEntries(better, bounds)];
      before += was;
      after += Math.min(was, is);
      if (is >= was) return;
      moved += better.threshold.filter((x, n) => x !== tree.threshold[n]).length;
      for (const m of group) {
        const map = maps[m];
        if (map.kind !== 'tree') continue;
        const changed = map.trees.map((one, i) => (i === t ? { ...one, threshold: better.threshold } : one));
        maps[m] = { ...map, trees: changed };
      }
    });
  }
  return { network: { ...network, maps }, moved, before, after };
}
