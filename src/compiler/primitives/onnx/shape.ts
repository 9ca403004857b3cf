/** Shapes and index maps of row-major tensors. */

export type Shape = readonly number[];

/** Number of elements; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

/** The common shape under NumPy broadcasting; undefined when they do not go together. */
export function broadcastShape(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let d = 0; d < rank; d++) {
    const x = a[d - rank + a.length] ?? 1;
    const y = b[d - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/**
 * Source index of every element of `shape`, walking the source by `strides` (one per output dimension, 0 repeats) from `offset`.
 */
export function stridedIndex(shape: Shape, strides: readonly number[], offset = 0): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  const counter = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = at;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d];
      if (++counter[d] < shape[d]) break;
      at -= strides[d] * shape[d];
      counter[d] = 0;
    }
  }
  return out;
}

/** Source index of every element of `to` when `from` is broadcast to it. */
export function broadcastIndex(from: Shape, to: Shape): Int32Array {
  const strides = stridesOf(from);
  const shift = to.length - from.length;
  const steps = to.map((_, d) => (d < shift || from[d - shift] === 1 ? 0 : strides[d - shift]));
  return stridedIndex(to, steps);
}

/** Are the shapes the same? */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, d) => dim === b[d]);
}
