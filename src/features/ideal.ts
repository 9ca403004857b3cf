/** Ideal feature values: what an offline program computes with exact times and unlimited state. */

import { fail } from '../problem.ts';
import type { Dataset } from '../traffic/index.ts';
import { featureNamed } from './catalogue.ts';
import type { IdealContext, IdealOptions } from './feature.ts';

/** The previous packet of the same flow per packet (-1: none), and the packet's position in its flow from 1 (0: no flow). */
export function flowOrder(dataset: Dataset): { previous: Int32Array; position: Uint32Array } {
  const { flow } = dataset.decoded;
  const previous = new Int32Array(flow.length).fill(-1);
  const position = new Uint32Array(flow.length);
  const last = new Int32Array(dataset.flowLabel.length).fill(-1);
  for (let i = 0; i < flow.length; i++) {
    const id = flow[i];
    if (id < 0) continue;
    previous[i] = last[id];
    position[i] = last[id] < 0 ? 1 : position[last[id]] + 1;
    last[id] = i;
  }
  return { previous, position };
}

const DEFAULTS: Required<Omit<IdealOptions, 'state'>> = { unitNs: 65536, ipdFrom: 2, clamp: {}, flowLength: 'frame' };

/**
 * One column per name, one unsigned value per packet of the dataset (0 without IP).
 * Throws FEATURE-UNKNOWN, FEATURE-L4-LIMIT, FEATURE-OPTION.
 */
export function idealFeatures(dataset: Dataset, names: readonly string[], options: IdealOptions = {}): Uint32Array[] {
  const settings = { ...DEFAULTS, ...options };
  if (!(settings.unitNs > 0))
    fail({ code: 'FEATURE-OPTION', message: 'the unit of ipd must be positive', have: String(settings.unitNs) });
  const columns = new Map<string, Uint32Array>();
  const context: IdealContext = {
    dataset,
    options: settings,
    ...flowOrder(dataset),
    column(name) {
      const known = columns.get(name);
      if (known) return known;
      const values = featureNamed(name).ideal(context);
      const clamp = settings.clamp[name];
      if (clamp !== undefined) for (let i = 0; i < values.length; i++) values[i] = Math.min(values[i], clamp);
      columns.set(name, values);
      return values;
    },
  };
  return names.map((name) => context.column(name));
}
