/** How large a model is, without training it. */

import { createRandom } from './autodiff/index.ts';
import { constant, createTape } from './autodiff/tape.ts';
import { modelDefinition } from './definitions/index.ts';
import { createParameters, parameterCount } from './networks/parameters.ts';
import { tapeLayers } from './networks/tape-layers.ts';

/** Trained numbers of a model with that many classes: one forward pass over zeros creates and counts them. */
export function parameterTotal(id: string, classes: number): number {
  const definition = modelDefinition(id);
  const store = createParameters(createRandom(1));
  const width = definition.window * definition.features.length;
  const input = constant([1, width], new Float32Array(width));
  definition.network(tapeLayers(createTape('float32', false), store, false), input, classes);
  return parameterCount(store);
}
