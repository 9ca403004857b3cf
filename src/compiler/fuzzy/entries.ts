/** What a tree costs in TCAM entries: the cover of its leaves over the integers that its inputs take on the switch. */
import { quantise } from '../fixedpoint/index.ts';
import { type Bounds, inputRanges, networkBounds, type Range } from '../lower/bounds.ts';
import { coverTrees, type TableNetwork, type Tree } from '../lower/index.ts';
import { bitsFor } from '../ternary/index.ts';
import type { GrownTree } from './grow.ts';
import { networkOf } from './network.ts';
import type { TreeGroup, Work } from './work.ts';

/** Entries of the cover of one integer tree, every leaf told from every other. */
export function treeEntries(tree: Tree, bounds: Bounds): number {
  const range = (ref: Tree['inputs'][number]): Range => bounds[ref.value][ref.index];
  const source = {
    range,
    key: (ref: Tree['inputs'][number]) => ({ ...bitsFor(range(ref).min, range(ref).max), ...range(ref) }),
  };
  return coverTrees(source, [tree], (leaf) => [leaf]).entries.length;
}

/** Most entries that the tree of any map needs. */
export function mostEntries(network: TableNetwork, inputs: readonly Range[]): number {
  const bounds = networkBounds(network, inputs);
  return network.maps.reduce(
    (most, map) => (map.kind === 'tree' ? Math.max(most, ...map.trees.map((tree) => treeEntries(tree, bounds))) : most),
    0,
  );
}

/** Range of a value's element in the float model: for values whose tables are not there yet. */
function floatRange(column: Float64Array, size: number, index: number): Range {
  let [min, max] = [0, 0];
  for (let i = index; i < column.length; i += size) {
    min = Math.min(min, column[i]);
    max = Math.max(max, column[i]);
  }
  return { min, max };
}

/**
 * Says whether a tree over some inputs of a group keeps to the entry budget, in the fixed point that the tables made so far lead to.
 * Values whose tables are still to come (recurrent families) are taken at the float model's ranges.
 */
export function withinEntries(work: Work, group: TreeGroup, columns: readonly number[]): (tree: GrownTree) => boolean {
  const { graph, options } = work;
  const done = graph.maps.filter((m) => work.actual[m.output] !== undefined);
  const float = networkOf(work, done, { kind: 'score', value: 0, divide: 1 }, []);
  const ranges = inputRanges(float);
  const { network, formats } = quantise(float, { width: options.width, inputs: ranges });
  const bounds = networkBounds(network, ranges);
  const inputs = columns.map((c) => group.maps[0].inputs[c]);
  const of = inputs.map(({ value, index }) => {
    if (work.actual[value] !== undefined) return { scale: formats[value][index], range: bounds[value][index] };
    const { min, max } = floatRange(work.float[value], graph.values[value].size, index);
    const scale = (2 ** (options.width - 1) - 1) / Math.max(-min, max, 1e-9);
    return { scale, range: { min: Math.floor(min * scale), max: Math.ceil(max * scale) } };
  });
  const local = [of.map(({ range }) => range)];
  const refs = inputs.map((_, index) => ({ value: 0, index }));
  return (tree) => {
    const threshold = tree.threshold.map((t, n) => Math.floor(t * of[tree.coord[n]].scale));
    return treeEntries({ ...tree, threshold, inputs: refs }, local) <= options.entries;
  };
}
