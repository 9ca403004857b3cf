/** Trees of a group of maps, grown on what the maps before it really yield. */
import { partsOf } from '../primitives/index.ts';
import { withinEntries } from './entries.ts';
import { type GrownTree, growTree } from './grow.ts';
import { initialTable } from './leafvalues.ts';
import { packetTree } from './packet-growth.ts';
import { bitsOf } from './packet-trees.ts';
import { columnsOf, stack, type TreeGroup, type Work } from './work.ts';

/** What a group's tree should keep alike: the outputs of its function(s), side by side. */
function outputsOf(group: TreeGroup, x: Float64Array, rows: number): { y: Float64Array; outs: number } {
  const functions = group.oneTable ? group.maps.slice(0, 1) : group.maps;
  const parts = functions.map((map) => map.apply(x, rows));
  const widths = parts.map((part) => part.length / rows);
  const outs = widths.reduce((a, b) => a + b, 0);
  if (parts.length === 1) return { y: parts[0], outs };
  const y = new Float64Array(rows * outs);
  let column = 0;
  parts.forEach((part, i) => {
    for (let r = 0; r < rows; r++) y.set(part.subarray(r * widths[i], (r + 1) * widths[i]), r * outs + column);
    column += widths[i];
  });
  return { y, outs };
}

/** Grows one tree over some columns of the group's inputs; `y` is what the group computes. */
function growOne(
  work: Work,
  group: TreeGroup,
  columns: readonly number[],
  leaves: number,
  data: { readonly x: Float64Array; readonly rows: number; readonly y: Float64Array; readonly outs: number },
): GrownTree {
  const { strategy, growth: order, entries } = work.options;
  const { rows } = data;
  const whole = group.maps[0].inputs.length;
  const x = columns.length === whole ? data.x : columnsOf(data.x, whole, columns, rows);
  const alike = strategy === 'published' ? { outs: columns.length, y: x } : { outs: data.outs, y: data.y };
  const admits = Number.isFinite(entries) ? { admits: withinEntries(work, group, columns) } : {};
  return growTree({ rows, dim: columns.length, x, ...alike }, { leaves, order, ...admits });
}

/** Trees and first tables of the maps of a group. */
export function growGroup(work: Work, group: TreeGroup): void {
  const map = group.maps[0];
  const { x, rows } = stack(work, group);
  const data = { x, rows, ...outputsOf(group, x, rows) };
  const trees = partsOf(map).map((columns, part) => {
    const places = work.packets.of.get(`${map.id}/${part}`);
    if (places?.some((place) => partsOf(place.map).length > 1 || place.map.output !== map.output))
      return packetTree(work, places);
    return growOne(work, group, columns, places ? 2 ** bitsOf(work.packets, places) : work.options.leaves, data);
  });
  // One function: what it computes is known already.
  const known = group.oneTable || group.maps.length === 1 ? data.y : undefined;
  const table = group.oneTable ? initialTable(work, map, trees, x, rows, known) : undefined;
  for (const one of group.maps) {
    work.trees.set(one.id, trees);
    work.luts.set(one.id, table ?? initialTable(work, one, trees, x, rows, known));
  }
}
