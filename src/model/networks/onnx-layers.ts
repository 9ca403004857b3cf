/** Layers written as ONNX nodes (operator set 17), with the values of trained parameters. */
import { type Numbers, type Picture, type Window2d, windowedSize } from '../autodiff/index.ts';
import { EPSILON } from '../autodiff/norm.ts';
import { type AttributeInput, float, type GraphBuilder } from '../onnx/build.ts';
import type { Layers } from './layers.ts';
import type { ParameterStore } from './parameters.ts';

/** A value of the ONNX graph and how wide its rows are. */
export interface OnnxRow {
  readonly name: string;
  readonly width: number;
}

interface Writer {
  readonly graph: GraphBuilder;
  readonly store: ParameterStore;
  /** Node names in use, with how often. */
  readonly names: Map<string, number>;
  readonly written: Set<string>;
}

/** TensorProto.DataType INT64. */
const INT64 = 7;

function unique(writer: Writer, name: string): string {
  const times = writer.names.get(name) ?? 0;
  writer.names.set(name, times + 1);
  return times === 0 ? name : `${name}_${times}`;
}

function node(
  writer: Writer,
  name: string,
  op: string,
  inputs: readonly string[],
  width: number,
  attributes: Record<string, AttributeInput> = {},
): OnnxRow {
  return { name: writer.graph.node(op, inputs, attributes, { name: unique(writer, name) }), width };
}

/** Write an initializer once per name. */
function weights(writer: Writer, name: string, dims: readonly number[], values: () => ArrayLike<number>): string {
  if (!writer.written.has(name)) {
    writer.written.add(name);
    writer.graph.weights(name, dims, values());
  }
  return name;
}

function ints(writer: Writer, values: readonly number[], dims?: readonly number[]): string {
  const name = `const.${dims ? 'scalar.' : ''}${values.join('_')}`;
  if (!writer.written.has(name)) {
    writer.written.add(name);
    writer.graph.ints(name, values, dims);
  }
  return name;
}

function trained(writer: Writer, name: string): Numbers {
  const found = writer.store.trained.get(name) ?? writer.store.running.get(name);
  if (!found) throw new Error(`the network was never run: no values for ${name}`);
  return 'data' in found ? found.data : found;
}

function vector(writer: Writer, name: string): string {
  const data = trained(writer, name);
  return weights(writer, name, [data.length], () => data);
}

function linearLayer(writer: Writer): Layers<OnnxRow>['linear'] {
  return (x, name, outputs, { bias = true, rows } = {}) => {
    const full = trained(writer, `${name}.weight`);
    const picked = rows?.picked;
    const weightName = picked ? `${name}.weight.${unique(writer, `${name}.part`)}` : `${name}.weight`;
    const weight = weights(writer, weightName, [x.width, outputs], () =>
      picked ? picked.flatMap((row) => Array.from(full.subarray(row * outputs, (row + 1) * outputs))) : full,
    );
    const inputs = bias ? [x.name, weight, vector(writer, `${name}.bias`)] : [x.name, weight];
    return node(writer, name, bias ? 'Gemm' : 'MatMul', inputs, outputs);
  };
}

function normLayer(writer: Writer): Layers<OnnxRow>['batchNorm'] {
  return (x, name) => {
    const parts = ['scale', 'shift', 'mean', 'variance'].map((part) => vector(writer, `${name}.${part}`));
    return node(writer, name, 'BatchNormalization', [x.name, ...parts], x.width, { epsilon: float(EPSILON) });
  };
}

function embedLayer(writer: Writer): Layers<OnnxRow>['embed'] {
  return (x, column, name, rows, dim) => {
    const at = node(writer, `${name}.column`, 'Gather', [x.name, ints(writer, [column], [])], 1, { axis: 1 });
    const index = node(writer, `${name}.index`, 'Cast', [at.name], 1, { to: INT64 });
    const table = weights(writer, `${name}.table`, [rows, dim], () => trained(writer, name));
    return node(writer, name, 'Gather', [table, index.name], dim, { axis: 0 });
  };
}

/** Rows → [batch, channels, height, width], run the node, → rows again. */
function onPicture(
  writer: Writer,
  x: OnnxRow,
  name: string,
  picture: Picture,
  width: number,
  run: (input: string) => OnnxRow,
): OnnxRow {
  const { channels, height, width: w } = picture;
  const shape = ints(writer, [-1, channels, height, w]);
  const shaped = node(writer, `${name}.picture`, 'Reshape', [x.name, shape], x.width);
  const out = run(shaped.name);
  return node(writer, `${name}.row`, 'Reshape', [out.name, ints(writer, [-1, width])], width);
}

function windowAttributes(window: Window2d): Record<string, AttributeInput> {
  const [ph, pw] = window.padding ?? [0, 0];
  return {
    kernel_shape: [...window.kernel],
    strides: [...(window.stride ?? [1, 1])],
    pads: [ph, pw, ph, pw],
  };
}

function convLayer(writer: Writer): Layers<OnnxRow>['conv'] {
  return (x, name, picture, options) => {
    const size = windowedSize(picture, options);
    const width = options.channels * size.height * size.width;
    const full = trained(writer, `${name}.weight`);
    const cells = full.length / options.channels;
    const dims = [options.channels, picture.channels, ...options.kernel];
    // Trained as [cells, channels]; ONNX wants [channels, cells].
    const weight = weights(writer, `${name}.weight`, dims, () =>
      Float64Array.from(full, (_, i) => full[(i % cells) * options.channels + Math.floor(i / cells)]),
    );
    const inputs = (options.bias ?? true) ? [weight, vector(writer, `${name}.bias`)] : [weight];
    return onPicture(writer, x, name, picture, width, (input) =>
      node(writer, name, 'Conv', [input, ...inputs], width, windowAttributes(options)),
    );
  };
}

function poolLayer(writer: Writer): Layers<OnnxRow>['maxPool'] {
  return (x, picture, window) => {
    const size = windowedSize(picture, window);
    const width = picture.channels * size.height * size.width;
    return onPicture(writer, x, 'pool', picture, width, (input) =>
      node(writer, 'pool', 'MaxPool', [input], width, windowAttributes(window)),
    );
  };
}

function columnsLayer(writer: Writer): Layers<OnnxRow>['columns'] {
  return (x, start, count) => {
    const bounds = [ints(writer, [start]), ints(writer, [start + count]), ints(writer, [1])];
    return node(writer, 'columns', 'Slice', [x.name, ...bounds], count);
  };
}

/** The layers as nodes of a graph under construction; parameters must exist (train, or run the definition once on the tape). */
export function onnxLayers(graph: GraphBuilder, store: ParameterStore): Layers<OnnxRow> {
  const writer: Writer = { graph, store, names: new Map(), written: new Set() };
  const same =
    (name: string, op: string) =>
    (x: OnnxRow): OnnxRow =>
      node(writer, name, op, [x.name], x.width);
  return {
    width: (x) => x.width,
    columns: columnsLayer(writer),
    place: (x, start, total) =>
      node(writer, 'place', 'Pad', [x.name, ints(writer, [0, start, 0, total - start - x.width])], total),
    concat: (parts) => {
      const width = parts.reduce((sum, part) => sum + part.width, 0);
      const names = parts.map((part) => part.name);
      return node(writer, 'concat', 'Concat', names, width, { axis: 1 });
    },
    sum: (parts) =>
      parts.slice(1).reduce((sum, part) => node(writer, 'sum', 'Add', [sum.name, part.name], sum.width), parts[0]),
    subtract: (a, b) => node(writer, 'subtract', 'Sub', [a.name, b.name], a.width),
    absolute: same('absolute', 'Abs'),
    mean: (x) => node(writer, 'mean', 'ReduceMean', [x.name], 1, { axes: [1], keepdims: 1 }),
    relu: same('relu', 'Relu'),
    tanh: same('tanh', 'Tanh'),
    linear: linearLayer(writer),
    batchNorm: normLayer(writer),
    embed: embedLayer(writer),
    conv: convLayer(writer),
    maxPool: poolLayer(writer),
  };
}
