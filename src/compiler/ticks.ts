/** Units of time features: the graph as the switch's ticks see it. Functions are evaluated at the model's value of a tick. */
import { TIME_FEATURES, type TimeScale, tickClamp, unitOfTick } from '../features/index.ts';
import type { GroupFunction, MapGraph, MapNode } from './primitives/index.ts';

/** Scales of the inputs that are counted in another unit than the model's, by feature number; undefined: the same unit. */
export type InputScales = readonly (TimeScale | undefined)[];

/** Which features need carrying over, for a switch tick of 2^tickBits ns. Features without a unit are taken as ticks. */
export function inputScales(
  features: readonly string[],
  units: Readonly<Record<string, number>>,
  tickBits: number,
): InputScales {
  return features.map((feature) => {
    const unitNs = units[feature];
    if (!TIME_FEATURES.includes(feature) || unitNs === undefined || unitNs === 2 ** tickBits) return undefined;
    return { tickBits, unitNs };
  });
}

/** The model's clamps as the switch's: time features in ticks. */
export function switchClamps(
  features: readonly string[],
  clamp: Readonly<Record<string, number>>,
  scales: InputScales,
): Record<string, number> {
  const out: Record<string, number> = {};
  features.forEach((feature, f) => {
    const value = clamp[feature];
    if (value === undefined) return;
    const scale = scales[f];
    out[feature] = scale === undefined ? value : tickClamp(value, scale);
  });
  return out;
}

function carried(map: MapNode, graph: MapGraph, scales: InputScales, clamps: readonly (number | undefined)[]): MapNode {
  const width = graph.features.length;
  const scaleOf = map.inputs.map((ref) => (ref.value === 0 ? scales[ref.index % width] : undefined));
  const clampOf = map.inputs.map((ref) => (ref.value === 0 ? clamps[ref.index % width] : undefined));
  if (scaleOf.every((s) => s === undefined) && clampOf.every((c) => c === undefined)) return map;
  const n = map.inputs.length;
  const apply: GroupFunction = (x, rows) => {
    const y = Float64Array.from(x);
    for (let i = 0; i < y.length; i++) {
      const scale = scaleOf[i % n];
      if (scale !== undefined) y[i] = unitOfTick(y[i], scale);
      const clamp = clampOf[i % n];
      if (clamp !== undefined && y[i] > clamp) y[i] = clamp;
    }
    return map.apply(y, rows);
  };
  const { linear: _, ...rest } = map;
  // Exact rows are counted in ticks now; beyond the clamp every tick reads the last row.
  const exact = map.exact?.map((rows, c) => {
    const scale = scaleOf[c];
    return scale === undefined ? rows : tickClamp(rows - 1, scale) + 1;
  });
  return { ...rest, apply, ...(exact === undefined ? {} : { exact }) };
}

/** The same graph over switch values: ticks instead of units, clamped as the model was trained. */
export function graphOnSwitch(graph: MapGraph, scales: InputScales, clamp: Readonly<Record<string, number>>): MapGraph {
  const clamps = graph.features.map((feature) => clamp[feature]);
  return { ...graph, maps: graph.maps.map((map) => carried(map, graph, scales, clamps)) };
}
