/**
 * CNN-M: wide convolutions whose effect is additive over packets (ALGORITHM §3; Pegasus' advanced fusion). Each packet is seen alone
 * in the picture, the other rows being zero, so a convolution of height k gives that packet's row times each of the kernel's k rows,
 * at the k (or fewer, at the borders) places that cover it. The eight packets' results add up to the logits.
 */
import { embedPackets, type ModelDefinition, WINDOW, WINDOW_CLAMP, WINDOW_FEATURES } from './definition.ts';

const HEIGHTS = [3, 4, 5];
const CHANNELS = 32;
const ENLARGED = 64;

/** Rows of the kernels: one per height and packet below the top. */
const KERNEL_ROWS = HEIGHTS.reduce((sum, height) => sum + height, 0);
/** Places times channels: inputs of the output layer. */
const TOTAL = HEIGHTS.reduce((sum, height) => sum + (WINDOW - height + 1) * CHANNELS, 0);

/** For every packet, kernel row and channel: the output layer's row for the place where they meet, −1 outside the picture. */
function outputRows(): number[] {
  const picked: number[] = [];
  for (let packet = 0; packet < WINDOW; packet++) {
    let first = 0;
    for (const height of HEIGHTS) {
      const places = WINDOW - height + 1;
      for (let row = 0; row < height; row++) {
        const place = packet - row;
        for (let c = 0; c < CHANNELS; c++) {
          picked.push(place >= 0 && place < places ? first + place * CHANNELS + c : -1);
        }
      }
      first += places * CHANNELS;
    }
  }
  return picked;
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
  training: { epochs: 25, patience: 6, learningRate: 3e-3, halving: 10, batch: 256, rowsPerEpoch: 12_000 },
  network(layers, input, classes) {
    const packets = embedPackets(layers, input, 4);
    const products = layers.linearPair(packets, ['enlarge', 'kernels'], [ENLARGED, KERNEL_ROWS * CHANNELS]);
    return layers.linearAcross(layers.relu(products), 'out', classes, { rows: { total: TOTAL, picked: outputRows() } });
  },
};
