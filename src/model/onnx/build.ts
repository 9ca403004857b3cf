/** A tiny ONNX graph builder: one call per node, weights inline. Model export uses it, and so do tests of the compiler's front end. */
import { encodeOnnx } from './encode.ts';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue, TensorData, TensorType } from './types.ts';

/** Attribute values as written by hand: integral numbers become ints, so mark floats with `float(1)`. */
export type AttributeInput = number | string | readonly number[] | OnnxTensor | OnnxAttribute;

/** A float attribute, even when the number is integral. */
export function float(value: number): OnnxAttribute {
  return { kind: 'float', value };
}

export function tensor(type: TensorType, dims: readonly number[], values: ArrayLike<number>, name = ''): OnnxTensor {
  const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array, int8: Int8Array };
  const wide = { float64: Float64Array, int64: Float64Array, uint64: Float64Array };
  const others = { int16: Int16Array, uint16: Uint16Array, uint32: Uint32Array };
  const data: TensorData = { ...arrays, ...wide, ...others }[type].from(values);
  return { name, type, dims, data };
}

function toAttribute(input: AttributeInput): OnnxAttribute {
  if (typeof input === 'number') {
    return { kind: Number.isInteger(input) ? 'int' : 'float', value: input };
  }
  if (typeof input === 'string') return { kind: 'string', value: input };
  if (Array.isArray(input)) return { kind: input.every(Number.isInteger) ? 'ints' : 'floats', value: input };
  if ('kind' in input) return input;
  return { kind: 'tensor', value: input as OnnxTensor };
}

export interface NodeOptions {
  readonly name?: string;
  /** Number of outputs (default 1), named `<name>`, `<name>.1`, …; or their names. */
  readonly outputs?: number | readonly string[];
  readonly domain?: string;
}

export interface GraphBuilder {
  /** Declare a graph input; returns its name. Symbolic dimensions as strings. */
  input(name: string, dims: readonly (number | string)[], type?: TensorType): string;
  /** Float weights; returns the initializer's name. */
  weights(name: string, dims: readonly number[], values: ArrayLike<number>): string;
  /** int64 constants such as shapes, axes and indices. */
  ints(name: string, values: readonly number[], dims?: readonly number[]): string;
  initializer(value: OnnxTensor): string;
  /** Add a node; returns its first output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Record<string, AttributeInput>,
    options?: NodeOptions,
  ): string;
  /** Add a node with several outputs; returns them all. */
  nodes(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Record<string, AttributeInput>,
    options?: NodeOptions,
  ): readonly string[];
  output(name: string, dims: readonly (number | string)[], type?: TensorType): void;
  model(): OnnxModel;
  bytes(): Uint8Array;
}

export interface BuildOptions {
  readonly opset?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producer?: string;
  readonly name?: string;
}

/** Operator set written by default; opset 17 is what IR version 8 carries. */
const OPSET = 17;
const IR_VERSION = 8;

/** Start an empty graph. Names must be unique; a repeated one throws. */
export function buildGraph(options: BuildOptions = {}): GraphBuilder {
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const nodes: OnnxNode[] = [];
  const initializers: Record<string, OnnxTensor> = {};
  const names = new Set<string>();
  const claim = (name: string): string => {
    if (names.has(name)) throw new Error(`two values are called ${name}`);
    names.add(name);
    return name;
  };
  const initializer = (value: OnnxTensor): string => {
    initializers[claim(value.name)] = value;
    return value.name;
  };
  const outputNames = (name: string, wanted: number | readonly string[]): readonly string[] =>
    typeof wanted === 'number' ? Array.from({ length: wanted }, (_, k) => (k === 0 ? name : `${name}.${k}`)) : wanted;
  const addNode: GraphBuilder['nodes'] = (op, from, count, attributes = {}, extra = {}) => {
    const name = extra.name ?? `${op.toLowerCase()}_${nodes.length}`;
    const to = outputNames(name, extra.outputs ?? count).map(claim);
    const entries = Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)] as const);
    const domain = extra.domain ?? '';
    nodes.push({ name, op, domain, inputs: from, outputs: to, attributes: Object.fromEntries(entries) });
    return to;
  };
  const model = (): OnnxModel => ({
    irVersion: IR_VERSION,
    opsets: { '': options.opset ?? OPSET },
    producer: options.producer ?? 'pegasim',
    metadata: options.metadata ?? {},
    graph: { name: options.name ?? 'graph', inputs, outputs, nodes, initializers, values: [] },
  });
  return {
    input(name, dims, type = 'float32') {
      inputs.push({ name: claim(name), type, dims });
      return name;
    },
    weights: (name, dims, values) => initializer(tensor('float32', dims, values, name)),
    ints: (name, values, dims = [values.length]) => initializer(tensor('int64', dims, values, name)),
    initializer,
    node: (op, from, attributes, extra) => addNode(op, from, 1, attributes, extra)[0],
    nodes: addNode,
    output: (name, dims, type = 'float32') => void outputs.push({ name, type, dims }),
    model,
    bytes: () => encodeOnnx(model()),
  };
}
