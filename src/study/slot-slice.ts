/**
 * The part of a program that decides a packet's flow slot. State is kept by slot alone, so the packets that share a packet's slot are
 * all that its walk depends on: `explain` runs those and no others.
 */

import type { Action, Instruction, Operand, Program, Step, Test } from '../program/index.ts';

function operandField(operand: Operand | undefined): string[] {
  return operand?.kind === 'field' ? [operand.field] : [];
}

/** Fields an instruction reads. Deposits keep the rest of their destination, so they read it too. */
function readsOf(instruction: Instruction, program: Program): string[] {
  if (instruction.op === 'hash') {
    const hash = program.hashes.find(({ name }) => name === instruction.hash);
    return hash?.parts.flatMap(({ xor }) => [...xor]) ?? [];
  }
  const { a, b, when } = instruction as { a?: Operand; b?: Operand; when?: string };
  const kept = instruction.op === 'deposit' || instruction.op === 'cmov' ? [instruction.dst] : [];
  return [...operandField(a), ...operandField(b), ...(when === undefined ? [] : [when]), ...kept];
}

function testFields(tests: readonly Test[]): string[] {
  return tests.flatMap((test) => (test.kind === 'cmp' ? [test.field] : []));
}

/** Steps that write a needed field, with the conditions they stand under; `needed` grows by what they read. */
function keepSteps(
  steps: readonly Step[],
  needed: Set<string>,
  program: Program,
  actions: Map<string, Action>,
): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.kind === 'if') {
      const yes = keepSteps(step.then, needed, program, actions);
      const no = keepSteps(step.else, needed, program, actions);
      if (yes.length + no.length === 0) return [];
      for (const field of testFields(step.all)) needed.add(field);
      return [{ ...step, then: yes, else: no }];
    }
    const table = program.tables.find(({ name }) => name === step.table);
    const used = (table?.actions ?? []).concat(table?.defaultAction.action ?? []).map((name) => actions.get(name));
    const writes = used.some((action) => writesOf(action, program).some((field) => needed.has(field)));
    if (!writes) return [];
    for (const { field } of table?.keys ?? []) needed.add(field);
    for (const action of used)
      for (const instruction of action?.instructions ?? [])
        for (const field of readsOf(instruction, program)) needed.add(field);
    return [step];
  });
}

function writesOf(action: Action | undefined, program: Program): string[] {
  const call = action?.stateful;
  const stateful = program.stateful.find(({ name }) => name === call?.run);
  return [...(action?.instructions ?? []).map(({ dst }) => dst), ...(stateful?.outputs ?? []).map(({ dst }) => dst)];
}

/**
 * A program that computes the flow slot and nothing else; undefined when there is no such program, as when registers are indexed by
 * something else than the slot, or the slot itself comes from a register.
 */
export function slotProgram(program: Program): Program | undefined {
  const { flow } = program;
  const calls = program.actions.flatMap(({ stateful }) => stateful ?? []);
  if (flow === undefined || calls.some(({ index }) => index !== flow.slot)) return undefined;
  const actions = new Map(program.actions.map((action) => [action.name, action]));
  const needed = new Set([flow.slot]);
  let ingress = keepSteps(program.ingress, needed, program, actions);
  for (let before = 0; before !== needed.size; ) {
    before = needed.size;
    ingress = keepSteps(program.ingress, needed, program, actions);
  }
  const names = new Set(tablesOf(ingress));
  const tables = program.tables.filter(({ name }) => names.has(name));
  const used = new Set(tables.flatMap((table) => [...table.actions, table.defaultAction.action]));
  const kept = program.actions.filter(({ name }) => used.has(name));
  if (kept.some(({ stateful }) => stateful !== undefined)) return undefined;
  const { flow: _flow, ...rest } = program;
  const verdict = { kind: 'none', logits: [], classes: [] } as const;
  const none = { registers: [], stateful: [], egress: [], bridge: [], features: [] };
  return { ...rest, ...none, name: 'slot', actions: kept, tables, ingress, verdict };
}

function tablesOf(steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    step.kind === 'apply' ? [step.table] : [...tablesOf(step.then), ...tablesOf(step.else)],
  );
}
