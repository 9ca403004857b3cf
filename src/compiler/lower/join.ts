/**
 * Index joining (Pegasus §4.3): several small fuzzy indices become one exact key. Instead of one wide ternary table a tree, each tree
 * writes its leaf number, and one exact table reads k of them: k times fewer additions, and the inputs are dead sooner.
 */
import type { IndexMap, NetMap, TableNetwork, TreeMap } from './network.ts';
import { tableRows } from './network.ts';

/** Most entries of a joined table (three 4-bit indices). */
export const JOIN_LIMIT = 4096;

/** A map of one tree, or of one fuzzy index: what joining starts from. */
export type SingleMap = TreeMap | IndexMap;

export function isSingle(map: NetMap): map is SingleMap {
  return (map.kind === 'tree' && map.trees.length === 1) || (map.kind === 'index' && map.inputs.length === 1);
}

/** The sum of several maps of one kind as one: combined index, first map most significant. Elements that a map leaves alone get 0. */
export function joinMaps(maps: readonly SingleMap[]): SingleMap {
  const outIndex = Int32Array.from(new Set(maps.flatMap((m) => [...m.outIndex]))).sort();
  const place = new Map([...outIndex].map((e, o) => [e, o]));
  const columns = maps.map((m) => Int32Array.from(m.outIndex, (e) => place.get(e)!));
  const n = outIndex.length;
  const rows = maps.map(tableRows);
  const count = rows.reduce((product, r) => product * r, 1);
  const lut = maps[0].lut instanceof Int32Array ? new Int32Array(count * n) : new Float64Array(count * n);
  for (let i = 0; i < count; i++) {
    let rest = i;
    for (let m = maps.length - 1; m >= 0; m--) {
      const width = columns[m].length;
      const row = (rest % rows[m]) * width;
      rest = Math.floor(rest / rows[m]);
      for (let o = 0; o < width; o++) lut[i * n + columns[m][o]] += maps[m].lut[row + o];
    }
  }
  const common = {
    name: `${maps[0].name}_to_${maps[maps.length - 1].name.replace(/^.*[./]/, '')}`,
    output: maps[0].output,
    outIndex,
    lut,
    note: maps.map((m) => m.note ?? m.name).join(' + '),
  };
  if (maps[0].kind === 'tree')
    return { kind: 'tree', ...common, trees: maps.flatMap((m) => (m.kind === 'tree' ? m.trees : [])) };
  return {
    kind: 'index',
    ...common,
    inputs: maps.flatMap((m) => (m.kind === 'index' ? m.inputs : [])),
    radix: maps.flatMap((m) => (m.kind === 'index' ? m.radix : [])),
  };
}

function joinable(map: NetMap, first: SingleMap): map is SingleMap {
  return isSingle(map) && map.kind === first.kind;
}

/** The network with the single maps of one value joined in groups of up to `k`, below the entry limit. */
export function joinIndices(network: TableNetwork, value: number, k: number): TableNetwork {
  const mine = network.maps.filter((m) => m.output === value);
  const first = mine.find(isSingle);
  if (k < 2 || first === undefined) return network;
  const out: TableNetwork['maps'][number][] = [];
  let group: SingleMap[] = [];
  const flush = (): void => {
    if (group.length > 0) out.push(group.length === 1 ? group[0] : joinMaps(group));
    group = [];
  };
  for (const map of mine) {
    if (!joinable(map, first)) {
      out.push(map);
      continue;
    }
    const size = group.reduce((product, m) => product * tableRows(m), tableRows(map));
    if (group.length === k || size > JOIN_LIMIT) flush();
    group.push(map);
  }
  flush();
  const at = network.maps.findIndex((m) => m.output === value);
  const others = network.maps.filter((m) => m.output !== value);
  const before = network.maps.slice(0, at).filter((m) => m.output !== value).length;
  return { ...network, maps: [...others.slice(0, before), ...out, ...others.slice(before)] };
}
