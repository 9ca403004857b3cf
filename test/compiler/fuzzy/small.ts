/** A two-layer network over two inputs of 6 bits, and labelled rows for it. */
import type { MapGraph, MapNode } from '../../../src/compiler/primitives/index.ts';

export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** x (2 inputs, 0..63) → h = 3 linear sums → logits = two-class ReLU readout. */
export function smallGraph(): MapGraph {
  const weights = [
    [1, -0.5, 0.2],
    [-0.4, 0.9, 0.6],
  ];
  const maps: MapNode[] = [];
  weights.forEach((w, i) => {
    maps.push({
      id: maps.length,
      name: `h/${i}`,
      inputs: [{ value: 0, index: i }],
      output: 1,
      outIndex: Int32Array.from([0, 1, 2]),
      apply: (x, rows) => Float64Array.from({ length: rows * 3 }, (_, k) => x[Math.floor(k / 3)] * w[k % 3]),
      nodes: ['fc1'],
    });
  });
  for (let e = 0; e < 3; e++) {
    maps.push({
      id: maps.length,
      name: `y/${e}`,
      inputs: [{ value: 1, index: e }],
      output: 2,
      outIndex: Int32Array.from([0, 1]),
      apply: (x, rows) =>
        Float64Array.from({ length: rows * 2 }, (_, k) => Math.max(0, x[k >> 1]) * ((k & 1) === e % 2 ? 0.1 : -0.1)),
      nodes: ['fc2'],
    });
  }
  return {
    values: [
      { id: 0, name: 'x', size: 2, kind: 'input', nodes: [] },
      { id: 1, name: 'h', size: 3, kind: 'sum', bias: Float64Array.from([-20, 0, 4]), nodes: [] },
      { id: 2, name: 'y', size: 2, kind: 'sum', nodes: [] },
    ],
    maps,
    output: 2,
    features: ['a', 'b'],
    window: 1,
  };
}

export function data(rows: number, seed: number) {
  const next = generator(seed);
  const values = Float64Array.from({ length: rows * 2 }, () => Math.floor(next() * 64));
  const label = new Int16Array(rows);
  for (let r = 0; r < rows; r++) label[r] = values[2 * r] > values[2 * r + 1] ? 1 : 0;
  return { rows, values, label };
}

export const FEATURES = [
  { name: 'a', bits: 6 },
  { name: 'b', bits: 6 },
];
