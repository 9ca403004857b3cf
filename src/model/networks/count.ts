/** Sizes of a definition without training it. */
import { constant, createRandom, createTape } from '../autodiff/index.ts';
import type { ModelDefinition } from '../definitions/index.ts';
import { createParameters, parameterCount } from './parameters.ts';
import { tapeLayers } from './tape-layers.ts';

/** Trained and frozen numbers of a model with that many classes (running moments of batch norm do not count). */
export function modelParameters(definition: ModelDefinition, classes: number): number {
  const store = createParameters(createRandom(1));
  const width = definition.window * definition.features.length;
  const row = constant([1, width], new Float32Array(width));
  definition.network(tapeLayers(createTape('float32', false), store, false), row, classes);
  return parameterCount(store);
}
