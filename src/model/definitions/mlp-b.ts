/** MLP-B: ten per-packet and per-flow numbers through 32 and 16 neurons (ALGORITHM §3). */
import type { ModelDefinition } from './definition.ts';

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
  training: { epochs: 60, patience: 20, learningRate: 5e-3, halving: 10, batch: 256, rowsPerEpoch: 60_000, balance: 0 },
  network(layers, input, classes) {
    let x = layers.batchNorm(input, 'norm0');
    x = layers.relu(layers.batchNorm(layers.linear(x, 'fc1', 32), 'norm1'));
    x = layers.relu(layers.batchNorm(layers.linear(x, 'fc2', 16), 'norm2'));
    return layers.linear(x, 'fc3', classes);
  },
};
