/**
 * Finds the recurrence in a model that says it has a state. A register array lies in one stage and is accessed once per packet, by one
 * stateful ALU that adds, saturating, a number known before (TARGETS.md §7): next state = Clip(state + f(packet), low, high), unit by unit.
 */
import type { ModelSpec, OnnxModel, OnnxNode, StateNames } from '../../model/index.ts';
import { fail } from '../../problem.ts';

/** The parts of a recurrence that registers can keep. */
export interface Recurrence {
  readonly units: number;
  /** The node whose output is the bounded state: a Clip, or the outer one of Min and Max. */
  readonly clip: OnnxNode;
  /** What is bounded: the sum. */
  readonly sum: string;
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

/** A value between two bounds: Clip, or Min and Max with constants, as exporters write it. */
function boundedAt(model: OnnxModel, producers: ReadonlyMap<string, OnnxNode>, name: string) {
  const node = producers.get(passed(producers, name));
  if (node?.op === 'Clip') {
    const [low, high] = [scalarOf(model, producers, node.inputs[1]), scalarOf(model, producers, node.inputs[2])];
    return { node, sum: node.inputs[0], low, high };
  }
  const outer = oneBound(model, producers, node);
  const inner = outer && oneBound(model, producers, producers.get(passed(producers, outer.rest)));
  if (!node || !outer || !inner || outer.op === inner.op) return undefined;
  const [low, high] = outer.op === 'Min' ? [inner.bound, outer.bound] : [outer.bound, inner.bound];
  return { node, sum: inner.rest, low, high };
}

/** Min or Max of a value and a constant number. */
function oneBound(model: OnnxModel, producers: ReadonlyMap<string, OnnxNode>, node: OnnxNode | undefined) {
  if ((node?.op !== 'Min' && node?.op !== 'Max') || node.inputs.length !== 2) return undefined;
  const bounds = node.inputs.map((name) => scalarOf(model, producers, name));
  const at = bounds.findIndex((bound) => bound !== undefined);
  return at < 0 ? undefined : { op: node.op, bound: bounds[at]!, rest: node.inputs[1 - at] };
}

/** The values that a tree of additions adds up. */
function terms(producers: ReadonlyMap<string, OnnxNode>, name: string, inside: readonly OnnxNode[] = []): string[] {
  const at = passed(producers, name);
  const node = producers.get(at);
  if (node?.op !== 'Add' && node?.op !== 'Sum') return [at];
  if (inside.includes(node)) cyclic(node);
  return node.inputs.flatMap((input) => terms(producers, input, [...inside, node]));
}

/** Units of the state, and the names of the model's other input and output. */
function endsOf({ graph }: OnnxModel, state: StateNames): Pick<Recurrence, 'units' | 'rowInput' | 'output'> {
  const input = graph.inputs.find(({ name }) => name === state.input);
  const others = graph.inputs.filter(({ name }) => name !== state.input);
  const outputs = graph.outputs.filter(({ name }) => name !== state.output);
  if (!input)
    refuse(`input ${state.input}`, 'the model has no such input', 'state.input must be an input of the model');
  if (!graph.outputs.some(({ name }) => name === state.output))
    refuse(`output ${state.output}`, 'the model has no such output', 'state.output must be an output of the model');
  if (others.length !== 1 || outputs.length !== 1) {
    const have = [...others, ...outputs].map(({ name }) => name).join(', ') || 'nothing';
    const message = 'beside its state a model takes one row of features and gives one output';
    refuse(`model ${graph.name}`, message, `it has ${have}: remove what is not needed before exporting`);
  }
  const units = input.dims?.[1];
  if (input.dims?.length !== 2 || typeof units !== 'number' || units < 1)
    refuse(`input ${state.input}`, 'the state is not one row of numbers', 'declare it as [batch, units]');
  return { units, rowInput: others[0].name, output: outputs[0].name };
}

/**
 * The recurrence of a model with a state.
 * @throws ProblemError COMPILE-STATE, naming the node that a register cannot keep up with; COMPILE-GRAPH on a cycle
 */
export function recogniseState(model: OnnxModel, spec: ModelSpec): Recurrence {
  const { nodes } = model.graph;
  const state = spec.state!;
  const ends = endsOf(model, state);
  const producers = producersOf(nodes);
  const bounded = boundedAt(model, producers, state.output);
  if (bounded === undefined) {
    const last = producers.get(passed(producers, state.output));
    const where = last ? nodeText(last) : `output ${state.output}`;
    refuse(where, 'the new state needs more than one addition that stops at its bounds');
  }
  const { node: clip, sum, low, high } = bounded;
  if (low === undefined || high === undefined || !(low <= 0 && high >= 0 && low < high))
    refuse(nodeText(clip), 'the state needs two constant bounds around 0, where it starts');
  checkTerms(producers, clip, sum, state.input);
  const behind = producersOf(nodes.filter((node) => node !== clip));
  const reader = pathTo(behind, ends.output, new Set([state.input, ends.rowInput]));
  if (reader) {
    const message = 'the output reads the packet or the old state beside the new state';
    refuse(nodeText(reader), message, 'read the new state only');
  }
  return { ...ends, clip, sum, low, high };
}

/** The state enters the sum once, as it is; nothing else depends on it. */
function checkTerms(producers: ReadonlyMap<string, OnnxNode>, clip: OnnxNode, sum: string, state: string): void {
  const added = terms(producers, sum);
  for (const name of added) {
    if (name === state) continue;
    const user = pathTo(producers, name, new Set([state]));
    if (user) refuse(nodeText(user), 'the old state goes through a function before the new one is known');
  }
  const times = added.filter((name) => name === state).length;
  if (times !== 1) refuse(nodeText(clip), `the old state is added ${times} times, not once`);
}
