/** Layers written as ONNX nodes (operator set 17), with the values of trained parameters; every stacked part is a branch of its own. */
import { type Picture, type Window2d, windowedSize } from '../autodiff/index.ts';
import { EPSILON } from '../autodiff/norm.ts';
import { type AttributeInput, float, type GraphBuilder } from '../onnx/build.ts';
import type { Layers } from './layers.ts';
import { type OnnxRow, type OnnxWriter, openWriter } from './onnx-writer.ts';
import type { ParameterStore } from './parameters.ts';

type OnnxLayers = Layers<OnnxRow>;

/** TensorProto.DataType INT64. */
const INT64 = 7;

/** The same for every part. */
function eachPart(x: OnnxRow, width: number, write: (name: string, part: number) => string): OnnxRow {
  return { names: x.names.map(write), width };
}

function sumNames(writer: OnnxWriter, names: readonly string[]): string {
  return names.slice(1).reduce((sum, name) => writer.node('sum', 'Add', [sum, name]), names[0]);
}

function slice(writer: OnnxWriter, name: string, start: number, count: number): string {
  const bounds = [writer.ints([start]), writer.ints([start + count]), writer.ints([1])];
  return writer.node('columns', 'Slice', [name, ...bounds]);
}

function shapeLayers(
  writer: OnnxWriter,
): Pick<OnnxLayers, 'stack' | 'join' | 'sumParts' | 'isolate' | 'columns' | 'concat' | 'sum'> {
  const starts = (x: OnnxRow, step: number): number[] =>
    Array.from({ length: Math.ceil(x.width / step) }, (_, k) => k * step);
  return {
    stack: (x, parts) => {
      const width = x.width / parts;
      return { names: x.names.flatMap((name) => starts(x, width).map((at) => slice(writer, name, at, width))), width };
    },
    join: (x) => ({ names: [writer.node('join', 'Concat', x.names, { axis: 1 })], width: x.width * x.names.length }),
    sumParts: (x, parts) => {
      const count = x.names.length / parts;
      const groups = Array.from({ length: count }, (_, k) => x.names.slice(k * parts, (k + 1) * parts));
      return { names: groups.map((names) => sumNames(writer, names)), width: x.width };
    },
    isolate: (x, width) => {
      const alone = (name: string, at: number): string => {
        const count = Math.min(width, x.width - at);
        const pads = writer.ints([0, at, 0, x.width - at - count]);
        return writer.node('isolate', 'Pad', [slice(writer, name, at, count), pads]);
      };
      return { names: x.names.flatMap((name) => starts(x, width).map((at) => alone(name, at))), width: x.width };
    },
    columns: (x, start, count) => eachPart(x, count, (name) => slice(writer, name, start, count)),
    concat: (parts) => {
      const width = parts.reduce((sum, part) => sum + part.width, 0);
      const join = (k: number): string =>
        writer.node(
          'concat',
          'Concat',
          parts.map((x) => x.names[k]),
          { axis: 1 },
        );
      return { names: parts[0].names.map((_, k) => join(k)), width };
    },
    sum: (parts) =>
      eachPart(parts[0], parts[0].width, (_, k) =>
        sumNames(
          writer,
          parts.map((x) => x.names[k]),
        ),
      ),
  };
}

/** Rows of a weight matrix as an initializer of its own; −1 gives zeros. */
function weightRows(writer: OnnxWriter, name: string, part: number, rows: readonly number[], outputs: number): string {
  const full = writer.trained(`${name}.weight`);
  return writer.weights(`${name}.weight.${part}`, [rows.length, outputs], () =>
    rows.flatMap((row) => Array.from({ length: outputs }, (_, j) => (row < 0 ? 0 : full[row * outputs + j]))),
  );
}

function linearLayers(writer: OnnxWriter): Pick<OnnxLayers, 'linear' | 'linearPair' | 'linearAcross' | 'linearBlocks'> {
  const gemm = (x: OnnxRow, name: string, outputs: number, bias: boolean): OnnxRow => {
    const weight = writer.weights(`${name}.weight`, [x.width, outputs], () => writer.trained(`${name}.weight`));
    const shift = bias ? [writer.vector(`${name}.bias`)] : [];
    return eachPart(x, outputs, (input) => writer.node(name, bias ? 'Gemm' : 'MatMul', [input, weight, ...shift]));
  };
  const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  return {
    linear: (x, name, outputs, { bias = true } = {}) => gemm(x, name, outputs, bias),
    linearPair: (x, names, widths) => gemm(gemm(x, names[0], widths[0], true), names[1], widths[1], false),
    linearAcross: (x, name, outputs, { bias = true, rows } = {}) => {
      const products = x.names.map((input, part) => {
        const own = rows ? rows.picked.slice(part * x.width, (part + 1) * x.width) : range(part * x.width, x.width);
        const weight = weightRows(writer, name, part, own, outputs);
        // The bias enters once, with the last part.
        const last = bias && part === x.names.length - 1;
        const shift = last ? [writer.vector(`${name}.bias`)] : [];
        return writer.node(name, last ? 'Gemm' : 'MatMul', [input, weight, ...shift]);
      });
      return { names: [sumNames(writer, products)], width: outputs };
    },
    linearBlocks: (x, name, block, outputs) => {
      const one = (input: string, k: number): string => {
        const weight = weightRows(writer, name, k, range(k * block, block), outputs);
        return writer.node(name, 'MatMul', [slice(writer, input, k * block, block), weight]);
      };
      return { names: x.names.flatMap((input) => range(0, x.width / block).map((k) => one(input, k))), width: outputs };
    },
  };
}

function embedLayer(writer: OnnxWriter): OnnxLayers['embed'] {
  return (x, column, name, rows, dim) => {
    const table = writer.weights(`${name}.table`, [rows, dim], () => writer.trained(name));
    return eachPart(x, dim, (input) => {
      const at = writer.node(`${name}.column`, 'Gather', [input, writer.ints([column], [])], { axis: 1 });
      return writer.node(name, 'Gather', [table, writer.node(`${name}.index`, 'Cast', [at], { to: INT64 })], {
        axis: 0,
      });
    });
  };
}

/** Rows → [batch, channels, height, width], run the node, → rows again. */
function onPicture(writer: OnnxWriter, picture: Picture, name: string, width: number, run: (input: string) => string) {
  const shape = writer.ints([-1, picture.channels, picture.height, picture.width]);
  const flat = writer.ints([-1, width]);
  return (input: string): string => {
    const shaped = writer.node(`${name}.picture`, 'Reshape', [input, shape]);
    return writer.node(`${name}.row`, 'Reshape', [run(shaped), flat]);
  };
}

function windowAttributes(window: Window2d): Record<string, AttributeInput> {
  const [ph, pw] = window.padding ?? [0, 0];
  return { kernel_shape: [...window.kernel], strides: [...(window.stride ?? [1, 1])], pads: [ph, pw, ph, pw] };
}

function pictureLayers(writer: OnnxWriter): Pick<OnnxLayers, 'conv' | 'maxPool'> {
  return {
    conv: (x, name, picture, options) => {
      const size = windowedSize(picture, options);
      const width = options.channels * size.height * size.width;
      const full = writer.trained(`${name}.weight`);
      const cells = full.length / options.channels;
      // Trained as [cells, channels]; ONNX wants [channels, cells].
      const weight = writer.weights(`${name}.weight`, [options.channels, picture.channels, ...options.kernel], () =>
        Float64Array.from(full, (_, i) => full[(i % cells) * options.channels + Math.floor(i / cells)]),
      );
      const inputs = (options.bias ?? true) ? [weight, writer.vector(`${name}.bias`)] : [weight];
      const run = (input: string): string => writer.node(name, 'Conv', [input, ...inputs], windowAttributes(options));
      return eachPart(x, width, onPicture(writer, picture, name, width, run));
    },
    maxPool: (x, picture, window) => {
      const size = windowedSize(picture, window);
      const width = picture.channels * size.height * size.width;
      const run = (input: string): string => writer.node('pool', 'MaxPool', [input], windowAttributes(window));
      return eachPart(x, width, onPicture(writer, picture, 'pool', width, run));
    },
  };
}

/** The layers as nodes of a graph under construction; parameters must exist (train, or run the definition once on the tape). */
export function onnxLayers(graph: GraphBuilder, store: ParameterStore): Layers<OnnxRow> {
  const writer = openWriter(graph, store);
  const same =
    (name: string, op: string) =>
    (x: OnnxRow): OnnxRow =>
      eachPart(x, x.width, (input) => writer.node(name, op, [input]));
  return {
    ...shapeLayers(writer),
    ...linearLayers(writer),
    ...pictureLayers(writer),
    subtract: (a, b) => eachPart(a, a.width, (name, k) => writer.node('subtract', 'Sub', [name, b.names[k]])),
    absolute: same('absolute', 'Abs'),
    mean: (x) => eachPart(x, 1, (name) => writer.node('mean', 'ReduceMean', [name], { axes: [1], keepdims: 1 })),
    relu: same('relu', 'Relu'),
    tanh: same('tanh', 'Tanh'),
    clip: (x, low, high) => {
      const bounds = [low, high].map((bound) => writer.weights(`bound.${bound}`, [], () => [bound]));
      return eachPart(x, x.width, (input) => writer.node('clip', 'Clip', [input, ...bounds]));
    },
    batchNorm: (x, name) => {
      const parts = ['scale', 'shift', 'mean', 'variance'].map((part) => writer.vector(`${name}.${part}`));
      const attributes = { epsilon: float(EPSILON) };
      return eachPart(x, x.width, (input) => writer.node(name, 'BatchNormalization', [input, ...parts], attributes));
    },
    embed: embedLayer(writer),
  };
}
