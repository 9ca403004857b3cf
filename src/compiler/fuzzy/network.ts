/** What has been worked through so far as a table network. */
import type { NetMap, TableNetwork, Tree, TreeMap } from '../lower/network.ts';
import { type MapNode, partsOf } from '../primitives/index.ts';
import type { GrownTree } from './grow.ts';
import type { Work } from './work.ts';

function treeOf(map: MapNode, grown: GrownTree, columns: readonly number[]): Tree {
  return { inputs: columns.map((c) => map.inputs[c]), ...grown };
}

function netMap(work: Work, map: MapNode): NetMap {
  if (map.absolute !== undefined)
    return {
      kind: 'absdiff',
      name: map.name,
      a: map.inputs,
      b: [],
      weight: map.absolute.weight,
      output: map.output,
    };
  const common = {
    name: map.name,
    output: map.output,
    outIndex: map.outIndex,
    lut: work.luts.get(map.id)!,
    note: map.nodes.join(', '),
  };
  const shared = map.shared ?? map.indexShared;
  const sharing = shared === undefined ? {} : { shared };
  if (map.exact !== undefined && map.inputs.length === 1)
    return { kind: 'exact', ...common, input: map.inputs[0], rows: map.exact[0], ...sharing };
  const trees = work.trees.get(map.id)!.map((tree, t) => treeOf(map, tree, partsOf(map)[t]));
  const made: TreeMap = { kind: 'tree', ...common, trees, ...sharing };
  return made;
}

/** The network of some maps whose trees and tables are there. */
export function networkOf(
  work: Work,
  maps: readonly MapNode[],
  answer: TableNetwork['verdict'],
  classes: readonly string[],
): TableNetwork {
  const { graph, features } = work;
  return {
    name: 'model',
    classes,
    window: graph.window,
    features,
    values: graph.values.map((v) => ({
      name: v.name,
      size: v.size,
      ...(v.bias === undefined ? {} : { bias: v.bias }),
    })),
    maps: maps.map((map) => netMap(work, map)),
    verdict: { ...answer, value: graph.output },
  };
}
