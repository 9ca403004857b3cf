/** A trained network → an ONNX model (operator set 17) that says which features it reads. */
import type { ModelDefinition } from './definitions/index.ts';
import { onnxLayers } from './networks/onnx-layers.ts';
import type { ParameterStore } from './networks/parameters.ts';
import { buildGraph } from './onnx/build.ts';
import { type ModelSpec, specMetadata } from './spec.ts';

/** ONNX bytes with one input `features` [batch, window × features] and one output, `logits` or `score`. */
export function exportModel(definition: ModelDefinition, store: ParameterStore, spec: ModelSpec): Uint8Array {
  const graph = buildGraph({
    name: definition.id,
    metadata: { ...specMetadata(spec), 'pegasim.model': JSON.stringify(definition.id) },
  });
  const width = spec.window * spec.features.length;
  const input = { names: [graph.input('features', ['batch', width])], width };
  const result = definition.network(onnxLayers(graph, store), input, spec.classes.length);
  const name = definition.task === 'anomaly' ? 'score' : 'logits';
  graph.node('Identity', [result.names[0]], {}, { name });
  graph.output(name, ['batch', result.width]);
  return graph.bytes();
}
