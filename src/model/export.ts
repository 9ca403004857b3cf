/** A trained network → an ONNX model (operator set 17) that says which features it reads. */
import type { ModelDefinition } from './definitions/index.ts';
import { onnxLayers } from './networks/onnx-layers.ts';
import type { ParameterStore } from './networks/parameters.ts';
import { buildGraph } from './onnx/build.ts';
import { type ModelSpec, specMetadata } from './spec.ts';

/**
 * ONNX bytes with one input `features` [batch, window × features] and one output, `logits` or `score`; models with a register cell also
 * take the state before the packet and give it after.
 */
export function exportModel(definition: ModelDefinition, store: ParameterStore, spec: ModelSpec): Uint8Array {
  const graph = buildGraph({
    name: definition.id,
    metadata: { ...specMetadata(spec), 'pegasim.model': JSON.stringify(definition.id) },
  });
  const layers = onnxLayers(graph, store);
  const width = spec.window * spec.features.length;
  const input = { names: [graph.input('features', ['batch', width])], width };
  const { cell } = definition;
  if (cell && spec.state) {
    const before = { names: [graph.input(spec.state.input, ['batch', cell.units])], width: cell.units };
    const after = layers.clip(layers.sum([before, cell.move(layers, input)]), -cell.limit, cell.limit);
    const logits = cell.read(layers, after, spec.classes.length);
    graph.node('Identity', [logits.names[0]], {}, { name: 'logits' });
    graph.output('logits', ['batch', logits.width]);
    graph.node('Identity', [after.names[0]], {}, { name: spec.state.output });
    graph.output(spec.state.output, ['batch', cell.units]);
    return graph.bytes();
  }
  const result = definition.network(layers, input, spec.classes.length);
  const name = definition.task === 'anomaly' ? 'score' : 'logits';
  graph.node('Identity', [result.names[0]], {}, { name });
  graph.output(name, ['batch', result.width]);
  return graph.bytes();
}
