/** Writing nodes and weights of a network: unique names, every initializer once. */

import type { Numbers } from '../autodiff/index.ts';
import type { AttributeInput, GraphBuilder } from '../onnx/build.ts';
import type { ParameterStore } from './parameters.ts';

/** A value of the ONNX graph: one name per stacked part, all of the same width. */
export interface OnnxRow {
  readonly names: readonly string[];
  readonly width: number;
}

export interface OnnxWriter {
  /** Add a node called `name` (numbered when taken); returns its output. */
  node(name: string, op: string, inputs: readonly string[], attributes?: Record<string, AttributeInput>): string;
  /** A float initializer; written at its first use. */
  weights(name: string, dims: readonly number[], values: () => ArrayLike<number>): string;
  /** int64 constants by value; `dims` [] for a scalar. */
  ints(values: readonly number[], dims?: readonly number[]): string;
  /** The values of a trained or running array. */
  trained(name: string): Numbers;
  /** A whole parameter vector as an initializer. */
  vector(name: string): string;
}

export function openWriter(graph: GraphBuilder, store: ParameterStore): OnnxWriter {
  const taken = new Map<string, number>();
  const written = new Set<string>();
  const once = (name: string, write: () => void): string => {
    if (!written.has(name)) write();
    written.add(name);
    return name;
  };
  const trained = (name: string): Numbers => {
    const found = store.trained.get(name)?.data ?? store.running.get(name);
    if (!found) throw new Error(`the network was never run: no values for ${name}`);
    return found;
  };
  const weights: OnnxWriter['weights'] = (name, dims, values) =>
    once(name, () => {
      graph.weights(name, dims, values());
    });
  return {
    node(name, op, inputs, attributes = {}) {
      const times = taken.get(name) ?? 0;
      taken.set(name, times + 1);
      return graph.node(op, inputs, attributes, { name: times === 0 ? name : `${name}_${times}` });
    },
    weights,
    ints: (values, dims) =>
      once(`const.${dims ? 'scalar.' : ''}${values.join('_')}`, () => {
        graph.ints(`const.${dims ? 'scalar.' : ''}${values.join('_')}`, values, dims);
      }),
    trained,
    vector: (name) => weights(name, [trained(name).length], () => trained(name)),
  };
}
