/** The messages of onnx.proto3 that inference models use, with their field numbers (onnx/onnx.proto3, IR version 10). */
import { many, one } from './wire.ts';

export const KEY_VALUE = { key: one(1, 'string'), value: one(2, 'string') };

export const TENSOR = {
  dims: many(1, 'int'),
  dataType: one(2, 'int'),
  floatData: many(4, 'float'),
  int32Data: many(5, 'int'),
  int64Data: many(7, 'int'),
  name: one(8, 'string'),
  rawData: one(9, 'bytes'),
  doubleData: many(10, 'double'),
  uint64Data: many(11, 'int'),
  externalData: many(13, KEY_VALUE),
  dataLocation: one(14, 'int'),
};

export const ATTRIBUTE = {
  name: one(1, 'string'),
  f: one(2, 'float'),
  i: one(3, 'int'),
  s: one(4, 'bytes'),
  t: one(5, TENSOR),
  g: one(6, 'bytes'),
  floats: many(7, 'float'),
  ints: many(8, 'int'),
  strings: many(9, 'bytes'),
  type: one(20, 'int'),
};

export const NODE = {
  input: many(1, 'string'),
  output: many(2, 'string'),
  name: one(3, 'string'),
  opType: one(4, 'string'),
  attribute: many(5, ATTRIBUTE),
  domain: one(7, 'string'),
};

const DIMENSION = { value: one(1, 'int'), param: one(2, 'string') };
const SHAPE = { dim: many(1, DIMENSION) };
const TENSOR_TYPE = { elemType: one(1, 'int'), shape: one(2, SHAPE) };
const TYPE = { tensorType: one(1, TENSOR_TYPE) };
export const VALUE_INFO = { name: one(1, 'string'), type: one(2, TYPE) };

export const GRAPH = {
  node: many(1, NODE),
  name: one(2, 'string'),
  initializer: many(5, TENSOR),
  input: many(11, VALUE_INFO),
  output: many(12, VALUE_INFO),
  valueInfo: many(13, VALUE_INFO),
};

const OPSET = { domain: one(1, 'string'), version: one(2, 'int') };

export const MODEL = {
  irVersion: one(1, 'int'),
  producerName: one(2, 'string'),
  producerVersion: one(3, 'string'),
  graph: one(7, GRAPH),
  opsetImport: many(8, OPSET),
  metadataProps: many(14, KEY_VALUE),
};

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPE = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
} as const;

/** TensorProto.DataType of the types we keep. */
export const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const;

/** Half-precision types, widened on reading. */
export const FLOAT16 = 10;
export const BFLOAT16 = 16;
