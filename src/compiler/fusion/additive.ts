/**
 * Additive architectures (Pegasus §4.4, advanced fusion; CNN-M, CNN-L, AutoEncoder): where the network behind a value falls apart into
 * functions of small separate groups, each group's whole sub-network becomes one Map, looked up by the joined leaf numbers of several
 * small trees, and one SumReduce adds them.
 *
 * Precondition, checked: the value is inner, each of its readers depends (through the value) on a group of at most `maxGroup` elements
 * none of which is an embedding index, and there are at least two different groups.
 */
import type { MapGraph, Value } from '../primitives/index.ts';
import { applyCompositions, type Composition, compositionOf } from './compose-maps.ts';
import { isInner, type Links, linksOf } from './surgery.ts';

export interface AdditiveOptions {
  /** Largest group; default 6. */
  readonly maxGroup?: number;
  /** Elements per clustering tree; default 2. */
  readonly tree?: number;
}

function applicable(graph: MapGraph, value: Value, links: Links, maxGroup: number): Composition[] | undefined {
  if (!isInner(graph, value) || links.readers[value.id].length === 0) return undefined;
  const all = links.readers[value.id].map((reader) => compositionOf(value, reader, links));
  const small = all.every(
    (c) => c.inputs.length <= maxGroup && (c.inputs.length === 1 || c.before.every((map) => !map.exact)),
  );
  const groups = new Set(all.map((c) => c.inputs.map((ref) => `${ref.value}:${ref.index}`).join()));
  return small && groups.size > 1 && !overlap(all) ? all : undefined;
}

/** Groups that share some but not all elements would be looked up again and again: such a network is not additive. */
function overlap(all: readonly Composition[]): boolean {
  const owner = new Map<string, string>();
  for (const c of all) {
    const keys = c.inputs.map((ref) => `${ref.value}:${ref.index}`);
    for (const key of keys) {
      if (owner.has(key) && owner.get(key) !== keys.join()) return true;
      owner.set(key, keys.join());
    }
  }
  return false;
}

/** Turn additive sub-networks into one Map per group. */
export function fuseAdditive(graph: MapGraph, options: AdditiveOptions = {}): MapGraph {
  let current = graph;
  for (;;) {
    const links = linksOf(current);
    let changed = false;
    for (const value of current.values) {
      const all = applicable(current, value, links, options.maxGroup ?? 6);
      if (!all) continue;
      current = applyCompositions(current, value, all, options.tree ?? 2);
      changed = true;
      break;
    }
    if (!changed) return current;
  }
}
