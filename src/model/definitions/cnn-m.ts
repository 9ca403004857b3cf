/**
 * CNN-M: wide convolutions whose effect is additive over packets (ALGORITHM §3; Pegasus' advanced fusion). Each packet is seen alone
 * in the picture, the other rows being zero, so a convolution of height k gives that packet's row times each of the kernel's k rows,
 * at the k (or fewer, at the borders) places that cover it. The eight packets' results add up to the logits.
 */
import { embedPacket, type ModelDefinition, WINDOW, WINDOW_CLAMP, WINDOW_FEATURES } from './definition.ts';

const HEIGHTS = [3, 4, 5];
const CHANNELS = 32;
const ENLARGED = 64;

/** Columns of the kernel products, and rows of the output layer, that belong to one packet. */
function coverage(packet: number): { columns: [start: number, count: number][]; rows: number[] } {
  const columns: [number, number][] = [];
  const rows: number[] = [];
  let column = 0;
  let row = 0;
  for (const height of HEIGHTS) {
    const places = WINDOW - height + 1;
    const first = Math.max(0, packet - height + 1);
    const last = Math.min(places - 1, packet);
    // Kernel rows are kept last row first, so that growing place means growing column.
    columns.push([column + (first - packet + height - 1) * CHANNELS, (last - first + 1) * CHANNELS]);
    for (let k = first * CHANNELS; k < (last + 1) * CHANNELS; k++) rows.push(row + k);
    column += height * CHANNELS;
    row += places * CHANNELS;
  }
  return { columns, rows };
}

export const cnnM: ModelDefinition = {
  id: 'cnn-m',
  title: 'CNN-M: additive per packet, 32 channels over 3, 4 and 5 packets',
  task: 'classify',
  features: WINDOW_FEATURES,
  window: WINDOW,
  inputBits: 128,
  clamp: WINDOW_CLAMP,
  frozen: [],
  training: { epochs: 25, patience: 6, learningRate: 3e-3, batch: 256, rowsPerEpoch: 12_000 },
  network(layers, input, classes) {
    const kernelRows = HEIGHTS.reduce((sum, height) => sum + height, 0);
    const total = HEIGHTS.reduce((sum, height) => sum + (WINDOW - height + 1) * CHANNELS, 0);
    const parts = Array.from({ length: WINDOW }, (_, packet) => {
      const wide = layers.linear(embedPacket(layers, input, packet, 4), 'enlarge', ENLARGED);
      const products = layers.relu(layers.linear(wide, 'kernels', kernelRows * CHANNELS, { bias: false }));
      const { columns, rows } = coverage(packet);
      const covered = layers.concat(columns.map(([start, count]) => layers.columns(products, start, count)));
      // The output layer's bias enters once, with the last packet.
      return layers.linear(covered, 'out', classes, { bias: packet === WINDOW - 1, rows: { total, picked: rows } });
    });
    return layers.sum(parts);
  },
};
