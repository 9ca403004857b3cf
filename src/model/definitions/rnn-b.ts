/** RNN-B: a tanh cell of eight units, unrolled over the window (ALGORITHM §3). */
import { embedPackets, type ModelDefinition, WINDOW, WINDOW_CLAMP, WINDOW_FEATURES } from './definition.ts';

/** Hidden units, and the numbers per packet they read. */
const UNITS = 8;

export const rnnB: ModelDefinition = {
  id: 'rnn-b',
  title: 'RNN-B: embedded length and gap, tanh cell of 8 units over 8 packets',
  task: 'classify',
  features: WINDOW_FEATURES,
  window: WINDOW,
  inputBits: 128,
  clamp: WINDOW_CLAMP,
  frozen: [],
  training: { epochs: 30, patience: 8, learningRate: 5e-3, halving: 10, batch: 256, rowsPerEpoch: 20_000 },
  network(layers, input, classes) {
    const inputs = layers.join(layers.linear(embedPackets(layers, input, UNITS), 'cell.x', UNITS));
    // The state starts at zero, so the first step has no recurrent part.
    let hidden = layers.tanh(layers.columns(inputs, 0, UNITS));
    for (let packet = 1; packet < WINDOW; packet++) {
      const x = layers.columns(inputs, packet * UNITS, UNITS);
      hidden = layers.tanh(layers.sum([x, layers.linear(hidden, 'cell.h', UNITS, { bias: false })]));
    }
    return layers.linear(hidden, 'out', classes);
  },
};
