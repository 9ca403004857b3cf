/** What a rule for one ONNX operator sees: the node, its operands, and the network being built. */
import type { OnnxNode } from '../../../model/index.ts';
import { constantOf, type IrBuilder, type Origin, type Ref, refuse } from './builder.ts';

export interface NodeContext {
  readonly b: IrBuilder;
  readonly node: OnnxNode;
  readonly origin: Origin;
  readonly opset: number;
  /** Nothing but the output and order-preserving nodes follow. */
  readonly final: boolean;
  /** Omitted optional inputs are undefined. */
  readonly inputs: readonly (Ref | undefined)[];
}

/** Turns one ONNX node into operations; returns its outputs in order. */
export type Rule = (c: NodeContext) => readonly Ref[];

/** Operand `i`, which must be present. */
export function operand(c: NodeContext, i: number): Ref {
  const ref = c.inputs[i];
  if (!ref) refuse(c.origin, `input ${i} is missing`, 'check the exported model in ONNX Runtime first');
  return ref;
}

/** The value of a constant operand; refuses activations there. `what` names the operand. */
export function constantOperand(c: NodeContext, i: number, what: string): Float64Array {
  const value = constantOf(c.b, operand(c, i).id);
  if (!value) {
    refuse(c.origin, `${what} is computed from the input`, `export the model with a constant ${what} (initializer)`);
  }
  return value;
}

/** The value of an optional constant operand. */
export function optionalConstant(c: NodeContext, i: number, what: string): Float64Array | undefined {
  return c.inputs[i] ? constantOperand(c, i, what) : undefined;
}

/** Axis counted from the end when negative. */
export function axisOf(c: NodeContext, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= Math.max(rank, 1)) {
    refuse(
      c.origin,
      `axis ${axis} is outside a tensor of rank ${rank}`,
      'check the exported model in ONNX Runtime first',
    );
  }
  return at;
}
