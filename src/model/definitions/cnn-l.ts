/**
 * CNN-L: 60 raw numbers of each packet (ALGORITHM §2.4) in ten segments of six. Every segment passes alone through one shared
 * non-linear network to two numbers; the ten pairs add up to the packet's pair, and the eight pairs give the logits.
 *
 * The published float model first sends the segments through a chain of four linear layers with batch norm: as a function that is one
 * linear layer after one batch norm, which is how it is written here; latent vectors and convolutions are narrower (8 numbers, 4
 * channels), and batch norm stands before the segments' activations, so that seconds of training show it enough rows.
 */
import type { Layers } from '../networks/layers.ts';
import { type ModelDefinition, WINDOW } from './definition.ts';

const FEATURES = 60;
const SEGMENT = 6;
const SEGMENTS = FEATURES / SEGMENT;
const LATENT = 8;
const CHANNELS = 4;
const KERNELS = [3, 5, 7];

/** Latent vector of one segment → its two non-negative numbers. */
function segmentNetwork<T>(layers: Layers<T>, latent: T): T {
  const line = { channels: 1, height: 1, width: LATENT };
  const filtered = { channels: CHANNELS, height: 1, width: LATENT };
  const branches = KERNELS.map((kernel) => {
    const padding: [number, number] = [0, (kernel - 1) / 2];
    const map = layers.conv(latent, `conv${kernel}`, line, { channels: CHANNELS, kernel: [1, kernel], padding });
    // The rectifier after the maximum is the same function, on a quarter of the numbers.
    return layers.relu(layers.maxPool(map, filtered, { kernel: [1, 4], stride: [1, 4] }));
  });
  const hidden = layers.relu(layers.batchNorm(layers.linear(layers.concat(branches), 'segment1', 16), 'norm1'));
  return layers.relu(layers.batchNorm(layers.linear(hidden, 'segment2', 2), 'norm2'));
}

export const cnnL: ModelDefinition = {
  id: 'cnn-l',
  title: 'CNN-L: raw bytes, additive per segment of six numbers',
  task: 'classify',
  features: [
    ...Array.from({ length: 55 }, (_, i) => `l4.byte[${i}]`),
    'pkt.len',
    'pkt.ipd',
    'ip.tos',
    'ip.ihl',
    'tcp.data_offset',
  ],
  window: WINDOW,
  inputBits: WINDOW * FEATURES * 8,
  clamp: { 'pkt.len': 1500, 'pkt.ipd': 2560 },
  frozen: [],
  training: { epochs: 24, patience: 6, learningRate: 1e-2, halving: 8, batch: 64, rowsPerEpoch: 6_000 },
  network(layers, input, classes) {
    const normal = layers.batchNorm(layers.stack(input, WINDOW), 'norm');
    const pairs = segmentNetwork(
      layers,
      layers.batchNorm(layers.linearBlocks(normal, 'latent', SEGMENT, LATENT), 'norm0'),
    );
    return layers.linearAcross(layers.sumParts(pairs, SEGMENTS), 'out', classes);
  },
};
