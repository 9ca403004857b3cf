/** Reading node attributes with their ONNX defaults. */
import type { OnnxNode, OnnxTensor } from './types.ts';

/** An integer attribute. */
export function intAttribute(node: OnnxNode, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' ? attribute.value : fallback;
}

export function floatAttribute(node: OnnxNode, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'float' || attribute?.kind === 'int' ? attribute.value : fallback;
}

export function stringAttribute(node: OnnxNode, name: string, fallback: string): string {
  const attribute = node.attributes[name];
  return attribute?.kind === 'string' ? attribute.value : fallback;
}

/** A list of integers, undefined when absent. */
export function intsAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  if (attribute?.kind === 'ints') return attribute.value;
  return attribute?.kind === 'int' ? [attribute.value] : undefined;
}

/** A list of floats, undefined when absent. */
export function floatsAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === 'floats' || attribute?.kind === 'ints' ? attribute.value : undefined;
}

export function tensorAttribute(node: OnnxNode, name: string): OnnxTensor | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === 'tensor' ? attribute.value : undefined;
}
