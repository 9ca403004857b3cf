/** The walk of one packet through a compiled program, with all the state that the packets before it left. */

import { evaluateMapped, type Mapped } from '../compiler/index.ts';
import { fail, type Progress } from '../problem.ts';
import type { PgsFile, Program } from '../program/index.ts';
import { readPgs } from '../program/index.ts';
import type { PacketTrace } from '../switch/index.ts';
import {
  flowOfFrame,
  flowsOfOpening,
  lastRow,
  type Opening,
  packetNumberOf,
  readOpening,
  rowsOfFlow,
  rowsOfOpening,
} from './opening.ts';
import { type Parting, partingOf } from './parting.ts';
import { dependenceOf, rowsNeeded, walkPackets } from './walk.ts';

export interface ExplainTask {
  readonly program: string;
  readonly capture: string;
  /** Number of the packet in the capture, from 0. */
  readonly packet?: number;
  /** `tcp 10.0.0.1:80 10.0.0.2:4321`: its first packet with a verdict, else its last. */
  readonly flow?: string;
  /** A second program to walk beside. */
  readonly diff?: string;
  readonly progress?: Progress;
}

/** One logit or score: as the switch holds it, in the model's unit, and before rounding. */
export interface ExplainedSum {
  readonly name: string;
  readonly switch: number;
  readonly fixed: number | null;
  readonly float: number | null;
}

export interface Explanation {
  readonly schema: 'pegasim/explain';
  readonly version: 1;
  readonly program: string;
  readonly capture: string;
  readonly packet: number;
  readonly flow: string | null;
  /** Packets of the capture before this one that share its flow slot: all that its state depends on. */
  readonly earlier: number;
  readonly classes: readonly string[];
  readonly trace: PacketTrace;
  /** What each table came from. */
  readonly notes: Readonly<Record<string, string>>;
  readonly features: readonly { readonly feature: string; readonly value: number | string }[];
  readonly sums: readonly ExplainedSum[];
  /** Verdict by name; null without one. */
  readonly verdict: string | null;
  /** Winning logit less the second, or score less threshold, as the switch holds them. */
  readonly margin: number | null;
}

export interface ExplainOutcome {
  readonly explanation: Explanation;
  readonly other: Explanation | null;
  readonly parting: Parting | null;
}

/**
 * Explain a packet.
 * @throws ProblemError STUDY-PACKET, STUDY-FLOW, RUN-INJECTED, PROGRAM-*, TRAFFIC-*
 */
export async function explainTask(task: ExplainTask): Promise<ExplainOutcome> {
  const file = readPgs(task.program);
  if ((task.packet === undefined) === (task.flow === undefined))
    fail({ code: 'CLI-USAGE', message: 'give either --packet or --flow' });
  const opening = await readOpening(task.capture, task.packet);
  const at =
    task.packet === undefined ? await packetOfFlow(file, opening, task) : lastRow(opening, task.packet, task.capture);
  const explanation = await explainPacket(file, opening, at, task);
  if (task.diff === undefined) return { explanation, other: null, parting: null };
  const other = await explainPacket(readPgs(task.diff), opening, at, task);
  return { explanation, other, parting: partingOf(explanation.trace, other.trace) };
}

/** The flow's first packet with a verdict, else its last: runs what shares the flow's slots. */
async function packetOfFlow(file: PgsFile, opening: Opening, task: ExplainTask): Promise<number> {
  const wanted = [...rowsOfFlow(flowsOfOpening(opening), task.flow ?? '', task.capture)];
  const rows = rowsNeeded(await dependenceOf(file.program, opening.batches), wanted);
  const { run } = walkPackets(file, rowsOfOpening(opening, rows), new Set(), runOptions(task.program, task));
  const at = new Map([...rows].map((row, i) => [row, i]));
  return wanted.find((row) => (run.verdict[at.get(row) ?? -1] ?? -1) >= 0) ?? wanted.at(-1) ?? 0;
}

function runOptions(where: string, { progress }: ExplainTask): { where: string; progress?: Progress } {
  return { where, ...(progress === undefined ? {} : { progress }) };
}

async function explainPacket(file: PgsFile, opening: Opening, at: number, task: ExplainTask): Promise<Explanation> {
  const { program } = file;
  const rows = rowsNeeded(await dependenceOf(program, opening.batches), [at]);
  const last = rows.length - 1;
  const packets = rowsOfOpening(opening, rows);
  const { run, traces } = walkPackets(file, packets, new Set([last]), runOptions(task.program, task));
  const trace = traces.get(last);
  if (trace === undefined) throw new Error('the packet left no trace');
  const owner = program.flow === undefined ? undefined : run.observed[program.flow.owner];
  const own = [...rows.keys()].filter((i) => owner === undefined || owner[i] === owner[last]);
  const columns = program.features.map(({ field }) => run.observed[field] ?? new Uint32Array(0));
  const number = packetNumberOf(opening, at);
  return {
    schema: 'pegasim/explain',
    version: 1,
    program: program.name,
    capture: task.capture,
    packet: number,
    flow: flowOfFrame(rowsOfOpening(opening, [at])),
    earlier: last,
    classes: program.verdict.classes,
    trace: { ...trace, packet: number },
    notes: Object.fromEntries(program.tables.flatMap(({ name, note }) => (note === undefined ? [] : [[name, note]]))),
    features: program.features.map(({ feature, field }) => ({ feature, value: trace.final[field] ?? 0 })),
    sums: sumsOf(file.mapped as Mapped | undefined, program, trace, columns, own),
    verdict: trace.verdict < 0 ? null : verdictName(program, trace.verdict),
    margin: marginOf(program, trace),
  };
}

/** Name of a verdict. */
export function verdictName({ verdict }: Program, index: number): string {
  if (verdict.kind === 'score') return index === 1 ? 'anomaly' : 'normal';
  return verdict.classes[index] ?? String(index);
}

function marginOf({ verdict }: Program, { logits, verdict: given }: PacketTrace): number | null {
  if (given < 0 || logits.length === 0) return null;
  if (verdict.kind === 'score') return (logits[0] ?? 0) - (verdict.threshold ?? 0);
  const rest = logits.filter((_, i) => i !== given);
  return rest.length === 0 ? null : (logits[given] ?? 0) - Math.max(...rest);
}

/** Logits beside the network of tables before rounding, on the inputs that the switch itself computed. */
function sumsOf(
  mapped: Mapped | undefined,
  program: Program,
  trace: PacketTrace,
  columns: readonly Uint32Array[],
  own: readonly number[],
): ExplainedSum[] {
  const window = mapped?.float.window ?? 1;
  const rows = own.slice(-window);
  const whole = mapped !== undefined && rows.length === window && trace.verdict >= 0;
  const values = rows.flatMap((row) => columns.map((column) => column[row] ?? 0));
  const fixed = whole ? evaluateMapped(mapped, { count: 1, values }, { fixedPoint: true }).outputs : undefined;
  const float = whole ? evaluateMapped(mapped, { count: 1, values }, { fixedPoint: false }).outputs : undefined;
  return trace.logits.map((value, i) => ({
    name: program.verdict.kind === 'score' ? 'score' : (program.verdict.classes[i] ?? String(i)),
    switch: value,
    fixed: fixed?.[i] ?? null,
    float: float?.[i] ?? null,
  }));
}
