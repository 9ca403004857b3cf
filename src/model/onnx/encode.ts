/** OnnxModel → .onnx bytes. Deterministic: the same model gives the same bytes. */
import { type ATTRIBUTE, ATTRIBUTE_TYPE, DATA_TYPE, type GRAPH, MODEL, type NODE, type VALUE_INFO } from './schema.ts';
import { encodeTensor } from './tensor.ts';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxValue } from './types.ts';
import { type Writable, writeMessage } from './wire.ts';

const utf8 = new TextEncoder();

function encodeAttribute(name: string, attribute: OnnxAttribute): Writable<typeof ATTRIBUTE> {
  switch (attribute.kind) {
    case 'int':
      return { name, i: attribute.value, type: ATTRIBUTE_TYPE.INT };
    case 'float':
      return { name, f: attribute.value, type: ATTRIBUTE_TYPE.FLOAT };
    case 'string':
      return { name, s: utf8.encode(attribute.value), type: ATTRIBUTE_TYPE.STRING };
    case 'ints':
      return { name, ints: attribute.value, type: ATTRIBUTE_TYPE.INTS };
    case 'floats':
      return { name, floats: attribute.value, type: ATTRIBUTE_TYPE.FLOATS };
    case 'strings':
      return { name, strings: attribute.value.map((text) => utf8.encode(text)), type: ATTRIBUTE_TYPE.STRINGS };
    case 'tensor':
      return { name, t: encodeTensor(attribute.value), type: ATTRIBUTE_TYPE.TENSOR };
    case 'opaque':
      throw new Error(`attribute ${name} was not decoded (${attribute.value}) and cannot be written`);
  }
}

function encodeNode(node: OnnxNode): Writable<typeof NODE> {
  const attribute = Object.keys(node.attributes)
    .sort()
    .map((name) => encodeAttribute(name, node.attributes[name]));
  return {
    input: node.inputs,
    output: node.outputs,
    name: node.name,
    opType: node.op,
    attribute,
    domain: node.domain || undefined,
  };
}

function encodeValue(value: OnnxValue): Writable<typeof VALUE_INFO> {
  const dim = value.dims?.map((size) => (typeof size === 'number' ? { value: size } : { param: size }));
  return {
    name: value.name,
    type: { tensorType: { elemType: DATA_TYPE[value.type], shape: dim ? { dim } : undefined } },
  };
}

function encodeGraph(graph: OnnxGraph): Writable<typeof GRAPH> {
  return {
    node: graph.nodes.map(encodeNode),
    name: graph.name,
    initializer: Object.values(graph.initializers).map(encodeTensor),
    input: graph.inputs.map(encodeValue),
    output: graph.outputs.map(encodeValue),
    valueInfo: graph.values.map(encodeValue),
  };
}

/** Encode a model; sub-graph attributes cannot be written (throws). */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  return writeMessage(
    {
      irVersion: model.irVersion,
      producerName: model.producer || undefined,
      graph: encodeGraph(model.graph),
      opsetImport: Object.keys(model.opsets)
        .sort()
        .map((domain) => ({ domain, version: model.opsets[domain] })),
      metadataProps: Object.keys(model.metadata)
        .sort()
        .map((key) => ({ key, value: model.metadata[key] })),
    },
    MODEL,
  );
}
