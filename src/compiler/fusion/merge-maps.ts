/** Joins Maps into one: the building block of the fusion passes. */
import type { ElementRef, GroupFunction, MapNode, Sharing } from '../primitives/index.ts';

function sameRef(a: ElementRef, b: ElementRef): boolean {
  return a.value === b.value && a.index === b.index;
}

/** All inputs of the Maps once, by value and element. */
export function unionInputs(maps: readonly MapNode[]): ElementRef[] {
  const seen = new Map<string, ElementRef>();
  for (const map of maps) for (const ref of map.inputs) seen.set(`${ref.value}:${ref.index}`, ref);
  return [...seen.values()].sort((p, q) => p.value - q.value || p.index - q.index);
}

/** Rows × inputs → rows × the chosen columns. */
export function pick(x: Float64Array, rows: number, inputs: number, columns: readonly number[]): Float64Array {
  if (columns.length === inputs && columns.every((c, i) => c === i)) return x;
  const out = new Float64Array(rows * columns.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns.length; c++) out[r * columns.length + c] = x[r * inputs + columns[c]];
  }
  return out;
}

interface Piece {
  readonly map: MapNode;
  /** Columns of the joined group that the piece reads. */
  readonly columns: readonly number[];
  /** Outputs of the joined function that the piece adds to. */
  readonly rows: readonly number[];
}

function sumFunction(pieces: readonly Piece[], inputs: number, outputs: number): GroupFunction {
  return (x, rows) => {
    const out = new Float64Array(rows * outputs);
    for (const { map, columns, rows: targets } of pieces) {
      const y = map.apply(pick(x, rows, inputs, columns), rows);
      for (let r = 0; r < rows; r++) {
        for (let o = 0; o < targets.length; o++) out[r * outputs + targets[o]] += y[r * targets.length + o];
      }
    }
    return out;
  };
}

function sumWeights(pieces: readonly Piece[], inputs: number, outputs: number): Float64Array | undefined {
  const weights = new Float64Array(outputs * inputs);
  for (const { map, columns, rows } of pieces) {
    if (!map.linear) return undefined;
    rows.forEach((o, i) => {
      columns.forEach((c, j) => {
        weights[o * inputs + c] += map.linear![i * columns.length + j];
      });
    });
  }
  return weights;
}

function joinSharing(parts: readonly (Sharing | undefined)[]): Sharing | undefined {
  const first = parts[0];
  if (!first || parts.some((p) => p?.position !== first.position)) return undefined;
  return { key: parts.map((p) => p!.key).join('+'), position: first.position };
}

/**
 * One Map over the union of the groups, adding what all of them add. The Maps must have one output value.
 * `id` and `name` are the first Map's.
 */
export function mergeMaps(maps: readonly MapNode[]): MapNode {
  if (maps.length === 1) return maps[0];
  const first = maps[0];
  const inputs = unionInputs(maps);
  const outIndex = Int32Array.from(new Set(maps.flatMap((m) => [...m.outIndex]))).sort();
  const place = new Map([...outIndex].map((index, o) => [index, o]));
  const pieces = maps.map((map) => ({
    map,
    columns: map.inputs.map((ref) => inputs.findIndex((other) => sameRef(ref, other))),
    rows: [...map.outIndex].map((index) => place.get(index)!),
  }));
  const linear = sumWeights(pieces, inputs.length, outIndex.length);
  const shared = joinSharing(maps.map((m) => m.shared));
  const indexShared = joinSharing(maps.map((m) => m.indexShared));
  return {
    id: first.id,
    name: first.name,
    inputs,
    output: first.output,
    outIndex,
    apply: sumFunction(pieces, inputs.length, outIndex.length),
    ...(linear ? { linear } : {}),
    ...(shared ? { shared } : {}),
    ...(indexShared ? { indexShared } : {}),
    nodes: [...new Set(maps.flatMap((m) => m.nodes))],
  };
}
