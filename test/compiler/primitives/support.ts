/** Test helpers: seeded numbers, ONNX Runtime against the Map graph, and the largest relative difference. */
import { type BuildOptions, buildGraph, evaluateGraph, type MapGraph } from '../../../src/compiler/primitives/index.ts';
import { buildGraph as buildOnnx, type GraphBuilder, openReference } from '../../../src/model/index.ts';

/** Deterministic numbers in −1..1 (mulberry32). */
export function numbers(seed: number): (count: number, scale?: number) => number[] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
  return (count, scale = 1) => Array.from({ length: count }, () => scale * next());
}

/** Largest |a − b| relative to max(1, |b|). */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < b.length; i++) {
    const off = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i]));
    most = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(most, off);
  }
  return most;
}

/** f000, f001, … */
export function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `f${String(i).padStart(3, '0')}`);
}

/** Row-wise softmax, for models whose last layer the front end drops. */
export function softmaxRows(x: Float64Array, rows: number): Float64Array {
  const n = x.length / rows;
  return x.map((v, i) => {
    const row = x.subarray(i - (i % n), i - (i % n) + n);
    const top = row.reduce((a, b) => Math.max(a, b));
    return Math.exp(v - top) / row.reduce((sum, u) => sum + Math.exp(u - top), 0);
  });
}

export interface Compared {
  readonly graph: MapGraph;
  readonly ours: Float64Array;
  readonly runtime: Float32Array;
  readonly off: number;
}

/** Builds a model with `define`, runs `rows` inputs through ONNX Runtime and through the Map graph. */
export async function compare(
  size: number,
  define: (g: GraphBuilder) => void,
  options: Partial<BuildOptions> & {
    readonly rows?: number;
    readonly inputs?: Float32Array;
    readonly opset?: number;
  } = {},
): Promise<Compared> {
  const onnx = buildOnnx({ opset: options.opset ?? 17 });
  define(onnx);
  const rows = options.rows ?? 12;
  const inputs = options.inputs ?? Float32Array.from(numbers(size + rows)(size * rows, 2));
  const reference = await openReference(onnx.bytes());
  const runtime = await reference.run(inputs, rows);
  await reference.close();
  const window = options.window ?? 1;
  const graph = buildGraph(onnx.model(), { features: names(size / window), ...options });
  const ours = evaluateGraph(graph, Float64Array.from(inputs), rows);
  return { graph, ours, runtime, off: worst(ours, runtime) };
}
