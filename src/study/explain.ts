/** The walk of one packet through a compiled program, with all the state that the packets before it left. */

import { evaluateMapped, type Mapped } from '../compiler/index.ts';
import { runEngine } from '../engine/index.ts';
import { fail, type Progress } from '../problem.ts';
import type { FrameColumns, PgsFile, Placement, Program } from '../program/index.ts';
import { readPgs } from '../program/index.ts';
import { chipNamed, type PacketTrace, placeProgram, runReference } from '../switch/index.ts';
import type { PacketColumns } from '../traffic/index.ts';
import {
  decodeInto,
  keyText,
  newDecodeCounts,
  newDecodedColumns,
  newFlowTable,
  openCapture,
} from '../traffic/index.ts';
import { slotProgram } from './slot-slice.ts';

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

/** Where two walks part: the first stage, table and field that differ; null when they do not. */
export interface Parting {
  readonly stage: number | null;
  readonly gress: string | null;
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
}

export interface ExplainOutcome {
  readonly explanation: Explanation;
  readonly other: Explanation | null;
  readonly parting: Parting | null;
}

/** Packets of a capture up to a number, in one set of columns. */
interface Opening {
  readonly packets: FrameColumns;
  readonly packetNumber: Uint32Array;
  readonly flow: Int32Array;
  readonly flowNames: readonly string[];
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
  const at = task.packet === undefined ? await packetOfFlow(file, opening, task) : lastOf(opening, task);
  const explanation = await explainPacket(file, opening, at, task);
  if (task.diff === undefined) return { explanation, other: null, parting: null };
  const other = await explainPacket(readPgs(task.diff), opening, at, task);
  return { explanation, other, parting: partingOf(explanation.trace, other.trace) };
}

async function readOpening(path: string, last: number | undefined): Promise<Opening> {
  const batches: PacketColumns[] = [];
  const capture = await openCapture(path, { capture: 0 });
  for await (const batch of capture) {
    batches.push(batch);
    if (last !== undefined && (batch.packetNumber[batch.count - 1] ?? 0) >= last) break;
  }
  const table = newFlowTable(0);
  const counts = newDecodeCounts();
  const flows = batches.map((batch) => {
    const decoded = newDecodedColumns(batch.count);
    decodeInto(batch, table, decoded, counts, false);
    return decoded.flow.subarray(0, batch.count);
  });
  const count = batches.reduce(
    (sum, batch) =>
      sum + batch.packetNumber.subarray(0, batch.count).filter((n) => last === undefined || n <= last).length,
    0,
  );
  const { words } = table.flows;
  const flowNames = Array.from({ length: table.flows.count }, (_, i) => keyText(words, i * 10));
  return { ...joined(batches, count), flow: concat(Int32Array, flows, count), flowNames };
}

function concat<T extends Uint32Array | Int32Array>(
  type: new (length: number) => T,
  parts: readonly T[],
  count: number,
): T {
  const out = new type(count);
  let at = 0;
  for (const part of parts) {
    out.set(part.subarray(0, count - at), at);
    at = Math.min(count, at + part.length);
  }
  return out;
}

function joined(batches: readonly PacketColumns[], count: number): Pick<Opening, 'packets' | 'packetNumber'> {
  const starts: number[] = [];
  let total = 0;
  for (const { bytes } of batches) {
    starts.push(total);
    total += bytes.length;
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(total));
  batches.forEach((batch, i) => {
    bytes.set(batch.bytes, starts[i]);
  });
  const column = (pick: (batch: PacketColumns, i: number) => Uint32Array): Uint32Array =>
    concat(
      Uint32Array,
      batches.map((batch, i) => pick(batch, i).subarray(0, batch.count)),
      count,
    );
  return {
    packets: {
      count,
      bytes,
      offset: column((batch, i) => batch.offset.map((at) => at + (starts[i] ?? 0))),
      capLen: column(({ capLen }) => capLen),
      origLen: column(({ origLen }) => origLen),
      seconds: column(({ seconds }) => seconds),
      nanos: column(({ nanos }) => nanos),
      capture: new Uint32Array(count),
    },
    packetNumber: column(({ packetNumber }) => packetNumber),
  };
}

function lastOf({ packetNumber }: Opening, { packet, capture }: ExplainTask): number {
  const at = packetNumber.length - 1;
  if (packetNumber[at] === packet) return at;
  return fail({
    code: 'STUDY-PACKET',
    message: `the capture has no packet ${packet}`,
    where: capture,
    have: packetNumber.length === 0 ? 'no packet' : `packets 0 to ${packetNumber[at]} up to there`,
    hint: 'packets are numbered from 0',
  });
}

/** Protocol and the two endpoints in either order. */
function flowForm(text: string): string {
  const [protocol = '', ...ends] = text
    .toLowerCase()
    .replace(/^protocol\s+/, '')
    .split(/[\s,]+|\s-\s/)
    .filter((part) => part !== '' && part !== '-');
  return [protocol, ...ends.sort()].join(' ');
}

async function packetOfFlow(file: PgsFile, opening: Opening, task: ExplainTask): Promise<number> {
  const wanted = flowForm(task.flow ?? '');
  const number = opening.flowNames.findIndex((name) => flowForm(name) === wanted);
  const packets = [...opening.flow.keys()].filter((i) => number >= 0 && opening.flow[i] === number);
  if (packets.length === 0) {
    fail({
      code: 'STUDY-FLOW',
      message: `the capture has no flow '${task.flow}'`,
      where: task.capture,
      hint: `write it like '${opening.flowNames[0] ?? 'TCP 10.0.0.1:80 - 10.0.0.2:4321'}'`,
    });
  }
  const input = { kind: 'packets', packets: opening.packets } as const;
  const run = await runEngine(file.program, placementOf(file, task.program), input, {});
  return packets.find((i) => (run.verdict[i] ?? -1) >= 0) ?? packets.at(-1) ?? 0;
}

function placementOf({ placement }: PgsFile, where: string): Placement {
  return (
    placement ?? fail({ code: 'RUN-INJECTED', where, message: 'the program is not placed', hint: 'compile it again' })
  );
}

/** Packets up to `at` on which its walk depends: those of its slot, or all. */
async function dependsOn(program: Program, opening: Opening, at: number): Promise<Uint32Array> {
  const all = Uint32Array.from({ length: at + 1 }, (_, i) => i);
  if (program.registers.length === 0) return Uint32Array.of(at);
  const slice = slotProgram(program);
  const slot = program.flow?.slot;
  if (slice === undefined || slot === undefined) return all;
  const { placement } = placeProgram(slice, chipNamed('unbounded'));
  const input = { kind: 'packets', packets: pick(opening.packets, all) } as const;
  const run = await runEngine(slice, placement, input, { observe: [slot] });
  const slots = run.observed[slot];
  return slots === undefined ? all : all.filter((i) => slots[i] === slots[at]);
}

function pick(packets: FrameColumns, rows: Uint32Array): FrameColumns {
  const column = (values: Uint32Array): Uint32Array => rows.map((i) => values[i] ?? 0);
  return {
    count: rows.length,
    bytes: packets.bytes,
    offset: column(packets.offset),
    capLen: column(packets.capLen),
    origLen: column(packets.origLen),
    seconds: column(packets.seconds),
    nanos: column(packets.nanos),
    capture: column(packets.capture),
  };
}

async function explainPacket(file: PgsFile, opening: Opening, at: number, task: ExplainTask): Promise<Explanation> {
  const { program } = file;
  const rows = await dependsOn(program, opening, at);
  const last = rows.length - 1;
  const traces: PacketTrace[] = [];
  const observe = [...program.features.map(({ field }) => field), ...(program.flow ? [program.flow.owner] : [])];
  const input = { kind: 'packets', packets: pick(opening.packets, rows) } as const;
  const run = runReference(program, placementOf(file, task.program), input, {
    observe,
    trace: { packets: new Set([last]), onPacket: (trace) => traces.push(trace) },
    ...(task.progress ? { progress: task.progress } : {}),
  });
  const [trace] = traces;
  if (trace === undefined) throw new Error('the packet left no trace');
  const owner = program.flow === undefined ? undefined : run.observed[program.flow.owner];
  const own = [...rows.keys()].filter((i) => owner === undefined || owner[i] === owner[last]);
  const columns = program.features.map(({ field }) => run.observed[field] ?? new Uint32Array(0));
  const { classes } = program.verdict;
  return {
    schema: 'pegasim/explain',
    version: 1,
    program: program.name,
    capture: task.capture,
    packet: opening.packetNumber[at] ?? 0,
    flow: opening.flowNames[opening.flow[at] ?? -1] ?? null,
    earlier: last,
    classes,
    trace: { ...trace, packet: opening.packetNumber[at] ?? 0 },
    notes: Object.fromEntries(program.tables.flatMap(({ name, note }) => (note === undefined ? [] : [[name, note]]))),
    features: program.features.map(({ feature, field }) => ({ feature, value: trace.final[field] ?? 0 })),
    sums: sumsOf(file.mapped as Mapped | undefined, program, trace, columns, own),
    verdict: trace.verdict < 0 ? null : verdictName(program, trace.verdict),
    margin: marginOf(program, trace),
  };
}

function verdictName({ verdict }: Program, index: number): string {
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

/**
 * First difference of two walks: parsed fields, then, by our stages, tables that both have and that gave something else. Tables that the
 * other lacks are named only when the verdicts differ: two layouts of one model share few names.
 */
export function partingOf(ours: PacketTrace, theirs: PacketTrace): Parting | null {
  const parsed = fieldDifference(ours.parsed, theirs.parsed);
  if (parsed !== undefined) return { stage: null, gress: 'parser', ...parsed };
  const walked = new Map(theirs.stages.flatMap(({ tables }) => tables.map((one) => [one.table, one] as const)));
  const mine = ours.stages.flatMap(({ stage, gress, tables }) => tables.map((one) => ({ stage, gress, one })));
  const parts = mine.find(({ one }) => walked.has(one.table) && tableText(one) !== tableText(walked.get(one.table)!));
  const alone = mine.find(({ one }) => !walked.has(one.table));
  const first = parts ?? (ours.verdict === theirs.verdict ? undefined : alone);
  if (first !== undefined) {
    const { stage, gress, one } = first;
    const other = walked.get(one.table);
    const sides = { ours: tableText(one), theirs: other === undefined ? 'has no such table' : tableText(other) };
    return { stage, gress, what: one.table, ...sides };
  }
  if (ours.verdict === theirs.verdict) return null;
  return { stage: null, gress: null, what: 'verdict', ours: String(ours.verdict), theirs: String(theirs.verdict) };
}

function tableText({ entry, action, writes }: PacketTrace['stages'][number]['tables'][number]): string {
  const changed = writes.map(({ field, after }) => `${field} = ${after}`).join(', ');
  return `${entry === null ? 'no entry' : `entry ${entry}`}, ${action ?? 'no action'}: ${changed}`;
}

type Fields = PacketTrace['parsed'];

function fieldDifference(a: Fields, b: Fields): { what: string; ours: string; theirs: string } | undefined {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const what = names.find((name) => (a[name] ?? 0) !== (b[name] ?? 0));
  return what === undefined ? undefined : { what, ours: String(a[what] ?? 0), theirs: String(b[what] ?? 0) };
}
