/** Demands of a Program: its tables, keyless tables and gateways in the order control applies them. */

import type { Action, Gress, Hash, Program, Table, Test } from '../../program/index.ts';
import { type FlatStep, flattenControl } from '../reference/control.ts';
import type { Chip } from '../targets/chip.ts';
import type { Demand, DemandAction, DemandField, DemandKey, DemandTable } from './demand.ts';
import { calledStateful, instructionGroup, instructionReads, isArithmetic, statefulReads } from './fields.ts';

/** Everything needed to turn names into demands. */
interface Names {
  readonly program: Program;
  readonly chip: Chip;
  readonly bits: ReadonlyMap<string, number>;
  readonly hashes: ReadonlyMap<string, Hash>;
  readonly actions: ReadonlyMap<string, Action>;
}

/** Constants that do not fit an instruction become action data (T:bf-p4c/mau/action_analysis.h:57-59). */
function constantParams(action: Action, chip: Chip, bits: ReadonlyMap<string, number>): number[] {
  const { constantMin, constantMax, loadConstantBits } = chip.action;
  return action.instructions.flatMap((i) => {
    const operands = ['a' in i ? i.a : undefined, 'b' in i ? i.b : undefined];
    const width = Math.min(bits.get(i.dst) ?? 32, 32);
    return operands.flatMap((operand) => {
      if (operand?.kind !== 'const') return [];
      const { value } = operand;
      const fits =
        i.op === 'set'
          ? width <= 16 || (value >= 0 && value < 2 ** loadConstantBits)
          : value >= constantMin && value <= constantMax;
      return fits ? [] : [width];
    });
  });
}

function demandAction(names: Names, name: string): DemandAction {
  const action = names.actions.get(name);
  if (!action) throw new Error(`no action ${name}`);
  const salu = calledStateful(names.program, action);
  const { instructions } = action;
  const reads = [
    ...instructions.flatMap((i) => instructionReads(i, names.hashes)),
    ...(salu ? statefulReads(action, salu) : []),
  ];
  const writes = [...instructions.map((i) => i.dst), ...(salu?.outputs.map((output) => output.dst) ?? [])];
  const arithmetic = instructions.filter(isArithmetic).flatMap((i) => instructionGroup(i).concat(i.dst));
  const hashBits = instructions
    .filter((i) => i.op === 'hash')
    .reduce((sum, i) => sum + (names.bits.get(i.dst) ?? 0), 0);
  return {
    name,
    params: [...action.params.map((param) => param.bits), ...constantParams(action, names.chip, names.bits)],
    reads: [...new Set(reads)],
    writes: [...new Set(writes)],
    arithmetic: [...new Set(arithmetic)],
    groups: instructions.map(instructionGroup).filter((group) => group.length > 1),
    immediateBits: hashBits,
    ...(salu ? { register: salu.register } : {}),
  };
}

function demandKeys(table: Table, bits: ReadonlyMap<string, number>): DemandKey[] {
  return table.keys.map(({ field, match, slice }) => ({
    field,
    match,
    low: slice?.low ?? 0,
    bits: slice?.bits ?? bits.get(field) ?? 0,
  }));
}

function demandTable(names: Names, gress: Gress, order: number, step: FlatStep & { kind: 'table' }): DemandTable {
  const table = names.program.tables.find((candidate) => candidate.name === step.table);
  if (!table) throw new Error(`no table ${step.table}`);
  const used = [...new Set([...table.actions, table.defaultAction.action])];
  const actions = used.map((name) => demandAction(names, name));
  const fallback = actions[used.indexOf(table.defaultAction.action)];
  return {
    name: table.name,
    gress,
    kind: table.keys.length > 0 ? 'match' : 'keyless',
    order,
    keys: demandKeys(table, names.bits),
    entries: table.size,
    actions,
    hitActions: table.actions.length,
    defaultHasData: fallback.params.length > 0 || fallback.register !== undefined,
    under: step.under,
    gate: -1,
    gatewayRows: 0,
    made: false,
  };
}

/** Rows of a gateway for a conjunction: equality and order by nibble take one row, a "not equal" one as well (default row). */
function testKeys(tests: readonly Test[], bits: ReadonlyMap<string, number>): DemandKey[] {
  return tests.map((test) => {
    if (test.kind !== 'cmp') return { field: `${test.header}.$valid`, match: 'exact' as const, low: 0, bits: 1 };
    const ordered = test.op !== 'eq' && test.op !== 'ne';
    const width = bits.get(test.field) ?? 0;
    const sign = test.signed === true && test.value === 0 && (test.op === 'lt' || test.op === 'ge');
    return {
      field: test.field,
      match: ordered && !sign ? ('range' as const) : ('exact' as const),
      low: sign ? width - 1 : 0,
      bits: sign ? 1 : width,
    };
  });
}

function demandGateway(names: Names, gress: Gress, order: number, step: FlatStep & { kind: 'gate' }): DemandTable {
  const keys = testKeys(step.all, names.bits);
  return {
    name: `${gress}.if${step.gate}`,
    gress,
    kind: 'gateway',
    order,
    keys,
    entries: 0,
    actions: [],
    hitActions: 0,
    defaultHasData: false,
    under: [step.under],
    gate: step.gate,
    gatewayRows: Math.max(1, keys.length),
    made: false,
  };
}

function demandFields(program: Program, tables: readonly DemandTable[]): DemandField[] {
  const seen = new Map<string, Set<Gress>>();
  for (const table of tables) {
    const names = [
      ...table.keys.map((key) => key.field),
      ...table.actions.flatMap((action) => [...action.reads, ...action.writes]),
    ];
    for (const name of names) seen.set(name, (seen.get(name) ?? new Set()).add(table.gress));
  }
  const bridged = new Set(program.bridge);
  const { verdict } = program;
  const answers = new Set([verdict.valid, verdict.class, ...verdict.logits.map((logit) => logit.field)]);
  return program.fields.map(({ name, bits, source }) => {
    const where = seen.get(name);
    const both = bridged.has(name) || (where?.has('ingress') && where.has('egress'));
    const gress = both ? 'both' : where?.has('egress') ? 'egress' : 'ingress';
    const header = source === 'header';
    return { name, bits, header, bridged: bridged.has(name), kept: header || answers.has(name), gress };
  });
}

/** Demands of a program on a chip (the chip decides which constants become action data). */
export function programDemand(program: Program, chip: Chip): Demand {
  const names: Names = {
    program,
    chip,
    bits: new Map(program.fields.map((field) => [field.name, field.bits])),
    hashes: new Map(program.hashes.map((hash) => [hash.name, hash])),
    actions: new Map(program.actions.map((action) => [action.name, action])),
  };
  const tables: DemandTable[] = [];
  for (const gress of ['ingress', 'egress'] as const)
    for (const step of flattenControl(program, gress))
      tables.push(
        step.kind === 'gate'
          ? demandGateway(names, gress, tables.length, step)
          : demandTable(names, gress, tables.length, step),
      );
  return {
    name: program.name,
    tables,
    registers: program.registers.map((register) => ({
      name: register.name,
      bits: register.cellBits * (register.pair ? 2 : 1),
      cells: register.size,
    })),
    fields: demandFields(program, tables),
    bitsPerFlow: program.flow?.bitsPerFlow ?? 0,
    flowSlots: program.flow?.slots ?? 0,
  };
}
