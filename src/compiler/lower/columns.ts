/** Columns of a map's table that add anything. */
import type { ExactMap, IndexMap, TreeMap } from './network.ts';

/** Columns of a table that are not zero in every row: the others need no action data. */
export function liveColumns(map: TreeMap | ExactMap | IndexMap): number[] {
  const n = map.outIndex.length;
  const live: number[] = [];
  for (let o = 0; o < n; o++) {
    for (let at = o; at < map.lut.length; at += n) {
      if (map.lut[at] !== 0) {
        live.push(o);
        break;
      }
    }
  }
  return live;
}
