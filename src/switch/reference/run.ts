/**
 * The reference pipeline: executes a program stage by stage as its placement says, one packet after the other.
 * Written to be read and believed (PROGRAM.md); the engine must equal it bit for bit.
 */

import { fail, type Progress } from '../../problem.ts';
import type { FrameColumns, Placement, Program, RunColumns, RunInput, StateMode } from '../../program/index.ts';
import { OUTCOME_NO_VERDICT, OUTCOME_VERDICT } from '../../program/index.ts';
import { flattenControl, type Guard } from './control.ts';
import { type FieldSlot, layoutFields, shiftedLo, signed, slotOf } from './layout.ts';
import { createMachine, type Machine } from './machine.ts';
import { compileParser } from './parse.ts';
import { createRecorder, type Recorder } from './recorder.ts';
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

/** Words that enter egress as 0: fields that egress reads or writes and that are not bridged (others keep their value for observation). */
function clearedInEgress(program: Program, context: Context): FieldSlot[] {
  const used = new Set<string>();
  for (const step of flattenControl(program, 'egress')) {
    if (step.kind === 'gate') {
      for (const test of step.all) if (test.kind === 'cmp') used.add(test.field);
      continue;
    }
    const table = program.tables.find((candidate) => candidate.name === step.table);
    for (const key of table?.keys ?? []) used.add(key.field);
    for (const name of [...(table?.actions ?? []), table?.defaultAction.action ?? ''])
      for (const field of actionFields(program, name)) used.add(field);
  }
  for (const field of program.bridge) used.delete(field);
  return [...used].map((field) => slotOf(context.layout, field));
}

/** Every field an action reads or writes. */
function actionFields(program: Program, name: string): string[] {
  const action = program.actions.find((candidate) => candidate.name === name);
  if (!action) return [];
  const fields: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) {
        if (typeof item === 'string' && /^(field|dst|when|index)$/.test(key)) fields.push(item);
        else if (key === 'hash' && typeof item === 'string')
          visit(
            program.hashes
              .find((hash) => hash.name === item)
              ?.parts.flatMap((part) => part.xor.map((f) => ({ field: f }))),
          );
        else visit(item);
      }
  };
  visit(action);
  if (action.stateful) visit(program.stateful.find((salu) => salu.name === action.stateful?.run));
  return fields;
}

interface Columns {
  readonly outcome: Uint8Array;
  readonly verdict: Int16Array;
  readonly logits: Int32Array;
  readonly observed: Record<string, Uint32Array>;
}

function allocate(count: number, program: Program, observe: readonly FieldSlot[]): Columns {
  const observed: Record<string, Uint32Array> = {};
  for (const slot of observe) {
    observed[slot.name] = new Uint32Array(count);
    if (slot.wide) observed[`${slot.name}.hi`] = new Uint32Array(count);
  }
  return {
    outcome: new Uint8Array(count),
    verdict: new Int16Array(count).fill(-1),
    logits: new Int32Array(count * program.verdict.logits.length),
    observed,
  };
}

/** Reads the verdict of a packet that went through the whole pipeline. */
function compileVerdict(program: Program, context: Context) {
  const { verdict } = program;
  const valid = verdict.valid ? slotOf(context.layout, verdict.valid) : undefined;
  const klass = verdict.class ? slotOf(context.layout, verdict.class) : undefined;
  const logits = verdict.logits.map((logit) => ({ ...logit, slot: slotOf(context.layout, logit.field) }));
  return (words: Uint32Array, columns: Columns, packet: number): void => {
    if (valid && words[valid.at] === 0) {
      columns.outcome[packet] = OUTCOME_NO_VERDICT;
      return;
    }
    columns.outcome[packet] = OUTCOME_VERDICT;
    if (klass && verdict.kind !== 'none') columns.verdict[packet] = words[klass.at];
    for (let l = 0; l < logits.length; l++) {
      const { slot, low, bits, signed: isSigned } = logits[l];
      const raw = shiftedLo(words[slot.at], slot.wide ? words[slot.at + 1] : 0, low);
      const cut = bits >= 32 ? raw : raw & ((1 << bits) - 1);
      columns.logits[packet * logits.length + l] = isSigned ? signed(cut, Math.min(bits, 32)) : cut;
    }
  };
}

function checkInput(input: RunInput, context: Context): void {
  if (input.kind !== 'injected') return;
  for (const [field, column] of Object.entries(input.fields)) {
    slotOf(context.layout, field);
    if (column.length < input.count)
      fail({
        code: 'RUN-COLUMN',
        message: `injected field "${field}" is shorter than the run`,
        need: `${input.count} values`,
        have: `${column.length}`,
      });
  }
}

/** Compiles a placed program once; the closures are shared by all its runs. */
export function compileReference(program: Program, placement: Placement): ReferencePipeline {
  const layout = layoutFields(program);
  const registers = createRegisters(program);
  const context: Context = { program, placement, layout, registers };
  const ingress = compileStages(context, 'ingress');
  const egress = compileStages(context, 'egress');
  const gates = Math.max(flattenControl(program, 'ingress').length, flattenControl(program, 'egress').length);
  const machine = createMachine(layout.words, program.headers.length, gates, program.tables.length);
  const parse = compileParser(program, layout);
  const readVerdict = compileVerdict(program, context);
  const cleared = clearedInEgress(program, context);
  const stamps = program.fields
    .filter((field) => field.source === 'timestamp')
    .map((field) => slotOf(layout, field.name));

  /** Fills the packet's fields; an outcome other than OUTCOME_NO_VERDICT ends the packet. */
  const enter = (input: RunInput, packet: number): number => {
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
  };

  const through = (recorder?: Recorder): void => {
    walk(ingress, 'ingress', machine, recorder);
    if (egress.length === 0) return;
    machine.valid.fill(0);
    for (const slot of cleared) machine.next.fill(0, slot.at, slot.at + (slot.wide ? 2 : 1));
    walk(egress, 'egress', machine, recorder);
  };

  const run = (input: RunInput, options: ReferenceOptions = {}): RunColumns => {
    checkInput(input, context);
    const count = input.kind === 'packets' ? input.packets.count : input.count;
    const observe = (options.observe ?? []).map((field) => slotOf(layout, field));
    const columns = allocate(count, program, observe);
    const { trace } = options;
    let traced = 0;
    resetRegisters(registers);
    for (let packet = 0; packet < count; packet++) {
      if (input.kind === 'packets' && packet > 0 && options.state !== 'continuous')
        if (input.packets.capture[packet] !== input.packets.capture[packet - 1]) resetRegisters(registers);
      const outcome = enter(input, packet);
      const wanted = trace && (trace.packets ? trace.packets.has(packet) : traced < (trace.max ?? 100));
      const recorder = wanted ? createRecorder(layout) : undefined;
      const headers = wanted
        ? program.headers.filter((_, h) => machine.valid[h] === 1).map((header) => header.name)
        : [];
      const parsed = wanted ? nonZero(layout, machine.next) : {};
      columns.outcome[packet] = outcome;
      if (outcome === OUTCOME_NO_VERDICT) {
        through(recorder);
        readVerdict(machine.next, columns, packet);
        for (const slot of observe) {
          columns.observed[slot.name][packet] = machine.next[slot.at];
          if (slot.wide) columns.observed[`${slot.name}.hi`][packet] = machine.next[slot.at + 1];
        }
      }
      if (recorder && trace) {
        traced++;
        trace.onPacket(tracePacket(packet, columns, recorder, headers, parsed));
      }
      if ((packet & 0xfff) === 0xfff) options.progress?.('reference pipeline', packet + 1, count);
    }
    return { count, ...columns };
  };

  const tracePacket = (
    packet: number,
    columns: Columns,
    recorder: Recorder,
    headers: readonly string[],
    parsed: PacketTrace['parsed'],
  ): PacketTrace => {
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
  return { registers, run };
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
