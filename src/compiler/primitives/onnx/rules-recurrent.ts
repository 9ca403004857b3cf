/** The RNN operator, unrolled over its sequence: h[t] = f(W x[t] + R h[t−1] + b). */
import { floatAttribute, intAttribute, stringAttribute } from '../../../model/index.ts';
import type { ScalarFn } from '../ir.ts';
import { add, constantOf, move, moveMany, type Ref, refuse, unary } from './builder.ts';
import { constantOperand, type NodeContext, operand, optionalConstant, type Rule } from './context.ts';
import { dense } from './rules-linear.ts';
import { activation } from './scalar.ts';
import { sizeOf } from './shape.ts';

interface Cell {
  readonly hidden: number;
  readonly weight: Float64Array;
  readonly recurrent: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly initial: Ref | undefined;
  readonly backwards: boolean;
  readonly activation: string;
  /** Bound of the sums in front of the activation; Infinity: none. */
  readonly clip: number;
}

function stepInput(c: NodeContext, x: Ref, t: number, batchFirst: boolean): Ref {
  const features = x.shape[2];
  const src = Int32Array.from({ length: features }, (_, i) => t * features + i);
  const one = batchFirst ? x.shape[0] : x.shape[1];
  if (one !== 1) refuse(c.origin, `a recurrent layer with batch ${one} per row`, 'feed one sequence per row');
  return move(c.b, c.origin, x, src, [1, features]);
}

/** All hidden states of one direction, in sequence order. */
function unroll(c: NodeContext, x: Ref, steps: number, batchFirst: boolean, cell: Cell): Ref[] {
  const fn = activation(cell.activation);
  if (!fn) refuse(c.origin, `activation ${cell.activation}`, 'use Tanh, Relu or Sigmoid');
  const states = new Array<Ref>(steps);
  let h = cell.initial;
  for (let i = 0; i < steps; i++) {
    const t = cell.backwards ? steps - 1 - i : i;
    let z = dense(c, stepInput(c, x, t, batchFirst), cell.weight, cell.bias, cell.hidden);
    if (h) z = add(c.b, c.origin, z, dense(c, h, cell.recurrent, undefined, cell.hidden));
    if (cell.clip < Number.POSITIVE_INFINITY) z = unary(c.b, c.origin, z, clipTo(cell.clip));
    h = unary(c.b, c.origin, z, fn);
    states[t] = h;
  }
  return states;
}

function clipTo(bound: number): ScalarFn {
  return { name: 'clip', f: (x) => Math.min(bound, Math.max(-bound, x)) };
}

/** Input and recurrent bias, added; undefined when absent. */
function biasOf(bias: Float64Array | undefined, direction: number, hidden: number): Float64Array | undefined {
  const from = direction * 2 * hidden;
  return bias && Float64Array.from({ length: hidden }, (_, i) => bias[from + i] + bias[from + hidden + i]);
}

/** An initial state of zeros is left out. */
function initialState(c: NodeContext, direction: number, hidden: number): Ref | undefined {
  const given = c.inputs[5];
  if (!given || constantOf(c.b, given.id)?.every((v) => v === 0)) return undefined;
  const src = Int32Array.from({ length: hidden }, (_, i) => direction * hidden + i);
  return move(c.b, c.origin, given, src, [1, hidden]);
}

function activationsOf(c: NodeContext): readonly string[] {
  const attribute = c.node.attributes.activations;
  return attribute?.kind === 'strings' ? attribute.value : [];
}

const rnn: Rule = (c) => {
  const x = operand(c, 0);
  const w = operand(c, 1);
  const batchFirst = intAttribute(c.node, 'layout', 0) === 1;
  const direction = stringAttribute(c.node, 'direction', 'forward');
  if (c.inputs[4] && !constantOf(c.b, c.inputs[4].id)?.every((n) => n === x.shape[batchFirst ? 1 : 0])) {
    refuse(c.origin, 'sequences of varying length', 'leave sequence_lens out');
  }
  const [directions, hidden, features] = w.shape;
  const steps = x.shape[batchFirst ? 1 : 0];
  const weight = constantOperand(c, 1, 'weight');
  const recurrent = constantOperand(c, 2, 'recurrent weight');
  const bias = optionalConstant(c, 3, 'bias');
  const names = activationsOf(c);
  const states = Array.from({ length: directions }, (_, d) =>
    unroll(c, x, steps, batchFirst, {
      hidden,
      weight: weight.slice(d * hidden * features, (d + 1) * hidden * features),
      recurrent: recurrent.slice(d * hidden * hidden, (d + 1) * hidden * hidden),
      bias: biasOf(bias, d, hidden),
      initial: initialState(c, d, hidden),
      backwards: direction === 'reverse' || d === 1,
      activation: names[d] ?? 'Tanh',
      clip: floatAttribute(c.node, 'clip', Number.POSITIVE_INFINITY),
    }),
  );
  // Both layouts have the same element order for one sequence per row: [step][direction][hidden].
  const all = Array.from({ length: steps }, (_, t) => states.map((h) => h[t])).flat();
  const last = states.map((h, d) => h[direction === 'reverse' || d === 1 ? 0 : steps - 1]);
  const join = (parts: readonly Ref[], shape: readonly number[]): Ref =>
    moveMany(
      c.b,
      c.origin,
      parts,
      Int32Array.from({ length: sizeOf(shape) }, (_, i) => i),
      shape,
    );
  const y = join(all, batchFirst ? [1, steps, directions, hidden] : [steps, directions, 1, hidden]);
  return [y, join(last, batchFirst ? [1, directions, hidden] : [directions, 1, hidden])];
};

export const RECURRENT_RULES: Readonly<Record<string, Rule>> = { RNN: rnn };
