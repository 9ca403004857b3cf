/** Trees that several Maps of a window have in common: what one packet is kept as. */
import { partsOf } from '../primitives/index.ts';
import { type CodePoints, codesOf, codeTree } from './codebook.ts';
import { type GrowData, type GrownTree, growTree } from './grow.ts';
import type { TreePlace } from './packet-trees.ts';
import { gather, STACK_LIMIT, type Work } from './work.ts';

/** A tree by the chosen strategy: `published` looks at the inputs alone. */
function grow({ options }: Work, data: GrowData, leaves: number): GrownTree {
  const seen = options.strategy === 'published' ? { ...data, outs: data.dim, y: data.x } : data;
  return growTree(seen, { leaves, order: options.growth });
}

/** Largest feature value that codebooks go through one by one. */
const MOST_CODED = 8192;
/** Settings of a packet's other features under which the function of one is looked at. */
const SETTINGS = 4;
/** Weight of a value that no calibration row has, against 1 for one row. */
const UNSEEN = 0.05;

/** What the values 0 … count−1 of a feature do in the Maps that look at it, at a few rows' settings of their other inputs. */
function codePoints(work: Work, places: readonly TreePlace[], count: number): CodePoints {
  const weight = new Float64Array(count).fill(UNSEEN);
  const parts = new Map<string, Float64Array>();
  for (const { map, part } of places) {
    const [column] = partsOf(map)[part];
    const n = map.inputs.length;
    const all = gather(work, map);
    for (let r = 0; r < work.rows; r++) weight[Math.min(count - 1, all[r * n + column])]++;
    const settings = n === 1 ? 1 : SETTINGS;
    for (let k = 0; k < settings; k++) {
      const row = Math.floor(((k + 0.5) * work.rows) / settings) * n;
      const x = new Float64Array(count * n);
      for (let v = 0; v < count; v++) {
        x.set(all.subarray(row, row + n), v * n);
        x[v * n + column] = v;
      }
      const y = centred(map.apply(x, count), count);
      // Equal functions, and settings that only shift: once is enough.
      parts.set(Array.from(y.subarray(0, 64), (v) => v.toFixed(9)).join(), y);
    }
  }
  const all = [...parts.values()];
  const dim = all.reduce((sum, y) => sum + y.length / count, 0);
  const y = new Float64Array(count * dim);
  let column = 0;
  for (const part of all) {
    const width = part.length / count;
    for (let v = 0; v < count; v++) y.set(part.subarray(v * width, (v + 1) * width), v * dim + column);
    column += width;
  }
  return { count, dim, y, weight };
}

/** Columns without their means. */
function centred(y: Float64Array, rows: number): Float64Array {
  const n = y.length / rows;
  for (let c = 0; c < n; c++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += y[r * n + c];
    for (let r = 0; r < rows; r++) y[r * n + c] -= sum / rows;
  }
  return y;
}

/** The tree of several Maps at their packets: each place brings its own rows and what its own function makes of them. */
export function packetTree(work: Work, places: readonly TreePlace[]): GrownTree {
  const known = work.packetTrees.get(places);
  if (known !== undefined) return known;
  const columns = partsOf(places[0].map)[places[0].part];
  const dim = columns.length;
  const { value, index } = places[0].map.inputs[columns[0]];
  const input = work.features[index % work.features.length];
  const domain = input.clamp ?? 2 ** input.bits - 1;
  if (dim === 1 && value === 0 && domain < MOST_CODED && work.options.strategy !== 'published') {
    const tree = codeTree(codesOf(codePoints(work, places, domain + 1), work.packets.leaves));
    work.packetTrees.set(places, tree);
    return tree;
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
  const tree = grow(work, { rows, dim, x, outs, y }, work.packets.leaves);
  work.packetTrees.set(places, tree);
  return tree;
}
