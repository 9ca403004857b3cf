/**
 * The float side: ONNX files as plain data (codec and builder), the float reference (ONNX Runtime), the definitions of the six models and their variants,
 * layers, optimiser and automatic differentiation, training and export.
 */

export {
  MODEL_IDS,
  type ModelDefinition,
  type ModelId,
  modelDefinition,
  models,
  variants,
} from './definitions/index.ts';
export { argmaxRows, confusion, macroF1, rocAuc } from './metrics.ts';
export {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  tensorAttribute,
} from './onnx/attributes.ts';
export type { AttributeInput, BuildOptions, GraphBuilder, NodeOptions } from './onnx/build.ts';
export { buildGraph, float, tensor } from './onnx/build.ts';
export { encodeOnnx } from './onnx/encode.ts';
export { parseOnnx } from './onnx/parse.ts';
export type {
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
  TensorData,
  TensorType,
} from './onnx/types.ts';
export type { Advanced, FloatReference, ReferenceOptions } from './reference.ts';
export { openReference } from './reference.ts';
export { parameterTotal } from './size.ts';
export type { ModelSpec, StateNames, TrainedOn } from './spec.ts';
export { checkModelSpec, readModelSpec, specMetadata } from './spec.ts';
export type { EpochRecord, TrainedModel, TrainOptions } from './training/options.ts';
export { type ChosenThreshold, chooseThreshold } from './training/threshold.ts';
export { trainModel } from './training/train.ts';
