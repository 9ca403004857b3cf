/** The program laid out by stage as a placement says: what each stage of each gress evaluates, in program order. */

import type { Action, Gress, Placement, Program, Table } from '../../program/index.ts';
import { flattenControl, type Guard } from './control.ts';
import { compileHashes } from './crc32.ts';
import { compileCondition } from './gateway.ts';
import { compileInstruction } from './instruction.ts';
import type { Layout } from './layout.ts';
import { compileLookup, type Lookup } from './lookup.ts';
import type { Check, Machine, Read } from './machine.ts';
import { type CompiledStateful, compileStateful, type RegisterFile } from './stateful.ts';

export interface CompiledAction {
  readonly action: Action;
  readonly run: (machine: Machine) => void;
  readonly stateful?: CompiledStateful;
  /** Every field the action may write. */
  readonly writes: readonly string[];
}

export interface StageGate {
  readonly kind: 'gate';
  readonly gate: number;
  readonly under: Guard;
  readonly check: Check;
}

export interface StageTable {
  readonly kind: 'table';
  readonly table: Table;
  readonly index: number;
  readonly under: readonly Guard[];
  readonly from: number;
  readonly to: number;
  /** The part that runs the default action when no part hit. */
  readonly last: boolean;
  readonly lookup: Lookup;
  readonly actions: readonly CompiledAction[];
  readonly fallback: CompiledAction;
  readonly fallbackData: Uint32Array;
}

export type StageItem = StageGate | StageTable;

export interface Stage {
  readonly number: number;
  readonly items: readonly StageItem[];
}

/** What all stages are compiled against. */
export interface Context {
  readonly program: Program;
  readonly placement: Placement;
  readonly layout: Layout;
  readonly registers: RegisterFile;
}

function compileAction(context: Context, name: string, hashes: ReadonlyMap<string, Read>): CompiledAction {
  const { program, layout, registers } = context;
  const action = program.actions.find((candidate) => candidate.name === name);
  if (!action) throw new Error(`no action ${name}`);
  const runs = action.instructions.map((i) => compileInstruction({ layout, action }, i, hashes));
  const stateful = action.stateful ? compileStateful(program, layout, action, registers) : undefined;
  const writes = [...action.instructions.map((i) => i.dst), ...(stateful?.outputs ?? [])];
  const run = (machine: Machine) => {
    for (const one of runs) one(machine);
    stateful?.run(machine);
  };
  return { action, run, writes, ...(stateful ? { stateful } : {}) };
}

function tableItems(
  context: Context,
  gress: Gress,
  name: string,
  under: readonly Guard[],
  hashes: ReadonlyMap<string, Read>,
) {
  const { program, placement, layout } = context;
  const index = program.tables.findIndex((candidate) => candidate.name === name);
  const table = program.tables[index];
  if (!table) throw new Error(`no table ${name}`);
  const parts = placement.parts
    .filter((part) => part.table === name && part.gress === gress)
    .sort((a, b) => a.stage - b.stage || a.from - b.from);
  if (parts.length === 0) throw new Error(`the placement has no stage for table ${name}`);
  const fallback = compileAction(context, table.defaultAction.action, hashes);
  const actions = table.actions.map((action) => compileAction(context, action, hashes));
  return parts.map((part, p) => ({
    stage: part.stage,
    item: {
      kind: 'table' as const,
      table,
      index,
      under,
      from: part.from,
      to: Math.min(part.to, table.entries.count),
      last: p === parts.length - 1,
      lookup: compileLookup(table, layout, part.from, Math.min(part.to, table.entries.count)),
      actions,
      fallback,
      fallbackData: Uint32Array.from(table.defaultAction.data),
    },
  }));
}

/** Stages of one gress that do something, ascending. Throws when the placement puts a table before its gateway. */
export function compileStages(context: Context, gress: Gress): Stage[] {
  const { program, placement, layout } = context;
  const hashes = compileHashes(program, layout);
  const byStage = new Map<number, StageItem[]>();
  const gateStage = new Map<number, number>();
  const place = (stage: number, item: StageItem, under: readonly Guard[]) => {
    for (const { gate } of under)
      if (gate >= 0 && gateStage.get(gate)! > stage)
        throw new Error(`gateway ${gate} of ${gress} sits in a later stage than what it guards`);
    const items = byStage.get(stage) ?? [];
    items.push(item);
    byStage.set(stage, items);
  };
  for (const step of flattenControl(program, gress)) {
    if (step.kind === 'gate') {
      const part = placement.gateways.find((candidate) => candidate.gress === gress && candidate.step === step.gate);
      if (!part) throw new Error(`the placement has no stage for gateway ${step.gate} of ${gress}`);
      gateStage.set(step.gate, part.stage);
      const check = compileCondition(step.all, program, layout);
      place(part.stage, { kind: 'gate', gate: step.gate, under: step.under, check }, [step.under]);
    } else {
      for (const { stage, item } of tableItems(context, gress, step.table, step.under, hashes))
        place(stage, item, step.under);
    }
  }
  return [...byStage].sort(([a], [b]) => a - b).map(([number, items]) => ({ number, items }));
}
