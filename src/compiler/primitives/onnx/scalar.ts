/** Scalar functions of the elementwise operators, in float64. */
import { floatAttribute, stringAttribute } from '../../../model/index.ts';
import type { ScalarFn } from '../ir.ts';
import type { NodeContext } from './context.ts';

/** erf to about 1e-15: Maclaurin series below 2, continued fraction of erfc above (Abramowitz & Stegun 7.1.5, 7.1.14). */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 60 && Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => (x > 30 ? x : Math.log1p(Math.exp(x)));

/**
 * Whole part towards zero. Numbers of a network are float32: x / 49 is computed here as x · (1 / 49) in float64, which at 49 is a hair less
 * than 1, so functions that jump round to float32 first.
 */
export const truncated = (x: number): number => Math.trunc(Math.fround(x));

/** ONNX rounds half to even. */
function roundEven(x: number): number {
  const r = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

const PLAIN: Readonly<Record<string, ((x: number) => number) | undefined>> = {
  Relu: (x) => Math.max(x, 0),
  Sigmoid: sigmoid,
  Tanh: Math.tanh,
  Erf: erf,
  Abs: Math.abs,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Softplus: softplus,
  Softsign: (x) => x / (1 + Math.abs(x)),
  Mish: (x) => x * Math.tanh(softplus(x)),
  HardSwish: (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
  Sign: Math.sign,
  Floor: (x) => Math.floor(Math.fround(x)),
  Ceil: (x) => Math.ceil(Math.fround(x)),
  Round: (x) => roundEven(Math.fround(x)),
  Sin: Math.sin,
  Cos: Math.cos,
  Not: (x) => (x ? 0 : 1),
};

function gelu(c: NodeContext): (x: number) => number {
  if (stringAttribute(c.node, 'approximate', 'none') === 'tanh') {
    const k = Math.sqrt(2 / Math.PI);
    return (x) => 0.5 * x * (1 + Math.tanh(k * (x + 0.044715 * x ** 3)));
  }
  return (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
}

/** Functions with attributes; defaults are ONNX's. */
const SHAPED: Readonly<Record<string, ((c: NodeContext) => (x: number) => number) | undefined>> = {
  LeakyRelu: (c) => {
    const alpha = floatAttribute(c.node, 'alpha', 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  },
  Elu: (c) => {
    const alpha = floatAttribute(c.node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Celu: (c) => {
    const alpha = floatAttribute(c.node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x);
  },
  Selu: (c) => {
    const alpha = floatAttribute(c.node, 'alpha', 1.6732632423543772);
    const gamma = floatAttribute(c.node, 'gamma', 1.0507009873554805);
    return (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x);
  },
  HardSigmoid: (c) => {
    const alpha = floatAttribute(c.node, 'alpha', 0.2);
    const beta = floatAttribute(c.node, 'beta', 0.5);
    return (x) => Math.min(1, Math.max(0, alpha * x + beta));
  },
  ThresholdedRelu: (c) => {
    const alpha = floatAttribute(c.node, 'alpha', 1);
    return (x) => (x > alpha ? x : 0);
  },
  Gelu: gelu,
};

/** The scalar function of an elementwise node, or undefined for other operators. */
export function scalarOf(c: NodeContext): ScalarFn | undefined {
  const name = c.node.op;
  const f = PLAIN[name] ?? SHAPED[name]?.(c);
  return f && { name: name.toLowerCase(), f };
}

export const SCALAR_OPS: readonly string[] = [...Object.keys(PLAIN), ...Object.keys(SHAPED)];

const CELL_ACTIVATIONS: ReadonlyMap<string, (x: number) => number> = new Map([
  ['tanh', Math.tanh],
  ['relu', (x) => Math.max(x, 0)],
  ['sigmoid', sigmoid],
]);

/** Activations of the recurrent operator by name, in any case. */
export function activation(name: string): ScalarFn | undefined {
  const f = CELL_ACTIVATIONS.get(name.toLowerCase());
  return f && { name: name.toLowerCase(), f };
}
