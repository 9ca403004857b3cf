/** Trees that several Maps of a window have in common: what one packet is kept as. */
import { partsOf } from '../primitives/index.ts';
import { codebooks, countOf } from './codebooks.ts';
import { type GrowData, type GrownTree, growTree } from './grow.ts';
import { bitsOf, type TreePlace } from './packet-trees.ts';
import { gather, STACK_LIMIT, type Work } from './work.ts';

/** A tree by the chosen strategy: `published` looks at the inputs alone. */
function grow({ options }: Work, data: GrowData, leaves: number): GrownTree {
  const seen = options.strategy === 'published' ? { ...data, outs: data.dim, y: data.x } : data;
  return growTree(seen, { leaves, order: options.growth });
}

/** The tree of several Maps at their packets: each place brings its own rows and what its own function makes of them. */
export function packetTree(work: Work, places: readonly TreePlace[]): GrownTree {
  const known = work.packetTrees.get(places);
  if (known !== undefined) return known;
  const columns = partsOf(places[0].map)[places[0].part];
  const dim = columns.length;
  if (work.options.strategy !== 'published' && countOf(work, places) > 0) {
    for (const { places: own, tree } of codebooks(work)) work.packetTrees.set(own, tree);
    return work.packetTrees.get(places)!;
  }
  const step = Math.max(1, Math.ceil((work.rows * places.length) / STACK_LIMIT));
  const outs = Math.max(...places.map(({ map }) => map.outIndex.length));
  const perPlace = Math.ceil(work.rows / step);
  const rows = perPlace * places.length;
  const x = new Float64Array(rows * dim);
  const y = new Float64Array(rows * outs);
  places.forEach(({ map, part }, p) => {
    const all = gather(work, map);
    const n = map.inputs.length;
    const thin = new Float64Array(perPlace * n);
    for (let i = 0; i < perPlace; i++) thin.set(all.subarray(i * step * n, (i * step + 1) * n), i * n);
    const own = map.apply(thin, perPlace);
    const width = map.outIndex.length;
    for (let i = 0; i < perPlace; i++) {
      const r = p * perPlace + i;
      partsOf(map)[part].forEach((c, k) => {
        x[r * dim + k] = thin[i * n + c];
      });
      y.set(own.subarray(i * width, (i + 1) * width), r * outs);
    }
  });
  const tree = grow(work, { rows, dim, x, outs, y }, 2 ** bitsOf(work.packets, places));
  work.packetTrees.set(places, tree);
  return tree;
}
