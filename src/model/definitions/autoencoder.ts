/**
 * AutoEncoder: the embedded window (32 numbers) in six slices, each reconstructing all 32 alone; the six reconstructions add up
 * (ALGORITHM §3). The score is the mean |embedding − reconstruction|: high means unlike the benign traffic.
 *
 * The embedding is not trained with the reconstruction: it could shrink to a constant, which reconstructs perfectly. It is fitted to the
 * benign packets by counting (two of its four numbers say how rare the length and the gap are) and else keeps its smooth random start.
 */
import type { Layers } from '../networks/layers.ts';
import {
  embedPackets,
  GAPS,
  LENGTHS,
  type ModelDefinition,
  WINDOW,
  WINDOW_CLAMP,
  WINDOW_FEATURES,
} from './definition.ts';

const DIM = 4;
const LATENT = WINDOW * DIM;
/** Slices of the embedding: five of six numbers and one of two. */
const SLICE = 6;
const WIDTHS = [48, 24, 12, 8, 12, 24, 48, 64];

/** Slices at their places among zeros → their parts of the reconstruction. */
function reconstruct<T>(layers: Layers<T>, alone: T): T {
  const line = { channels: 1, height: 1, width: LATENT };
  let x = layers.relu(layers.conv(alone, 'conv', line, { channels: 2, kernel: [1, 3], padding: [0, 1] }));
  WIDTHS.forEach((width, k) => {
    x = layers.relu(layers.linear(x, `fc${k + 1}`, width));
  });
  return layers.linear(x, 'out', LATENT);
}

/** Rarest value: its number in the embedding. */
const RAREST = 4;
/** Values count for their neighbours too: within this many, and within this share of themselves. */
const REACH = 4;
const REACH_SHARE = 0.04;

/** For every value 0..rows−1: how rare it is among `values`, 0 (always) to RAREST (never). */
function rarity(values: Float64Array, rows: number): Float64Array {
  const counts = new Float64Array(rows);
  for (const value of values) counts[Math.max(0, Math.min(rows - 1, Math.trunc(value)))]++;
  const sums = new Float64Array(rows + 1);
  counts.forEach((count, i) => {
    sums[i + 1] = sums[i] + count;
  });
  return counts.map((_, i) => {
    const reach = REACH + Math.floor(REACH_SHARE * i);
    const near = sums[Math.min(rows, i + reach + 1)] - sums[Math.max(0, i - reach)];
    return RAREST * (1 - Math.log1p(near) / Math.log1p(values.length));
  });
}

/** Rarity into column 0 of both tables, and a fixed layer that passes the two rarities on beside two mixtures of the other columns. */
const fitEmbedding: NonNullable<ModelDefinition['fit']> = (parameter, column) => {
  const tables = [
    { name: 'length', rows: LENGTHS, dim: 10, first: 0 },
    { name: 'gap', rows: GAPS, dim: 8, first: 10 },
  ];
  const weight = parameter('embed.weight').data;
  tables.forEach(({ name, rows, dim, first }, which) => {
    const { data } = parameter(name);
    rarity(column(which), rows).forEach((value, i) => {
      data[i * dim] = value;
    });
    for (let row = 0; row < dim; row++) {
      const at = (first + row) * DIM;
      for (let j = 0; j < 2; j++) weight[at + j] = row === 0 && j === which ? 1 : 0;
      // Mixtures of the smooth columns, about a quarter of the rarities' size.
      for (let j = 2; j < DIM; j++) weight[at + j] = row === 0 ? 0 : weight[at + j] / 2;
    }
  });
};

export const autoencoder: ModelDefinition = {
  id: 'autoencoder',
  title: 'AutoEncoder: six slices of the embedded window, each reconstructing it; score mean |e − r|',
  task: 'anomaly',
  features: WINDOW_FEATURES,
  window: WINDOW,
  inputBits: 128,
  clamp: WINDOW_CLAMP,
  fit: fitEmbedding,
  frozen: ['length', 'gap', 'embed.weight', 'embed.bias'],
  training: { epochs: 20, patience: 5, learningRate: 3e-3, halving: 10, batch: 64, rowsPerEpoch: 12_000 },
  network(layers, input) {
    const embedding = layers.join(embedPackets(layers, input, DIM));
    const parts = reconstruct(layers, layers.isolate(embedding, SLICE));
    const reconstruction = layers.sumParts(parts, Math.ceil(LATENT / SLICE));
    return layers.mean(layers.absolute(layers.subtract(embedding, reconstruction)));
  },
};
