/**
 * RNN-B without a window: its state lives in the flow's registers, for as long as the flow does. What one pass can update is one unit per
 * register by its own old value (features/state.ts), so the cell is diagonal: every unit adds what length and gap say, and stops at ±2.
 */
import { GAPS, LENGTHS, type ModelDefinition, type RegisterCell, WINDOW_CLAMP, WINDOW_FEATURES } from './definition.ts';

const UNITS = 8;
/** Length and gap add up to 1 each, so that a packet moves a unit by half of its range at most. */
const LIMIT = 2;
/** First units of the pairs that are read together, and hidden numbers per pair. */
const PAIRS = [0, 2, 4, 6];
const HIDDEN = 8;

const cell: RegisterCell = {
  units: UNITS,
  limit: LIMIT,
  move(layers, packets) {
    const length = layers.linear(layers.embed(packets, 0, 'length', LENGTHS, 10), 'cell.length', UNITS);
    const gap = layers.linear(layers.embed(packets, 1, 'gap', GAPS, 8), 'cell.gap', UNITS);
    return layers.sum([layers.tanh(length), layers.tanh(gap)]);
  },
  // Two units at a time: a pair is one tree on the switch, whatever its function.
  read(layers, states, classes) {
    const pairs = PAIRS.map((first) =>
      layers.relu(layers.linear(layers.columns(states, first, 2), `pair${first / 2}`, HIDDEN)),
    );
    return layers.linear(layers.concat(pairs), 'out', classes);
  },
};

export const rnnBRegister: ModelDefinition = {
  id: 'rnn-b-register',
  title: 'RNN-B with its state in registers: 8 units that add up length and gap, no window',
  task: 'classify',
  features: WINDOW_FEATURES,
  window: 1,
  inputBits: 16,
  clamp: WINDOW_CLAMP,
  frozen: [],
  training: { epochs: 30, patience: 8, learningRate: 2e-3, halving: 10, batch: 16, rowsPerEpoch: 40_000 },
  network: (layers, input, classes) => cell.read(layers, layers.clip(cell.move(layers, input), -LIMIT, LIMIT), classes),
  cell,
};
