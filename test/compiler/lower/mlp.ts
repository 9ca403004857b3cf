/** A network of MLP-B's build with random tables: 10 inputs of 8 bits → first sums → second sums by pairs → 3 logits by pairs. */
import { heapTree, type TableNetwork, type TreeMap } from '../../../src/compiler/lower/index.ts';

export function generator(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

export interface MlpShape {
  /** Sums of the two layers, even numbers. */
  readonly sizes: readonly [number, number];
  /** Tables of the two layers hold numbers from −span to span − 1. */
  readonly spans: readonly [number, number];
}

export function mlpNetwork(next: (n: number) => number, { sizes, spans }: MlpShape): TableNetwork {
  const tree = (value: number, indices: number[], span: number, from: number) =>
    heapTree(
      indices.map((index) => ({ value, index })),
      Array.from({ length: 15 }, () => next(indices.length)),
      Array.from({ length: 15 }, () => from + next(span)),
    );
  const table = (
    name: string,
    output: number,
    of: ReturnType<typeof tree>,
    outputs: number,
    span: number,
  ): TreeMap => ({
    kind: 'tree',
    name,
    trees: [of],
    output,
    outIndex: Int32Array.from({ length: outputs }, (_, o) => o),
    lut: Int32Array.from({ length: 16 * outputs }, () => next(2 * span) - span),
  });
  const features = Array.from({ length: 10 }, (_, i) => ({ name: `f${i}`, bits: 8 }));
  const pairs = (n: number): number[][] => Array.from({ length: n / 2 }, (_, g) => [2 * g, 2 * g + 1]);
  const [first, second] = sizes;
  return {
    name: 'mlp',
    classes: ['a', 'b', 'c'],
    window: 1,
    features,
    values: [
      { name: 'x', size: 10 },
      { name: 'h1', size: first },
      { name: 'h2', size: second },
      { name: 'y', size: 3 },
    ],
    maps: [
      ...features.map((_, i) => table(`h1.g${i}`, 1, tree(0, [i], 256, 0), first, spans[0])),
      ...pairs(first).map((p, g) => table(`h2.g${g}`, 2, tree(1, p, 80, -40), second, spans[1])),
      ...pairs(second).map((p, g) => table(`y.g${g}`, 3, tree(2, p, 400, -200), 3, 400)),
    ],
    verdict: { kind: 'argmax', value: 3 },
  };
}
