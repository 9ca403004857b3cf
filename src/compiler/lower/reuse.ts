/**
 * Accumulators used again: when a value has been read for the last time, a later value of the same shape takes over its fields (the steps
 * of a recurrent model alternate between two sets). Besides containers this decides when tables run: a table that sets such a field
 * cannot be placed before the last reader, so contributions that are known early do not occupy containers from the first stage on.
 */
import { mapInputs, type NetMap, type TableNetwork } from './network.ts';

/** Adds biases to the rows of a table that writes the element anyway, instead of a table that sets constants. */
export function foldBiases(network: TableNetwork): TableNetwork {
  const maps = [...network.maps];
  const values = network.values.map((value, v) => {
    if (value.bias === undefined) return value;
    const bias = Array.from(value.bias);
    maps.forEach((map, m) => {
      if (map.output !== v || map.kind === 'absdiff' || map.kind === 'leaf') return;
      const gains = Array.from(map.outIndex, (e) => bias[e]);
      if (gains.every((gain) => gain === 0)) return;
      maps[m] = { ...map, lut: map.lut.map((x, i) => x + gains[i % gains.length]) } as NetMap;
      for (const e of map.outIndex) bias[e] = 0;
    });
    const { bias: _, ...rest } = value;
    return bias.every((b) => b === 0) ? rest : { ...value, bias: Int32Array.from(bias) };
  });
  return { ...network, values, maps };
}

/** Values read in order to make a value, directly. */
function sourcesOf(network: TableNetwork): Set<number>[] {
  const sources = network.values.map(() => new Set<number>());
  for (const map of network.maps) for (const ref of mapInputs(map)) sources[map.output].add(ref.value);
  network.values.forEach((value, v) => {
    for (const { source } of value.kept ?? []) sources[v].add(source.value);
  });
  return sources;
}

/**
 * For every value the earlier one whose fields it takes over, if any: sums of equal shape (`shape`; undefined: not a sum) whose readers
 * the later value depends on, all of them, so that nothing runs later than it must.
 */
export function takeovers(network: TableNetwork, shape: (value: number) => string | undefined): (number | undefined)[] {
  const sources = sourcesOf(network);
  const behind = network.values.map((_, v) => {
    const all = new Set<number>();
    const walk = (at: number): void => {
      for (const u of sources[at]) {
        if (all.has(u)) continue;
        all.add(u);
        walk(u);
      }
    };
    walk(v);
    return all;
  });
  const gone = new Set<number>([0, network.verdict.value]);
  return network.values.map((_, w) => {
    const mine = shape(w);
    if (mine === undefined) return undefined;
    for (let v = 1; v < w; v++) {
      if (gone.has(v) || shape(v) !== mine) continue;
      const readers = network.values.map((_, u) => u).filter((u) => sources[u].has(v));
      const kept = readers.some((u) => network.values[u].kept !== undefined);
      if (kept || readers.length === 0 || !readers.every((u) => u < w && behind[w].has(u))) continue;
      gone.add(v);
      return v;
    }
    return undefined;
  });
}
