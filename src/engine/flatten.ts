/**
 * A placed program as a straight list of column operations: stage by stage, every read of a stage sees the values at its
 * entry (columns that a later reader of the same stage still needs are copied first).
 */

import type { Instruction, Operand, Placement, Program, SaluOperand, StatefulAction, Test } from '../program/index.ts';
import { ALL_ONES, type Builder, binary, both, compare, type FieldColumns, fieldOf, lowMask, move } from './builder.ts';
import { type ControlStage, controlStages, type Guard, type StagePart } from './control.ts';
import { emitInstruction, operandWords, type Scope } from './instruct.ts';
import type { Mask, ScanCall, ScanOperand, Source } from './ir.ts';
import { COMPARE, OUTPUT, OUTPUT_JOINS, UPDATE } from './opcodes.ts';
import { type Branch, either, emitTable, type MatchNote } from './table.ts';

/** What the walk through one gress remembers. */
interface Walk {
  readonly builder: Builder;
  /** Outcome of each gateway evaluated so far. */
  readonly gates: Map<number, { readonly taken: Mask; readonly not: Mask }>;
  /** Packets that already hit an earlier part of a split table. */
  readonly hits: Map<string, Mask>;
  readonly note: (note: MatchNote) => void;
}

/** Emits ingress and egress into the builder. */
export function flattenProgram(
  builder: Builder,
  placement: Placement | undefined,
  note: (note: MatchNote) => void,
): void {
  const { program } = builder;
  for (const stage of walkOf(builder, 'ingress', placement, note)) stage();
  const egress = controlStages(program, placement, 'egress');
  if (egress.length === 0) return;
  crossToEgress(builder, egress);
  for (const stage of walkOf(builder, 'egress', placement, note)) stage();
}

function walkOf(
  builder: Builder,
  gress: 'ingress' | 'egress',
  placement: Placement | undefined,
  note: (note: MatchNote) => void,
): (() => void)[] {
  const walk: Walk = { builder, gates: new Map(), hits: new Map(), note };
  return controlStages(builder.program, placement, gress).map((stage) => () => emitStage(walk, stage));
}

/** Headers become invalid, and fields that egress touches and that are not bridged become 0. */
function crossToEgress(builder: Builder, stages: readonly ControlStage[]): void {
  for (const column of builder.valid.values()) move(builder, { value: 0 }, {}, undefined, column);
  for (const name of touchedFields(builder.program, stages)) {
    if (builder.program.bridge.includes(name)) continue;
    const { lo, hi } = fieldOf(builder, name);
    move(builder, { value: 0 }, {}, undefined, lo);
    if (hi !== undefined) move(builder, { value: 0 }, {}, undefined, hi);
  }
}

/** Fields that the stages read or write. */
function touchedFields(program: Program, stages: readonly ControlStage[]): Set<string> {
  const touched = new Set<string>();
  for (const { gates, parts } of stages) {
    for (const test of gates.flatMap((gate) => gate.all)) if (test.kind === 'cmp') touched.add(test.field);
    for (const { table } of parts) {
      for (const key of table.keys) touched.add(key.field);
      for (const name of [...table.actions, table.defaultAction.action]) {
        for (const field of actionFields(program, name)) touched.add(field);
      }
    }
  }
  return touched;
}

function actionFields(program: Program, name: string): string[] {
  const action = program.actions.find((candidate) => candidate.name === name);
  if (!action) return [];
  const salu = program.stateful.find((candidate) => candidate.name === action.stateful?.run);
  const operands = [
    ...action.instructions.flatMap((i) => ['a' in i ? i.a : undefined, 'b' in i ? i.b : undefined]),
    ...(salu?.inputs ?? []),
  ];
  const hashes = action.instructions.flatMap((i) => (i.op === 'hash' ? [i.hash] : []));
  return [
    ...operands.flatMap((operand) => (operand?.kind === 'field' ? [operand.field] : [])),
    ...action.instructions.flatMap((i) => (i.op === 'cmov' ? [i.dst, i.when] : [i.dst])),
    ...(salu?.outputs.map((output) => output.dst) ?? []),
    ...(action.stateful ? [action.stateful.index] : []),
    ...program.hashes.flatMap((hash) => (hashes.includes(hash.name) ? hash.parts.flatMap((part) => part.xor) : [])),
  ];
}

function guardMask(walk: Walk, guard: Guard): Mask {
  if (guard.gate < 0) return undefined;
  const gate = walk.gates.get(guard.gate);
  if (!gate) throw new Error(`gateway ${guard.gate} sits in a later stage than what it guards`);
  return guard.outcome === 1 ? gate.taken : gate.not;
}

/** Packets under any of the guards. */
function pathMask(walk: Walk, under: readonly Guard[]): Mask {
  return under.map((guard) => guardMask(walk, guard)).reduce((a, b) => either(walk.builder, a, b));
}

function emitGate(walk: Walk, gate: number, all: readonly Test[], under: Guard): void {
  const { builder } = walk;
  const path = guardMask(walk, under);
  const holds = all.reduce<Mask>((mask, test) => both(builder, mask, emitTest(builder, test)), undefined);
  const taken = both(builder, path, holds);
  const none = move(builder, { value: 0 }, {});
  const not = holds === undefined ? none : both(builder, path, inverse(builder, holds));
  walk.gates.set(gate, { taken, not });
}

function inverse(builder: Builder, mask: number): number {
  return binary(builder, 'xor', { column: mask }, { value: ALL_ONES });
}

const TEST_OPS = {
  eq: ['eq', 'eq'],
  ne: ['ne', 'ne'],
  lt: ['ltU', 'ltS'],
  le: ['leU', 'leS'],
  gt: ['gtU', 'gtS'],
  ge: ['geU', 'geS'],
} as const;

function emitTest(builder: Builder, test: Test): number {
  if (test.kind !== 'cmp') {
    const column = builder.valid.get(test.header);
    if (column === undefined) throw new Error(`no header ${test.header}`);
    return test.kind === 'valid' ? column : inverse(builder, column);
  }
  const { lo, hi, bits } = fieldOf(builder, test.field);
  const constant = BigInt.asUintN(bits, BigInt(test.value));
  const low = { value: Number(constant & 0xffffffffn) };
  const signed = test.signed ? 1 : 0;
  if (hi === undefined) return compare(builder, TEST_OPS[test.op][signed], { column: lo }, low, 32 - bits, ALL_ONES);
  const high = { value: Number(constant >> 32n) };
  const k = 64 - bits;
  const highEqual = compare(builder, 'eq', { column: hi }, high, k, ALL_ONES);
  if (test.op === 'eq' || test.op === 'ne') {
    const equal = both(builder, highEqual, compare(builder, 'eq', { column: lo }, low, 0, ALL_ONES))!;
    return test.op === 'eq' ? equal : inverse(builder, equal);
  }
  const strict = test.op === 'lt' || test.op === 'le' ? 'lt' : 'gt';
  const above = compare(builder, TEST_OPS[strict][signed], { column: hi }, high, k, ALL_ONES);
  const below = compare(builder, TEST_OPS[test.op][0], { column: lo }, low, 0, ALL_ONES);
  return either(builder, above, both(builder, highEqual, below))!;
}

/** Something that reads fields at the stage's entry and then writes fields. */
interface Item {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly table: string;
  /** Actions of one table never run for the same packet; empty for register scans, which serve several. */
  readonly action: string;
  readonly emit: (read: (field: string) => FieldColumns) => void;
}

function emitStage(walk: Walk, stage: ControlStage): void {
  const { builder } = walk;
  const read = (field: string) => fieldOf(builder, field);
  for (const { gate, all, under } of stage.gates) emitGate(walk, gate, all, under);
  const uses = stage.parts.map((part) => ({ part, branches: emitPart(walk, part, read) }));
  const branches = uses.flatMap(({ part, branches }) => branches.map((branch) => ({ branch, owner: part.table.name })));
  const items = [
    ...scanItems(builder, branches),
    ...branches.flatMap(({ branch, owner }) => instructionItems(builder, branch, owner)),
  ];
  emitItems(builder, items);
}

function emitPart(walk: Walk, part: StagePart, read: (field: string) => FieldColumns): readonly Branch[] {
  const { builder } = walk;
  const name = part.table.name;
  let path = pathMask(walk, part.under);
  const before = walk.hits.get(name);
  if (!part.first && before !== undefined) path = both(builder, path, inverse(builder, before));
  const use = emitTable(builder, part, path, read, walk.note);
  if (!part.last) {
    const none = () => move(builder, { value: 0 }, {});
    const hit = use.hit === undefined ? none() : both(builder, use.hit, path);
    walk.hits.set(name, before === undefined ? hit : either(builder, before, hit));
  }
  return use.branches;
}

/** Emits items in order; an entry value that an earlier item overwrites and a later one reads is copied first. */
function emitItems(builder: Builder, items: readonly Item[]): void {
  const exclusive = (a: Item, b: Item) =>
    a.table === b.table && a.action !== '' && b.action !== '' && a.action !== b.action;
  const stale = (j: number, field: string) =>
    items.some((item, i) => i < j && !exclusive(item, items[j]) && item.writes.includes(field));
  const copies = new Map<string, FieldColumns>();
  items.forEach((item, j) => {
    for (const field of item.reads) {
      if (copies.has(field) || !stale(j, field)) continue;
      const { name, bits, lo, hi } = fieldOf(builder, field);
      const copy = { name, bits, lo: move(builder, { column: lo }, {}) };
      copies.set(field, hi === undefined ? copy : { ...copy, hi: move(builder, { column: hi }, {}) });
    }
  });
  items.forEach((item, j) => {
    item.emit((field) => (stale(j, field) ? copies.get(field)! : fieldOf(builder, field)));
  });
}

function instructionItems(builder: Builder, branch: Branch, table: string): Item[] {
  return branch.action.instructions.map((instruction) => {
    const operands = ['a' in instruction ? instruction.a : undefined, 'b' in instruction ? instruction.b : undefined];
    const hash =
      instruction.op === 'hash' ? builder.program.hashes.find(({ name }) => name === instruction.hash) : undefined;
    return {
      table,
      action: branch.action.name,
      reads: [
        ...operands.flatMap((operand) => (operand?.kind === 'field' ? [operand.field] : [])),
        ...(instruction.op === 'cmov' ? [instruction.when] : []),
        ...(hash?.parts.flatMap((part) => part.xor) ?? []),
      ],
      writes: [instruction.dst],
      emit: (read) => {
        const { mask, param } = addsData(instruction) ? branch.added : branch;
        emitInstruction({ builder, mask, read, param }, instruction);
      },
    };
  });
}

/** dst = dst + action data: adding 0 is the same as not running. */
function addsData(instruction: Instruction): boolean {
  if (instruction.op !== 'add') return false;
  const { dst, a, b } = instruction;
  const own = (operand: Operand) => operand.kind === 'field' && operand.field === dst;
  return (own(a) && b.kind === 'param') || (own(b) && a.kind === 'param');
}

/** One scan per register array: all calls of the stage on it, in program order. */
function scanItems(builder: Builder, branches: readonly { readonly branch: Branch; readonly owner: string }[]): Item[] {
  const byRegister = new Map<string, { salu: StatefulAction; index: string; branch: Branch }[]>();
  for (const { branch } of branches) {
    const { stateful } = branch.action;
    if (!stateful) continue;
    const salu = builder.program.stateful.find((candidate) => candidate.name === stateful.run);
    if (!salu) throw new Error(`action ${branch.action.name} calls ${stateful.run}, which does not exist`);
    const list = byRegister.get(salu.register) ?? [];
    list.push({ salu, index: stateful.index, branch });
    byRegister.set(salu.register, list);
  }
  return [...byRegister].map(([register, calls]) => ({
    table: '',
    action: '',
    reads: calls.flatMap(({ salu, index }) => [
      index,
      ...salu.inputs.flatMap((operand) => (operand.kind === 'field' ? [operand.field] : [])),
    ]),
    writes: calls.flatMap(({ salu }) => salu.outputs.map((output) => output.dst)),
    emit: (read) => {
      const bits = builder.program.registers.find(({ name }) => name === register)?.cellBits;
      if (bits === undefined) throw new Error(`no register ${register}`);
      builder.ops.push({
        op: 'scan',
        register,
        k: 32 - bits,
        calls: calls.map(({ salu, index, branch }) => scanCall(builder, salu, index, branch, read, bits)),
      });
      for (const { salu, branch } of calls) clearHighWords(builder, salu, branch);
    },
  }));
}

const ALWAYS = 0xffffffff;

function scanCall(
  builder: Builder,
  salu: StatefulAction,
  index: string,
  branch: Branch,
  read: (field: string) => FieldColumns,
  bits: number,
): ScanCall {
  const operand = (one: SaluOperand | undefined): ScanOperand => {
    if (one === undefined) return { kind: 'const', value: 0 };
    if (one.kind === 'const') return { kind: 'const', value: (one.value & lowMask(bits)) >>> 0 };
    if (one.kind === 'input') return { kind: one.index === 0 ? 'input0' : 'input1', value: 0 };
    return { kind: one.kind, value: 0 };
  };
  const scope: Scope = { builder, mask: branch.mask, read, param: branch.param };
  const inputs: Source[] = salu.inputs.map((input) => operandWords(scope, input)[0]);
  return {
    name: salu.name,
    mask: branch.mask,
    index: read(index).lo,
    inputs,
    conditions: salu.conditions.map(({ op, signed, a, minus, b }) => {
      const made = { op: conditionOp(op, signed), a: operand(a), b: operand(b) };
      return minus ? { ...made, minus: operand(minus) } : made;
    }),
    updates: salu.updates.map(({ cell, when, op, a, b }) => ({
      cell: cell === 'hi' ? 1 : 0,
      when: when ?? ALWAYS,
      op: UPDATE.indexOf(op),
      a: operand(a),
      b: operand(b),
    })),
    outputs: scanOutputs(builder, salu),
  };
}

/** An output whose field another output of the call already wrote is OR-ed into it. */
function scanOutputs(builder: Builder, salu: StatefulAction): ScanCall['outputs'] {
  return salu.outputs.map(({ dst, when, value }, o) => {
    const { lo, bits } = fieldOf(builder, dst);
    const joins = salu.outputs.findIndex((output) => output.dst === dst) < o;
    const kind = OUTPUT.indexOf(value) + (joins ? OUTPUT_JOINS : 0);
    return { dst: lo, when: when ?? ALWAYS, value: kind, width: lowMask(bits) };
  });
}

/** A stateful ALU's word into a field of more than 32 bits leaves 0 above. */
function clearHighWords(builder: Builder, salu: StatefulAction, branch: Branch): void {
  for (const { dst } of salu.outputs) {
    const { hi } = fieldOf(builder, dst);
    if (hi !== undefined) move(builder, { value: 0 }, {}, branch.mask, hi);
  }
}

function conditionOp(op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge', signed: boolean): number {
  return COMPARE.indexOf(TEST_OPS[op][signed ? 1 : 0]);
}
