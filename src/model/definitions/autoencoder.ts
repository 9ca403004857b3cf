/**
 * AutoEncoder: the embedded window (32 numbers) in six slices, each reconstructing all 32 alone; the six reconstructions add up
 * (ALGORITHM §3). The score is the mean |embedding − reconstruction|: high means unlike the benign traffic.
 *
 * The embedding is not trained with the reconstruction: it could shrink to a constant, which reconstructs perfectly. It is fitted to the
 * benign packets by counting: a rectifier behind the published layer makes its four numbers say how rare a packet's length is in each of
 * four regimes of the gap. What is rare must be joint: attacks made of lengths and gaps that are each common are not common as pairs.
 */
import type { Layers } from '../networks/layers.ts';
import {
  embedPackets,
  GAP_NUMBERS,
  GAPS,
  LENGTH_NUMBERS,
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

/** A packet's number when nothing like it was seen. */
const RAREST = 4;
/**
 * Regimes of the gap before a packet, by the ticks (65.5 µs) they begin at: within a burst, up to 1 ms, up to 20 ms, longer. One number
 * of the embedding each.
 */
const REGIMES = [0, 1, 15, 300];

function regimeOf(gap: number): number {
  return REGIMES.findLastIndex((start) => gap >= start);
}

/** Place of a packet in the counts: `length × DIM + regime`. */
function placeOf(length: number, gap: number): number {
  return Math.max(0, Math.min(LENGTHS - 1, Math.trunc(length))) * DIM + regimeOf(gap);
}

/** How rare every length is in every regime, 0 (all packets are so) to RAREST (none is), and what half of the packets do not exceed. */
function jointRarity(lengths: Float64Array, gaps: Float64Array): { rarity: Float64Array; usual: number } {
  const places = Int32Array.from(lengths, (length, i) => placeOf(length, gaps[i]));
  const counts = new Float64Array(LENGTHS * DIM);
  for (const place of places) counts[place]++;
  const all = Math.log1p(places.length);
  const rarity = counts.map((count) => RAREST * (1 - Math.log1p(count) / all));
  const sorted = Float64Array.from(places, (place) => rarity[place]).sort();
  return { rarity, usual: sorted[sorted.length >> 1] };
}

/**
 * Column k of the length table says how rare a length is in regime k, column k of the gap table takes RAREST away outside the regime,
 * and the fixed layer adds the two and takes away what is usual. Behind the rectifier, the commoner half of the packets is all zeros, and
 * the others have what is unusual about them in their regime's place.
 */
const fitEmbedding: NonNullable<ModelDefinition['fit']> = (parameter, column) => {
  const [length, gap, weight, bias] = ['length', 'gap', 'embed.weight', 'embed.bias'].map(
    (name) => parameter(name).data,
  );
  const { rarity, usual } = jointRarity(column(0), column(1));
  rarity.forEach((value, i) => {
    length[Math.floor(i / DIM) * LENGTH_NUMBERS + (i % DIM)] = value;
  });
  for (let row = 0; row < GAPS; row++) {
    for (let k = 0; k < DIM; k++) gap[row * GAP_NUMBERS + k] = regimeOf(row) === k ? 0 : -RAREST;
  }
  for (let row = 0; row < LENGTH_NUMBERS + GAP_NUMBERS; row++) {
    const own = row < LENGTH_NUMBERS ? row : row - LENGTH_NUMBERS;
    for (let k = 0; k < DIM; k++) weight[row * DIM + k] = own === k ? 1 : 0;
  }
  for (let k = 0; k < DIM; k++) bias[k] = -usual;
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
    const signed = layers.join(embedPackets(layers, input, DIM));
    const parts = reconstruct(layers, layers.isolate(signed, SLICE));
    const reconstruction = layers.sumParts(parts, Math.ceil(LATENT / SLICE));
    return layers.mean(layers.absolute(layers.subtract(layers.relu(signed), reconstruction)));
  },
};
