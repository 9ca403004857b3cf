/**
 * The loss waterfall: from the float model on ideal features to what the switch gives, one idealisation replaced at a time, on the
 * same scored packets throughout.
 */

import { buildGraph, evaluateGraph, evaluateMapped, type Mapped } from '../compiler/index.ts';
import { type PacketRows, rowsAt, TIME_FEATURES, unitOfTick } from '../features/index.ts';
import { argmaxRows, type FloatReference, type ModelSpec, rocAuc } from '../model/index.ts';
import type { Progress } from '../problem.ts';
import type { StateMode } from '../program/index.ts';
import { floatVerdicts, type Replay, score } from '../replay/index.ts';
import type { Dataset } from '../traffic/index.ts';
import { type InputShape, type Registers, switchRows } from './inputs.ts';
import type { FlowOptions } from './scenario.ts';

export interface WaterfallStep {
  /** `ideal`, `features`, `state` (models with one), `fuzzy`, `fixed`, `switch`. */
  readonly id: string;
  readonly name: string;
  /** The idealisation that this step gave up. */
  readonly replaced: string;
  readonly macroF1: number;
  readonly accuracy: number;
  /** F1 by class, in the result's class order. */
  readonly perClass: readonly number[];
  /** Of scores; null for classes. */
  readonly rocAuc: number | null;
  /** Scored packets whose verdict is not that of the step before. */
  readonly flipped: number;
}

export interface Waterfall {
  readonly classes: readonly string[];
  /** Scored packets, the same at every step. */
  readonly packets: number;
  readonly steps: readonly WaterfallStep[];
}

export interface WaterfallInput {
  readonly dataset: Dataset;
  readonly spec: ModelSpec;
  readonly flow: FlowOptions;
  /** Of a model with a state: the tables read its registers. */
  readonly registers?: Registers;
  /** State of the registers between captures, worker threads. */
  readonly choices: { readonly state: StateMode; readonly workers: number };
  readonly mapped: Mapped;
  readonly reference: FloatReference;
  readonly replay: Pick<Replay, 'verdicts' | 'result'>;
  /** Rows as the switch computes them, when at hand: taken if their flow state has no collisions to speak of. */
  readonly rows?: PacketRows;
  readonly progress?: Progress;
}

/** Rows a call of the network takes: bounds memory. */
const BATCH = 8192;
/** Slots per flow with which a collision costs nothing to speak of. */
const ROOMY = 1024;
const MOST_SLOTS = 1 << 20;

/** Verdicts of one step, with scores for anomaly models. */
interface Given {
  readonly verdict: Int16Array;
  readonly scores: ArrayLike<number> | null;
}

/** Id, name, what it replaces, verdicts. */
type GivenStep = readonly [string, string, string, Given];

/** What the registers of a model with a state hold, and the float verdicts on that. */
async function keptState(
  input: WaterfallInput,
  { shape, head }: Registers,
): Promise<{ rows: PacketRows; step: GivenStep }> {
  const rows = rowsOfPackets(await roomyRows(input, shape, undefined), input.replay.verdicts.packet);
  const graph = buildGraph(head, { features: shape.features, window: 1 });
  const outputs = evaluateGraph(graph, Float64Array.from(rows.values), rows.count);
  const { verdict, threshold = 0 } = input.spec;
  const size = graph.values[graph.output].size;
  const classes =
    verdict === 'argmax' ? argmaxRows(outputs, size) : Int16Array.from(outputs, (score) => (score > threshold ? 1 : 0));
  const scores = verdict === 'argmax' ? null : outputs;
  return { rows, step: ['state', 'state in registers', 'a state in floating point', { verdict: classes, scores }] };
}

/**
 * The five steps, six with a state in registers. The first is the float reference of the replay, the last its pipeline.
 * @throws ProblemError of the feature programs and of ONNX Runtime
 */
export async function waterfallOf(input: WaterfallInput): Promise<Waterfall> {
  const { replay, spec, mapped, reference, progress } = input;
  const { verdicts, result } = replay;
  const rows = rowsOfPackets(await roomyRows(input, spec, input.rows), verdicts.packet);
  const kept = input.registers && (await keptState(input, input.registers));
  const tableRows = kept?.rows ?? rows;
  const isScore = spec.verdict !== 'argmax';
  const inUnits = modelValues(rows, spec, input.flow.tickBits);
  const float = await floatVerdicts(reference, spec, { ...rows, values: inUnits }, progress);
  const label = isScore ? verdicts.label.map((one) => (one > 0 ? 1 : 0)) : verdicts.label;
  const given: readonly GivenStep[] = [
    [
      'ideal',
      'float, ideal features',
      'nothing: exact times, unlimited state',
      { verdict: verdicts.float ?? verdicts.switch, scores: verdicts.scores?.float ?? null },
    ],
    [
      'features',
      'float, switch features',
      'ideal features',
      { verdict: float.verdict, scores: isScore ? column(float.outputs, float.width) : null },
    ],
    ...(kept === undefined ? [] : [kept.step]),
    ['fuzzy', 'fuzzy matching', 'exact evaluation of the model', mappedVerdicts(mapped, tableRows, false, isScore)],
    ['fixed', 'fixed point', 'floating point', mappedVerdicts(mapped, tableRows, true, isScore)],
    [
      'switch',
      'flow slots',
      'a slot for every flow, no timeouts',
      { verdict: verdicts.switch, scores: verdicts.scores?.switch ?? null },
    ],
  ];
  const steps = given.map(([id, name, replaced, one], i) => ({
    id,
    name,
    replaced,
    ...scored(label, one, result.classes),
    flipped: i === 0 ? 0 : flips(given[i - 1][3].verdict, one.verdict),
  }));
  return { classes: result.classes, packets: verdicts.count, steps };
}

function scored(label: Int16Array, { verdict, scores }: Given, classes: readonly string[]) {
  const metrics = score(label, verdict, classes);
  return {
    macroF1: metrics.macroF1,
    accuracy: metrics.accuracy,
    perClass: metrics.perClass.map(({ f1 }) => f1),
    rocAuc: scores === null ? null : aucOf(label, verdict, scores),
  };
}

/** Over the packets with a verdict, as the replay counts it. */
function aucOf(label: Int16Array, verdict: Int16Array, scores: ArrayLike<number>): number | null {
  const covered = Uint32Array.from(verdict.keys()).filter((i) => verdict[i] >= 0);
  const auc = rocAuc(
    Float64Array.from(covered, (i) => scores[i]),
    Float64Array.from(covered, (i) => (label[i] > 0 ? 1 : 0)),
  );
  return Number.isFinite(auc) ? auc : null;
}

function flips(before: Int16Array, after: Int16Array): number {
  return after.reduce((sum, verdict, i) => sum + (verdict === before[i] ? 0 : 1), 0);
}

function column(outputs: ArrayLike<number>, width: number): Float64Array {
  return Float64Array.from({ length: width === 0 ? 0 : outputs.length / width }, (_, i) => outputs[i * width]);
}

/** The network of tables on the rows, in slices. */
function mappedVerdicts(mapped: Mapped, rows: PacketRows, fixedPoint: boolean, isScore: boolean): Given {
  const verdict = new Int16Array(rows.count);
  const scores = isScore ? new Float64Array(rows.count) : null;
  const length = rows.count === 0 ? 0 : rows.values.length / rows.count;
  for (let start = 0; start < rows.count; start += BATCH) {
    const count = Math.min(BATCH, rows.count - start);
    const values = rows.values.subarray(start * length, (start + count) * length);
    const { classes, outputs, size } = evaluateMapped(mapped, { count, values }, { fixedPoint });
    verdict.set(classes, start);
    scores?.set(column(outputs, size), start);
  }
  return { verdict, scores };
}

/** Flow options under which no flow loses its state. */
export function roomyFlow(dataset: Dataset, flow: FlowOptions, state: StateMode): FlowOptions {
  const wanted = Math.min(MOST_SLOTS, 2 ** Math.ceil(Math.log2(ROOMY * mostFlows(dataset, state))));
  const { timeoutMs: _timeout, ...rest } = flow;
  return { ...rest, policy: 'replace', slots: Math.max(flow.slots, wanted) };
}

/** Flows that share the registers at one time: those of a capture, or all. */
function mostFlows(dataset: Dataset, state: StateMode): number {
  if (state === 'continuous') return Math.max(1, dataset.flowLabel.length);
  const seen = new Map<number, Set<number>>();
  dataset.decoded.flow.forEach((flow, i) => {
    if (flow < 0) return;
    const capture = dataset.packets.capture[i];
    const flows = seen.get(capture);
    if (flows) flows.add(flow);
    else seen.set(capture, new Set([flow]));
  });
  return Math.max(1, ...[...seen.values()].map((flows) => flows.size));
}

async function roomyRows(input: WaterfallInput, shape: InputShape, rows: PacketRows | undefined): Promise<PacketRows> {
  const { dataset, flow, choices, progress } = input;
  const roomy = roomyFlow(dataset, flow, choices.state);
  if (rows !== undefined && roomy.slots === flow.slots && roomy.policy === flow.policy) return rows;
  return switchRows(dataset, shape, roomy, { ...choices, ...(progress ? { progress } : {}) });
}

/** The rows of the given packets, in their order. */
export function rowsOfPackets(rows: PacketRows, packets: Uint32Array): PacketRows {
  const at = new Map<number, number>();
  rows.packet.forEach((packet, row) => {
    at.set(packet, row);
  });
  const picked = Uint32Array.from(packets, (packet) => at.get(packet) ?? 0);
  return { ...rowsAt(rows, picked), packet: packets };
}

/** Switch values as the float model reads them: ticks in the model's unit of time, clamped as it was trained. */
export function modelValues(rows: PacketRows, spec: ModelSpec, tickBits: number): Uint32Array {
  const values = rows.values.slice();
  const { features } = spec;
  features.forEach((name, column) => {
    const unitNs = spec.units[name];
    const clamp = spec.clamp?.[name];
    if (!TIME_FEATURES.includes(name) || unitNs === undefined || unitNs === 2 ** tickBits) return;
    for (let i = column; i < values.length; i += features.length) {
      const inUnits = unitOfTick(values[i], { tickBits, unitNs });
      values[i] = clamp === undefined ? inUnits : Math.min(inUnits, clamp);
    }
  });
  return values;
}
