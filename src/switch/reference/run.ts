/**
 * The reference pipeline: executes a program stage by stage as its placement says, one packet after the other.
 * Written to be read and believed (PROGRAM.md); the engine must equal it bit for bit.
 */

import { fail, type Progress } from '../../problem.ts';
import type { FrameColumns, Placement, Program, RunColumns, RunInput, StateMode } from '../../program/index.ts';
import { OUTCOME_NO_VERDICT } from '../../program/index.ts';
import { flattenControl, type Guard } from './control.ts';
import { clearedInEgress } from './egress.ts';
import { type FieldSlot, type Layout, layoutFields, slotOf } from './layout.ts';
import { createMachine, type Machine } from './machine.ts';
import { compileParser, type Parse } from './parse.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { allocateColumns, type Columns, compileVerdict, readObserved } from './result.ts';
import { type Context, compileStages, type Stage, type StageTable } from './stages.ts';
import { createRegisters, type RegisterFile, resetRegisters } from './stateful.ts';
import { nonZero, type PacketTrace, type TraceOptions } from './trace.ts';

export interface ReferenceOptions {
  /** Default `perCapture`. */
  readonly state?: StateMode;
  /** Fields whose final values are wanted. */
  readonly observe?: readonly string[];
  readonly trace?: TraceOptions;
  readonly progress?: Progress;
}

/** A program ready to run; registers keep their cells between runs of `packet`. */
export interface ReferencePipeline {
  readonly registers: RegisterFile;
  /** All of a run; registers start at their initial values. */
  readonly run: (input: RunInput, options?: ReferenceOptions) => RunColumns;
}

function allowed(under: readonly Guard[], gates: Int8Array): boolean {
  for (const { gate, outcome } of under) if (gate < 0 || gates[gate] === outcome) return true;
  return false;
}

function applyTable(item: StageTable, machine: Machine, recorder: Recorder | undefined): void {
  if (machine.hit[item.index] === 1) return;
  const entry = item.lookup.find(machine);
  if (entry < 0 && !item.last) {
    recorder?.table(item, machine, entry, undefined);
    return;
  }
  const { entries } = item.table;
  machine.hit[item.index] = 1;
  machine.data = entry < 0 ? item.fallbackData : entries.data;
  machine.dataAt = entry < 0 ? 0 : entry * entries.dataWords;
  const ran = entry < 0 ? item.fallback : item.actions[entries.action[entry]];
  ran.run(machine);
  recorder?.table(item, machine, entry, ran);
}

function walk(stages: readonly Stage[], gress: 'ingress' | 'egress', machine: Machine, recorder?: Recorder): void {
  machine.gates.fill(-1);
  for (const stage of stages) {
    machine.now.set(machine.next);
    machine.serial++;
    recorder?.stage(gress, stage.number);
    for (const item of stage.items) {
      if (item.kind === 'table') {
        if (allowed(item.under, machine.gates)) applyTable(item, machine, recorder);
      } else if (item.under.gate < 0 || machine.gates[item.under.gate] === item.under.outcome) {
        const taken = item.check(machine);
        machine.gates[item.gate] = taken ? 1 : 0;
        recorder?.gateway(item.gate, taken);
      }
    }
  }
}

/** Timestamp fields: nanoseconds since the epoch modulo 2^48, computed exactly. */
function stampTime(slots: readonly FieldSlot[], packets: FrameColumns, packet: number, next: Uint32Array): void {
  if (slots.length === 0) return;
  const time = BigInt(packets.seconds[packet]) * 1_000_000_000n + BigInt(packets.nanos[packet]);
  const cut = BigInt.asUintN(48, time);
  for (const slot of slots) {
    next[slot.at] = Number(cut & 0xffffffffn) & slot.maskLo;
    if (slot.wide) next[slot.at + 1] = Number(cut >> 32n) & slot.maskHi;
  }
}

function checkInput(input: RunInput, layout: Layout): void {
  if (input.kind !== 'injected') return;
  for (const [field, column] of Object.entries(input.fields)) {
    slotOf(layout, field);
    if (column.length < input.count)
      fail({
        code: 'RUN-COLUMN',
        message: `injected field "${field}" is shorter than the run`,
        need: `${input.count} values`,
        have: `${column.length}`,
      });
  }
}

/** Everything a run needs, compiled once for a placed program. */
interface Compiled {
  readonly program: Program;
  readonly layout: Layout;
  readonly registers: RegisterFile;
  readonly ingress: readonly Stage[];
  readonly egress: readonly Stage[];
  readonly machine: Machine;
  readonly parse: Parse;
  readonly readVerdict: ReturnType<typeof compileVerdict>;
  readonly cleared: readonly FieldSlot[];
  readonly stamps: readonly FieldSlot[];
}

function compile(program: Program, placement: Placement): Compiled {
  const layout = layoutFields(program);
  const registers = createRegisters(program);
  const context: Context = { program, placement, layout, registers };
  const gates = Math.max(flattenControl(program, 'ingress').length, flattenControl(program, 'egress').length);
  return {
    program,
    layout,
    registers,
    ingress: compileStages(context, 'ingress'),
    egress: compileStages(context, 'egress'),
    machine: createMachine(layout.words, program.headers.length, gates, program.tables.length),
    parse: compileParser(program, layout),
    readVerdict: compileVerdict(program, layout),
    cleared: clearedInEgress(program, layout),
    stamps: program.fields.filter((field) => field.source === 'timestamp').map((field) => slotOf(layout, field.name)),
  };
}

/** Fills the packet's fields; an outcome other than OUTCOME_NO_VERDICT ends the packet. */
function enter({ machine, layout, stamps, parse }: Compiled, input: RunInput, packet: number): number {
  machine.next.fill(0);
  machine.valid.fill(0);
  machine.hit.fill(0);
  if (input.kind === 'packets') {
    stampTime(stamps, input.packets, packet, machine.next);
    return parse(machine, input.packets, packet);
  }
  for (const field in input.fields) {
    const slot = slotOf(layout, field);
    machine.next[slot.at] = input.fields[field][packet] & slot.maskLo;
  }
  return OUTCOME_NO_VERDICT;
}

/** Ingress, then egress, which sees bridged fields alone and no valid header. */
function through({ machine, ingress, egress, cleared }: Compiled, recorder?: Recorder): void {
  walk(ingress, 'ingress', machine, recorder);
  if (egress.length === 0) return;
  machine.valid.fill(0);
  for (const slot of cleared) machine.next.fill(0, slot.at, slot.at + (slot.wide ? 2 : 1));
  walk(egress, 'egress', machine, recorder);
}

/** Runs one packet that is not traced, or traced into `recorder`. */
function runPacket(
  compiled: Compiled,
  columns: Columns,
  packet: number,
  observe: readonly FieldSlot[],
  recorder?: Recorder,
): void {
  through(compiled, recorder);
  compiled.readVerdict(compiled.machine.next, columns, packet);
  readObserved(observe, compiled.machine.next, columns, packet);
}

/** The record of a packet that the parser has just accepted or rejected; the stages are filled by the walk that follows. */
function beginTrace({ program, machine, layout }: Compiled) {
  const headers = program.headers.filter((_, h) => machine.valid[h] === 1).map((header) => header.name);
  const parsed = nonZero(layout, machine.next);
  const recorder = createRecorder(layout);
  const end = (columns: Columns, packet: number): PacketTrace => {
    const width = program.verdict.logits.length;
    return {
      packet,
      outcome: columns.outcome[packet],
      headers,
      parsed,
      stages: recorder.stages,
      final: nonZero(layout, machine.next),
      verdict: columns.verdict[packet],
      logits: [...columns.logits.subarray(packet * width, (packet + 1) * width)],
    };
  };
  return { recorder, end };
}

/** True where a new capture begins and the run clears its registers. */
function startsCapture(input: RunInput, packet: number, state: StateMode | undefined): boolean {
  if (input.kind !== 'packets' || packet === 0 || state === 'continuous') return false;
  const { capture } = input.packets;
  return capture[packet] !== capture[packet - 1];
}

function runAll(compiled: Compiled, input: RunInput, options: ReferenceOptions): RunColumns {
  checkInput(input, compiled.layout);
  const count = input.kind === 'packets' ? input.packets.count : input.count;
  const observe = (options.observe ?? []).map((field) => slotOf(compiled.layout, field));
  const columns = allocateColumns(count, compiled.program, observe);
  const { trace } = options;
  let traced = 0;
  resetRegisters(compiled.registers);
  for (let packet = 0; packet < count; packet++) {
    if (startsCapture(input, packet, options.state)) resetRegisters(compiled.registers);
    columns.outcome[packet] = enter(compiled, input, packet);
    const wanted = trace && (trace.packets ? trace.packets.has(packet) : traced < (trace.max ?? 100));
    const record = wanted ? beginTrace(compiled) : undefined;
    if (columns.outcome[packet] === OUTCOME_NO_VERDICT) runPacket(compiled, columns, packet, observe, record?.recorder);
    if (record) {
      traced++;
      trace?.onPacket(record.end(columns, packet));
    }
    if ((packet & 0xfff) === 0xfff) options.progress?.('reference pipeline', packet + 1, count);
  }
  return { count, ...columns };
}

/** Compiles a placed program once; the closures are shared by all its runs. */
export function compileReference(program: Program, placement: Placement): ReferencePipeline {
  const compiled = compile(program, placement);
  return { registers: compiled.registers, run: (input, options = {}) => runAll(compiled, input, options) };
}

/** One run: compile and execute. `program` and `placement` must belong together (placeProgram). */
export function runReference(
  program: Program,
  placement: Placement,
  input: RunInput,
  options: ReferenceOptions = {},
): RunColumns {
  return compileReference(program, placement).run(input, options);
}
