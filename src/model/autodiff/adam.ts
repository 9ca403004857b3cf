/** Adam (Kingma & Ba, arXiv 1412.6980) with bias correction. */
import { type Numbers, newNumbers, type Variable } from './tape.ts';

export interface Adam {
  readonly parameters: readonly Variable[];
  readonly first: readonly Numbers[];
  readonly second: readonly Numbers[];
  step: number;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export function createAdam(parameters: readonly Variable[]): Adam {
  const zeros = (): readonly Numbers[] =>
    parameters.map(({ data }) => newNumbers(data instanceof Float32Array ? 'float32' : 'float64', data.length));
  return { parameters, first: zeros(), second: zeros(), step: 0 };
}

/** One update with the gradients gathered since the last; forgets them. Parameters without a gradient stay. */
export function adamStep(adam: Adam, learningRate: number): void {
  adam.step++;
  const c1 = 1 - BETA1 ** adam.step;
  const c2 = 1 - BETA2 ** adam.step;
  adam.parameters.forEach((variable, k) => {
    const { data, grad } = variable;
    if (!grad) return;
    const m = adam.first[k];
    const v = adam.second[k];
    for (let i = 0; i < data.length; i++) {
      m[i] = BETA1 * m[i] + (1 - BETA1) * grad[i];
      v[i] = BETA2 * v[i] + (1 - BETA2) * grad[i] * grad[i];
      data[i] -= (learningRate * (m[i] / c1)) / (Math.sqrt(v[i] / c2) + EPSILON);
    }
    variable.grad = undefined;
  });
}
