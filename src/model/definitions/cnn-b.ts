/** CNN-B: the window as an 8×4 picture, two channels of each kernel height 3, 4 and 5 (ALGORITHM §3). */
import { embedPackets, type ModelDefinition, WINDOW, WINDOW_CLAMP, WINDOW_FEATURES } from './definition.ts';

/** Numbers per packet: the width of the picture. */
const DIM = 4;
const HEIGHTS = [3, 4, 5];

export const cnnB: ModelDefinition = {
  id: 'cnn-b',
  title: 'CNN-B: embedded length and gap, convolutions over 3, 4 and 5 packets',
  task: 'classify',
  features: WINDOW_FEATURES,
  window: WINDOW,
  inputBits: 128,
  clamp: WINDOW_CLAMP,
  frozen: [],
  training: { epochs: 30, patience: 8, learningRate: 5e-3, halving: 10, batch: 256, rowsPerEpoch: 20_000 },
  network(layers, input, classes) {
    const picture = layers.join(embedPackets(layers, input, DIM));
    const shape = { channels: 1, height: WINDOW, width: DIM };
    const maps = HEIGHTS.map((height) =>
      layers.conv(picture, `conv${height}`, shape, { channels: 2, kernel: [height, DIM] }),
    );
    return layers.linear(layers.relu(layers.concat(maps)), 'out', classes);
  },
};
