/**
 * AutoEncoder: the embedded window (32 numbers) in six slices, each reconstructing all 32 alone; the six reconstructions add up
 * (ALGORITHM §3). The score is the mean |embedding − reconstruction|: high means unlike the benign traffic.
 *
 * The embedding keeps its smooth random start: trained with the reconstruction it could shrink to a constant, which reconstructs perfectly.
 */
import type { Layers } from '../networks/layers.ts';
import { embedPackets, type ModelDefinition, WINDOW, WINDOW_CLAMP, WINDOW_FEATURES } from './definition.ts';

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

export const autoencoder: ModelDefinition = {
  id: 'autoencoder',
  title: 'AutoEncoder: six slices of the embedded window, each reconstructing it; score mean |e − r|',
  task: 'anomaly',
  features: WINDOW_FEATURES,
  window: WINDOW,
  inputBits: 128,
  clamp: WINDOW_CLAMP,
  frozen: ['length', 'gap', 'embed.weight', 'embed.bias'],
  training: { epochs: 20, patience: 5, learningRate: 2e-3, batch: 256, rowsPerEpoch: 12_000 },
  network(layers, input) {
    const embedding = layers.join(embedPackets(layers, input, DIM));
    const parts = reconstruct(layers, layers.isolate(embedding, SLICE));
    const reconstruction = layers.sumParts(parts, Math.ceil(LATENT / SLICE));
    return layers.mean(layers.absolute(layers.subtract(embedding, reconstruction)));
  },
};
