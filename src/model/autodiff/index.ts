/** A small reverse-mode differentiator: enough to train the six models and to fine-tune tables. */
export { type Adam, adamStep, createAdam } from './adam.ts';
export { type Backend, type Precision, plainBackend, wasmBackend } from './backend.ts';
export { conv2d, maxPool2d, type Picture, pick, type Window2d, windowedSize } from './conv.ts';
export { addBias, addScaled, matmul, multiply } from './dense.ts';
export { absolute, clip, relu, sigmoid, tanh } from './elementwise.ts';
export type { Numbers } from './kernels.ts';
export { meanAbsolute, meanSquare, softmaxCrossEntropy, softmaxRows, softTargetCrossEntropy } from './loss.ts';
export { type BatchNormState, batchNorm } from './norm.ts';
export { createRandom, type Random, shuffle } from './random.ts';
export { columns, concat, gather, isolateColumns, reshape, sumRows } from './shape.ts';
export { argmaxStraightThrough, signStraightThrough } from './straight-through.ts';
export {
  backward,
  clearTape,
  constant,
  createTape,
  gradient,
  load,
  parameter,
  record,
  result,
  type Tape,
  take,
  type Variable,
  withoutRecording,
} from './tape.ts';
