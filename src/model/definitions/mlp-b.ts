/**
 * MLP-B: ten per-packet and per-flow numbers through 32 and 16 neurons (ALGORITHM §3).
 *
 * The three times enter as ln(1 + t): gaps of seconds among gaps of microseconds would leave batch norm little to tell the short ones
 * apart by. A function of one input is part of the first Map's tables, so the switch computes nothing for it.
 */
import type { ModelDefinition } from './definition.ts';

/** Inputs that are headers and lengths, and times behind them. */
const SIZES = 7;
const TIMES = 3;

export const mlpB: ModelDefinition = {
  id: 'mlp-b',
  title: 'MLP-B: batch norm, 32 and 16 neurons with batch norm and ReLU',
  task: 'classify',
  features: [
    'ip.ihl',
    'ip.total_len',
    'ip.protocol',
    'ip.tos',
    'tcp.data_offset',
    'flow.max_len',
    'flow.min_len',
    'flow.max_ipd',
    'flow.min_ipd',
    'pkt.ipd',
  ],
  window: 1,
  // Header widths of the published program's 11 fields without ttl (ALGORITHM §2.3).
  inputBits: 120,
  clamp: {},
  frozen: [],
  training: { epochs: 60, patience: 20, learningRate: 1e-2, halving: 10, batch: 256, rowsPerEpoch: 60_000 },
  network(layers, input, classes) {
    const sizes = layers.columns(input, 0, SIZES);
    const times = layers.logarithm(layers.columns(input, SIZES, TIMES));
    let x = layers.batchNorm(layers.concat([sizes, times]), 'norm0');
    x = layers.relu(layers.batchNorm(layers.linear(x, 'fc1', 32), 'norm1'));
    x = layers.relu(layers.batchNorm(layers.linear(x, 'fc2', 16), 'norm2'));
    return layers.linear(x, 'fc3', classes);
  },
};
