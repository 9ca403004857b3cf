/** ONNX models as plain data: what the codec yields and what the compiler's front end reads (onnx.proto3, IR versions 3-10). */

/** Element types kept apart; fp16 and bfloat16 are widened to float32 on reading. */
export type TensorType =
  | 'float32'
  | 'float64'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

/** int64 and uint64 are numbers in a Float64Array (exact below 2^53; "to the end" sentinels stay huge); bool is 0 or 1. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

export interface OnnxTensor {
  readonly name: string;
  readonly type: TensorType;
  /** Empty for a scalar (data has one element). */
  readonly dims: readonly number[];
  /** Row-major. */
  readonly data: TensorData;
}

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  /** Sub-graphs, sparse tensors and references: present, not decoded. */
  | { readonly kind: 'opaque'; readonly value: string };

export interface OnnxNode {
  /** Never empty: unnamed nodes get `<op>_<position>`. */
  readonly name: string;
  readonly op: string;
  /** '' is the default domain. */
  readonly domain: string;
  /** '' marks an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: TensorType;
  /** A name for a symbolic dimension, '' when unknown; undefined when the whole shape is unknown. */
  readonly dims: readonly (number | string)[] | undefined;
}

export interface OnnxGraph {
  readonly name: string;
  /** Inputs that are not initializers. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: Readonly<Record<string, OnnxTensor>>;
  /** Declared types of intermediate values, often absent. */
  readonly values: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly irVersion: number;
  /** Operator set version per domain; '' is the default domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
}
