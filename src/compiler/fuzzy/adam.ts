/** Adam on the rows that a batch touched: tables of thousands of rows are mostly untouched by a batch. */

/** Parameters of one table: rows × width values with their gradients and moments. */
export interface Parameters {
  readonly value: Float64Array;
  readonly width: number;
  readonly gradient: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Step size of a column relative to the learning rate: its natural scale. */
  readonly scale: Float64Array;
  /** Rows with a gradient in this batch. */
  readonly touched: Set<number>;
}

export function createParameters(value: Float64Array, width: number, scale: Float64Array): Parameters {
  const zeros = (): Float64Array => new Float64Array(value.length);
  return { value, width, gradient: zeros(), first: zeros(), second: zeros(), scale, touched: new Set() };
}

/** As if no step had been taken. */
export function forgetMoments({ first, second }: Parameters): void {
  first.fill(0);
  second.fill(0);
}

const BETA1 = 0.9;
const BETA2 = 0.999;

/** One step on the touched rows; gradients are divided by `batch` and cleared. `step` counts from 1. */
export function adamRows(p: Parameters, rate: number, batch: number, step: number): void {
  const correction = Math.sqrt(1 - BETA2 ** step) / (1 - BETA1 ** step);
  for (const row of p.touched) {
    for (let c = 0; c < p.width; c++) {
      const i = row * p.width + c;
      // Scale-free parameter w = value / scale: its gradient is gradient × scale.
      const g = (p.gradient[i] / batch) * p.scale[c];
      p.first[i] = BETA1 * p.first[i] + (1 - BETA1) * g;
      p.second[i] = BETA2 * p.second[i] + (1 - BETA2) * g * g;
      p.value[i] -= (rate * correction * p.scale[c] * p.first[i]) / (Math.sqrt(p.second[i]) + 1e-8);
      p.gradient[i] = 0;
    }
  }
  p.touched.clear();
}
