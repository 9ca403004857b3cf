/** ONNX graph → tensor language: nodes in dependency order through their rules, trailing order-preserving nodes dropped. */
import type { OnnxModel, OnnxNode, OnnxValue } from '../../../model/index.ts';
import { fail } from '../../../problem.ts';
import { type Ir, type Op, operands } from '../ir.ts';
import { constant, type IrBuilder, type Ref, refuse } from './builder.ts';
import { RULES, WAYS_OUT } from './rules.ts';
import { type Shape, sizeOf } from './shape.ts';

/** A network in the tensor language, with what was left out at its end. */
export interface Network extends Ir {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Operators dropped behind the output because they keep the order of the classes: Softmax, LogSoftmax, ArgMax. */
  readonly dropped: readonly string[];
}

/** The nodes that `output` needs, each after the producers of its inputs. Fails with COMPILE-GRAPH on a cycle. */
function ordered(nodes: readonly OnnxNode[], output: string): OnnxNode[] {
  const producer = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.outputs) if (name) producer.set(name, node);
  const done = new Set<OnnxNode>();
  const busy = new Set<OnnxNode>();
  const out: OnnxNode[] = [];
  const visit = (node: OnnxNode): void => {
    if (done.has(node)) return;
    if (busy.has(node)) fail({ code: 'COMPILE-GRAPH', message: 'the graph has a cycle', where: `node ${node.name}` });
    busy.add(node);
    for (const name of node.inputs) {
      const from = producer.get(name);
      if (from) visit(from);
    }
    done.add(node);
    out.push(node);
  };
  const last = producer.get(output);
  if (last) visit(last);
  return out;
}

/** Shape of one row: the batch is 1, one further open dimension takes what `rowLength` leaves. */
function rowShape(input: OnnxValue, rowLength: number): Shape {
  const dims = input.dims ?? ['batch', rowLength];
  const tail = dims.slice(1);
  const known = tail.reduce<number>((p, dim) => (typeof dim === 'number' ? p * dim : p), 1);
  const shape = [1, ...tail.map((dim) => (typeof dim === 'number' ? dim : rowLength / known))];
  if (sizeOf(shape) === rowLength && shape.every(Number.isInteger)) return shape;
  return fail({
    code: 'COMPILE-INPUT',
    message: `the model's input ${input.name} does not take one row of the features given`,
    where: `input ${input.name}`,
    need: `[batch, ${tail.join(', ')}]`,
    have: `${rowLength} values per row`,
    hint: 'check the features and the window of the model',
  });
}

/** Operators that keep a row's elements and their order: what may follow a final softmax. */
const PASSIVE = new Set([
  'Identity',
  'Dropout',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'ArgMax',
  'Softmax',
  'LogSoftmax',
]);

/** Nodes behind which only order-preserving ones lead to the output. */
function finalNodes(nodes: readonly OnnxNode[], output: string): ReadonlySet<OnnxNode> {
  const found = new Set<OnnxNode>();
  const producer = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const uses = new Map<string, number>();
  for (const node of nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  let name = output;
  for (
    let node = producer.get(name);
    node && (uses.get(name) ?? 0) <= (found.size > 0 ? 1 : 0);
    node = producer.get(name)
  ) {
    found.add(node);
    if (!PASSIVE.has(node.op)) break;
    name = node.inputs[0];
  }
  return found;
}

function runNode(b: IrBuilder, node: OnnxNode, opset: number, tensors: Map<string, Ref>, final: boolean): void {
  const origin = { node: node.name, op: node.op };
  const rule = node.domain === '' || node.domain === 'ai.onnx' ? RULES[node.op] : undefined;
  if (!rule) {
    const known = WAYS_OUT[node.op] ?? 'replace it by operators of docs/operators.md, or compute it before the switch';
    refuse(origin, `operator ${node.domain ? `${node.domain}.` : ''}${node.op} has no table form`, known);
  }
  const inputs = node.inputs.map((name) => {
    if (!name) return undefined;
    const ref = tensors.get(name);
    if (!ref) refuse(origin, `input ${name} is not defined`, 'check the exported model in ONNX Runtime first');
    return ref;
  });
  const outputs = rule({ b, node, origin, opset, final, inputs });
  node.outputs.forEach((name, i) => {
    if (name && outputs[i]) tensors.set(name, outputs[i]);
  });
}

/** Softmax, log-softmax and argmax over all elements of the row keep or read off the order: the logits in front are the output. */
function dropFinal(ops: readonly Op[], output: number): { output: number; dropped: string[] } {
  const dropped: string[] = [];
  let at = output;
  for (;;) {
    const op = ops[at];
    const isFinal =
      op.kind === 'block' && ['softmax', 'logsoftmax', 'argmax'].includes(op.fn.name) && op.src.length === op.k;
    if (!isFinal || op.k !== ops[operands(op)[0]].size || !op.src.every((s, i) => s === i))
      return { output: at, dropped };
    dropped.unshift(op.op);
    at = op.input;
  }
}

/** Operator sets whose operators mean what the rules say. */
const OLDEST = 13;
const NEWEST = 21;

export interface ReadOptions {
  /** Numbers per input row: features × window. */
  readonly rowLength: number;
  /** ONNX output to compile; default the first. */
  readonly output?: string;
}

/**
 * Read an ONNX model. Fails with COMPILE-OP (an operator or a form of it without a rule: names node, operator, reason, way out),
 * COMPILE-INPUT (the row does not fit), COMPILE-OPSET, COMPILE-GRAPH.
 */
export function readNetwork(model: OnnxModel, options: ReadOptions): Network {
  const opset = model.opsets[''] ?? model.opsets['ai.onnx'] ?? 0;
  if (opset < OLDEST || opset > NEWEST) {
    fail({
      code: 'COMPILE-OPSET',
      message: `the model uses an operator set that is too ${opset < OLDEST ? 'old' : 'new'}`,
      need: `opset ${OLDEST}-${NEWEST}`,
      have: `opset ${opset}`,
      hint: 'export again with opset 17, or run onnx.version_converter',
    });
  }
  const { graph } = model;
  const b: IrBuilder = { ops: [] };
  const tensors = new Map<string, Ref>();
  const source = graph.inputs[0];
  if (!source || graph.inputs.length > 1) {
    fail({
      code: 'COMPILE-INPUT',
      message: 'a model must have exactly one input, the row of features',
      need: '1',
      have: `${graph.inputs.length}`,
    });
  }
  for (const [name, t] of Object.entries(graph.initializers)) {
    tensors.set(name, constant(b, t.dims, t.data, !t.type.startsWith('float')));
  }
  const inputShape = rowShape(source, options.rowLength);
  const input = b.ops.push({ kind: 'input', size: options.rowLength, node: '', op: '' }) - 1;
  tensors.set(source.name, { id: input, shape: inputShape, int: !source.type.startsWith('float') });
  const name = options.output ?? graph.outputs[0]?.name ?? '';
  const final = finalNodes(graph.nodes, name);
  for (const node of ordered(graph.nodes, name)) runNode(b, node, opset, tensors, final.has(node));
  const out = tensors.get(name);
  if (!out) fail({ code: 'COMPILE-GRAPH', message: `the model has no output ${name}`, where: `output ${name}` });
  const { output, dropped } = dropFinal(b.ops, out.id);
  if (output === input || b.ops[output].kind === 'const') {
    fail({
      code: 'COMPILE-GRAPH',
      message: output === input ? 'the output is the input itself' : 'the output does not depend on the input',
      where: `output ${name}`,
      hint: 'name the output to compile',
    });
  }
  return { ops: b.ops, input, output, inputShape, outputShape: out.shape, dropped };
}
