/**
 * Finds the recurrence in a model that says it has a state. A register array lies in one stage and is accessed once per packet, by one
 * stateful ALU that adds, saturating, a number known before (TARGETS.md §7): next state = Clip(state + f(packet), low, high), unit by unit.
 */
import type { ModelSpec, OnnxModel, OnnxNode } from '../../model/index.ts';
import { fail } from '../../problem.ts';

/** The parts of a recurrence that registers can keep. */
export interface Recurrence {
  readonly units: number;
  /** The Clip: its node, what goes in, what comes out. */
  readonly clip: OnnxNode;
  readonly low: number;
  readonly high: number;
  /** Name of the model's other input, and of the output that is not the state. */
  readonly rowInput: string;
  readonly output: string;
}

const FORM = 'next state = Clip(state + f(packet), low, high): a register is read and written once per packet';

function refuse(where: string, message: string, hint = FORM): never {
  return fail({ code: 'COMPILE-STATE', message, where, hint });
}

export const nodeText = (node: OnnxNode): string => `node ${node.name} (${node.op})`;

/** The node behind each value. */
export function producersOf(nodes: readonly OnnxNode[]): ReadonlyMap<string, OnnxNode> {
  return new Map(nodes.flatMap((node) => node.outputs.filter((name) => name !== '').map((name) => [name, node])));
}

/** Nodes on the way from any of `from` to the value `to`, the one nearest `from` first; undefined when `to` does not depend on them. */
export function pathTo(
  producers: ReadonlyMap<string, OnnxNode>,
  to: string,
  from: ReadonlySet<string>,
  seen = new Map<string, OnnxNode | undefined | null>(),
): OnnxNode | undefined {
  const known = seen.get(to);
  if (known !== undefined) return known ?? undefined;
  seen.set(to, null);
  const node = producers.get(to);
  if (node === undefined) return undefined;
  for (const name of node.inputs) {
    const found = from.has(name) ? node : pathTo(producers, name, from, seen);
    if (found === undefined) continue;
    seen.set(to, found);
    return found;
  }
  return undefined;
}

const PASSING = new Set(['Identity', 'Dropout']);

/** A value behind nodes that pass it on. */
function passed(producers: ReadonlyMap<string, OnnxNode>, name: string): string {
  const seen = new Set<string>();
  for (let node = producers.get(name); node && PASSING.has(node.op); node = producers.get(name)) {
    if (seen.has(name)) cyclic(node);
    seen.add(name);
    name = node.inputs[0];
  }
  return name;
}

function cyclic(node: OnnxNode): never {
  return fail({ code: 'COMPILE-GRAPH', message: 'the graph has a cycle', where: nodeText(node) });
}

/** A constant of one number: initializer or Constant node. */
function scalarOf(model: OnnxModel, producers: ReadonlyMap<string, OnnxNode>, name: string | undefined) {
  if (!name) return undefined;
  const attributes = producers.get(name)?.attributes ?? {};
  const { value, value_float: plain } = attributes;
  if (plain?.kind === 'float') return plain.value;
  const tensor = model.graph.initializers[name] ?? (value?.kind === 'tensor' ? value.value : undefined);
  return tensor?.data.length === 1 ? tensor.data[0] : undefined;
}

/** The values that a tree of additions adds up. */
function terms(producers: ReadonlyMap<string, OnnxNode>, name: string, inside: readonly OnnxNode[] = []): string[] {
  const at = passed(producers, name);
  const node = producers.get(at);
  if (node?.op !== 'Add' && node?.op !== 'Sum') return [at];
  if (inside.includes(node)) cyclic(node);
  return node.inputs.flatMap((input) => terms(producers, input, [...inside, node]));
}

/**
 * The recurrence of a model with a state.
 * @throws ProblemError COMPILE-STATE, naming the node that a register cannot keep up with
 */
export function recogniseState(model: OnnxModel, spec: ModelSpec): Recurrence {
  const { graph } = model;
  const state = spec.state!;
  const input = graph.inputs.find(({ name }) => name === state.input);
  const others = graph.inputs.filter(({ name }) => name !== state.input);
  const output = graph.outputs.find(({ name }) => name !== state.output);
  if (!input)
    refuse(`input ${state.input}`, 'the model has no such input', 'state.input must be an input of the model');
  if (!graph.outputs.some(({ name }) => name === state.output))
    refuse(`output ${state.output}`, 'the model has no such output', 'state.output must be an output of the model');
  if (others.length !== 1 || !output)
    refuse(graph.name, 'beside its state a model takes one row of features and gives one output');
  const units = input.dims?.[1];
  if (input.dims?.length !== 2 || typeof units !== 'number' || units < 1)
    refuse(`input ${state.input}`, 'the state is not one row of numbers', 'declare it as [batch, units]');
  const producers = producersOf(graph.nodes);
  const clip = producers.get(passed(producers, state.output));
  if (clip?.op !== 'Clip') {
    const where = clip ? nodeText(clip) : `output ${state.output}`;
    refuse(where, 'the new state needs more than one addition that stops at its bounds');
  }
  const [low, high] = [scalarOf(model, producers, clip.inputs[1]), scalarOf(model, producers, clip.inputs[2])];
  if (low === undefined || high === undefined || !(low <= 0 && high >= 0 && low < high))
    refuse(nodeText(clip), 'the state needs two constant bounds around 0, where it starts');
  checkTerms(producers, clip, state.input);
  const reader = pathTo(
    producersOf(graph.nodes.filter((node) => node !== clip)),
    output.name,
    new Set([state.input, others[0].name]),
  );
  if (reader)
    refuse(
      nodeText(reader),
      'the output reads the packet or the old state beside the new state',
      'read the new state only',
    );
  return { units, clip, low, high, rowInput: others[0].name, output: output.name };
}

/** The state enters the Clip once, as it is; nothing else depends on it. */
function checkTerms(producers: ReadonlyMap<string, OnnxNode>, clip: OnnxNode, state: string): void {
  const added = terms(producers, clip.inputs[0]);
  for (const name of added) {
    if (name === state) continue;
    const user = pathTo(producers, name, new Set([state]));
    if (user) refuse(nodeText(user), 'the old state goes through a function before the new one is known');
  }
  const times = added.filter((name) => name === state).length;
  if (times !== 1) refuse(nodeText(clip), `the old state is added ${times} times, not once`);
}
