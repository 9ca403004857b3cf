/** The operators the front end reads (default ONNX domain, opsets 13-21). A new operator is one rule here and one row in the docs. */
import type { Rule } from './context.ts';
import { ELEMENTWISE_RULES } from './rules-elementwise.ts';
import { LINEAR_RULES } from './rules-linear.ts';
import { MOVE_RULES } from './rules-move.ts';
import { RECURRENT_RULES } from './rules-recurrent.ts';
import { REDUCE_RULES } from './rules-reduce.ts';

export const RULES: Readonly<Record<string, Rule>> = {
  ...LINEAR_RULES,
  ...ELEMENTWISE_RULES,
  ...MOVE_RULES,
  ...REDUCE_RULES,
  ...RECURRENT_RULES,
};

/** What to do instead of an operator that has no rule. */
export const WAYS_OUT: Readonly<Record<string, string>> = {
  LSTM: 'use an RNN layer (tanh or relu), which a switch can unroll into tables',
  GRU: 'use an RNN layer (tanh or relu), which a switch can unroll into tables',
  LayerNormalization: 'use BatchNormalization: its scale is known at compile time and vanishes into the tables',
  InstanceNormalization: 'use BatchNormalization: its scale is known at compile time and vanishes into the tables',
  GroupNormalization: 'use BatchNormalization: its scale is known at compile time and vanishes into the tables',
  Einsum: 'write it with MatMul and Transpose',
  ConvTranspose: 'write it as Pad and Conv, or as a dense layer',
  TopK: 'leave the ranking to the receiver, or use ArgMax as the last node',
  If: 'export the branch that is taken',
  Loop: 'unroll the loop when exporting',
  Scan: 'unroll the loop when exporting',
  OneHot: 'use an embedding (Gather from a constant table)',
  QuantizeLinear: 'export the float model: the compiler quantises by itself',
  DequantizeLinear: 'export the float model: the compiler quantises by itself',
};
