/** Random small ONNX networks for property tests: a list of layers on one row of features, described by plain numbers. */
import * as fc from 'fast-check';
import { buildGraph as buildOnnx, type GraphBuilder, type OnnxModel } from '../../../src/model/index.ts';
import { numbers } from './support.ts';

/** Kinds of layers; `blocks` is a dense layer that keeps pairs of features apart (an additive architecture). */
export const LAYERS = [
  'dense',
  'norm',
  'relu',
  'tanh',
  'scale',
  'pool',
  'blocks',
  'residual',
  'product',
  'conv',
  'average',
] as const;

export interface RandomNetwork {
  readonly inputs: number;
  readonly layers: readonly { readonly kind: (typeof LAYERS)[number]; readonly width: number }[];
  readonly outputs: number;
  readonly seed: number;
}

export const randomNetworks: fc.Arbitrary<RandomNetwork> = fc.record({
  inputs: fc.integer({ min: 2, max: 6 }),
  layers: fc.array(fc.record({ kind: fc.constantFrom(...LAYERS), width: fc.integer({ min: 2, max: 6 }) }), {
    minLength: 1,
    maxLength: 7,
  }),
  outputs: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 1, max: 1 << 20 }),
});

interface Row {
  readonly name: string;
  readonly width: number;
}

type Random = ReturnType<typeof numbers>;

function dense(g: GraphBuilder, x: Row, width: number, random: Random, keep: (i: number, o: number) => boolean): Row {
  const id = g.model().graph.nodes.length;
  const w = random(x.width * width).map((v, k) => (keep(Math.floor(k / width), k % width) ? v : 0));
  const inputs = [x.name, g.weights(`w${id}`, [x.width, width], w), g.weights(`b${id}`, [width], random(width))];
  return { name: g.node('Gemm', inputs), width };
}

function picture(g: GraphBuilder, x: Row, use: (name: string) => string): string {
  const id = g.model().graph.nodes.length;
  const shaped = g.node('Reshape', [x.name, g.ints(`s${id}`, [-1, 1, x.width])]);
  return g.node('Flatten', [use(shaped)]);
}

function layer(g: GraphBuilder, x: Row, kind: (typeof LAYERS)[number], width: number, random: Random): Row {
  const id = g.model().graph.nodes.length;
  const unary = (op: string): Row => ({ name: g.node(op, [x.name]), width: x.width });
  switch (kind) {
    case 'dense':
      return dense(g, x, width, random, () => true);
    case 'blocks':
      return dense(g, x, x.width, random, (i, o) => i >> 1 === o >> 1);
    case 'norm': {
      const parts = [0, 1, 2].map((p) => g.weights(`n${id}.${p}`, [x.width], random(x.width)));
      const variance = g.weights(
        `n${id}.3`,
        [x.width],
        random(x.width).map((v) => 0.3 + Math.abs(v)),
      );
      return { name: g.node('BatchNormalization', [x.name, ...parts, variance]), width: x.width };
    }
    case 'relu':
      return unary('Relu');
    case 'tanh':
      return unary('Tanh');
    case 'scale':
      return { name: g.node('Mul', [x.name, g.weights(`m${id}`, [x.width], random(x.width))]), width: x.width };
    case 'residual':
      return { name: g.node('Add', [x.name, g.node('Tanh', [x.name])]), width: x.width };
    case 'product': {
      if (x.width < 2) return x;
      const half = x.width >> 1;
      const take = (from: number, tag: string): string =>
        g.node('Slice', [
          x.name,
          g.ints(`p${id}${tag}s`, [from]),
          g.ints(`p${id}${tag}e`, [from + half]),
          g.ints(`p${id}${tag}a`, [1]),
        ]);
      return { name: g.node('Mul', [take(0, 'a'), take(half, 'b')]), width: half };
    }
    case 'pool':
    case 'average': {
      if (x.width < 2) return x;
      const op = kind === 'pool' ? 'MaxPool' : 'AveragePool';
      return {
        name: picture(g, x, (name) => g.node(op, [name], { kernel_shape: [2], strides: [2] })),
        width: x.width >> 1,
      };
    }
    case 'conv': {
      if (x.width < 3) return x;
      const w = g.weights(`c${id}`, [2, 1, 3], random(6));
      return { name: picture(g, x, (name) => g.node('Conv', [name, w])), width: 2 * (x.width - 2) };
    }
  }
}

/** The network as an ONNX model with one input [batch, inputs] and one output [batch, outputs]. */
export function buildRandom(network: RandomNetwork): { readonly model: OnnxModel; readonly bytes: Uint8Array } {
  const g = buildOnnx({ opset: 17 });
  const random = numbers(network.seed);
  let x: Row = { name: g.input('x', ['batch', network.inputs]), width: network.inputs };
  for (const { kind, width } of network.layers) x = layer(g, x, kind, width, random);
  x = dense(g, x, network.outputs, random, () => true);
  g.output(x.name, ['batch', network.outputs]);
  return { model: g.model(), bytes: g.bytes() };
}
