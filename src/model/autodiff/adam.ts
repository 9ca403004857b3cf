/** Adam (Kingma & Ba, arXiv 1412.6980) with bias correction. */
import { type Backend, plainBackend } from './backend.ts';
import type { Numbers } from './kernels.ts';
import type { Variable } from './tape.ts';

export interface Adam {
  readonly parameters: readonly Variable[];
  readonly backend: Backend;
  readonly first: readonly Numbers[];
  readonly second: readonly Numbers[];
  step: number;
}

/** Decay of the two moments; the kernels hold the same numbers. */
const BETA1 = 0.9;
const BETA2 = 0.999;

export function createAdam(parameters: readonly Variable[], backend: Backend = plainBackend('float32')): Adam {
  const zeros = (): readonly Numbers[] => parameters.map(({ data }) => backend.allocate(data.length));
  return { parameters, backend, first: zeros(), second: zeros(), step: 0 };
}

/** One update with the gradients gathered since the last; forgets them. Parameters without a gradient stay. */
export function adamStep(adam: Adam, learningRate: number): void {
  adam.step++;
  const rate = learningRate / (1 - BETA1 ** adam.step);
  const bias = 1 / Math.sqrt(1 - BETA2 ** adam.step);
  adam.parameters.forEach((variable, k) => {
    if (!variable.grad) return;
    adam.backend.kernels.adam(variable.data, variable.grad, adam.first[k], adam.second[k], rate, bias);
    variable.grad = undefined;
  });
}
