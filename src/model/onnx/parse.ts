/** .onnx bytes → OnnxModel. */
import { fail } from '../../problem.ts';
import { type ATTRIBUTE, ATTRIBUTE_TYPE, type GRAPH, MODEL, type NODE, type VALUE_INFO } from './schema.ts';
import { decodeTensor, tensorType } from './tensor.ts';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './types.ts';
import { type Message, readMessage } from './wire.ts';

const utf8 = new TextDecoder();

function notOnnx(file: string, why: string): never {
  fail({ code: 'MODEL-NOT-ONNX', message: `not an ONNX model: ${why}`, where: file, hint: 'expected a .onnx file' });
}

function decodeAttribute(raw: Message<typeof ATTRIBUTE>, where: string): OnnxAttribute {
  switch (raw.type) {
    case ATTRIBUTE_TYPE.FLOAT:
      return { kind: 'float', value: raw.f ?? 0 };
    case ATTRIBUTE_TYPE.INT:
      return { kind: 'int', value: raw.i ?? 0 };
    case ATTRIBUTE_TYPE.STRING:
      return { kind: 'string', value: utf8.decode(raw.s ?? new Uint8Array(0)) };
    case ATTRIBUTE_TYPE.FLOATS:
      return { kind: 'floats', value: raw.floats };
    case ATTRIBUTE_TYPE.INTS:
      return { kind: 'ints', value: raw.ints };
    case ATTRIBUTE_TYPE.STRINGS:
      return { kind: 'strings', value: raw.strings.map((bytes) => utf8.decode(bytes)) };
    case ATTRIBUTE_TYPE.TENSOR:
      return raw.t
        ? { kind: 'tensor', value: decodeTensor(raw.t, where) }
        : { kind: 'opaque', value: 'tensor without content' };
    case ATTRIBUTE_TYPE.GRAPH:
      return { kind: 'opaque', value: 'graph' };
    default:
      return { kind: 'opaque', value: `attribute type ${raw.type ?? 0}` };
  }
}

function decodeNode(raw: Message<typeof NODE>, position: number, file: string): OnnxNode {
  const op = raw.opType ?? '';
  const name = raw.name || `${op}_${position}`;
  const attributes: Record<string, OnnxAttribute> = {};
  for (const attribute of raw.attribute) {
    attributes[attribute.name ?? ''] = decodeAttribute(attribute, `${file}, node ${name}`);
  }
  const domain = raw.domain === 'ai.onnx' ? '' : (raw.domain ?? '');
  return { name, op, domain, inputs: raw.input, outputs: raw.output, attributes };
}

function decodeValue(raw: Message<typeof VALUE_INFO>): OnnxValue {
  const tensor = raw.type?.tensorType;
  const dims = tensor?.shape?.dim.map((dim) => dim.value ?? dim.param ?? '');
  return { name: raw.name ?? '', type: tensorType(tensor?.elemType ?? 1) ?? 'float32', dims };
}

function decodeGraph(raw: Message<typeof GRAPH>, file: string): OnnxGraph {
  const initializers: Record<string, OnnxTensor> = {};
  for (const tensor of raw.initializer) initializers[tensor.name ?? ''] = decodeTensor(tensor, file);
  return {
    name: raw.name ?? '',
    inputs: raw.input.map(decodeValue).filter((value) => !(value.name in initializers)),
    outputs: raw.output.map(decodeValue),
    nodes: raw.node.map((node, position) => decodeNode(node, position, file)),
    initializers,
    values: raw.valueInfo.map(decodeValue),
  };
}

function decodeMessage(bytes: Uint8Array, file: string): Message<typeof MODEL> {
  try {
    return readMessage(bytes, MODEL);
  } catch {
    notOnnx(file, 'the bytes are not a complete ONNX message');
  }
}

/**
 * Decode an ONNX model. `file` names it in errors.
 * Fails with MODEL-NOT-ONNX, MODEL-EXTERNAL-DATA, MODEL-TENSOR-TYPE, MODEL-TENSOR-SIZE. Operators are not judged here.
 */
export function parseOnnx(bytes: Uint8Array, file = 'model'): OnnxModel {
  if (bytes.length === 0) notOnnx(file, 'the file is empty');
  const raw = decodeMessage(bytes, file);
  if (!raw.graph || raw.irVersion === undefined) notOnnx(file, 'it has no graph');
  if (raw.opsetImport.length === 0) notOnnx(file, 'it names no operator set');
  const opsets: Record<string, number> = {};
  for (const { domain, version } of raw.opsetImport) opsets[domain === 'ai.onnx' ? '' : (domain ?? '')] = version ?? 0;
  const metadata: Record<string, string> = {};
  for (const { key, value } of raw.metadataProps) metadata[key ?? ''] = value ?? '';
  const producer = [raw.producerName, raw.producerVersion].filter(Boolean).join(' ');
  return { irVersion: raw.irVersion, opsets, producer, metadata, graph: decodeGraph(raw.graph, file) };
}
