/** Rule: every name is declared once, and every reference finds its declaration. */

import type { Instruction, Operand, Step, Test } from '../program.ts';
import { type Check, report } from './context.ts';

/** Duplicate and dangling names. The other rules run only when there are none. */
export function checkNames(check: Check): void {
  checkUnique(check);
  checkHeaderNames(check);
  checkParserNames(check);
  checkActionNames(check);
  checkStatefulNames(check);
  checkTableNames(check);
  checkSteps(check, check.program.ingress, 'ingress');
  checkSteps(check, check.program.egress, 'egress');
  checkEnds(check);
}

function once(check: Check, what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === '') report(check, 'NAME', what, 'a name is empty');
    if (seen.has(name)) report(check, 'DUPLICATE', name, `the ${what} ${name} is declared twice`);
    seen.add(name);
  }
}

function checkUnique(check: Check): void {
  const { program } = check;
  const names = (list: readonly { readonly name: string }[]) => list.map((one) => one.name);
  once(check, 'field', names(program.fields));
  once(check, 'header', names(program.headers));
  once(check, 'parser state', names(program.parser.states));
  once(check, 'hash', names(program.hashes));
  once(check, 'register', names(program.registers));
  once(check, 'stateful action', names(program.stateful));
  once(check, 'action', names(program.actions));
  once(check, 'table', names(program.tables));
  once(check, 'bridged field', program.bridge);
  for (const action of program.actions) once(check, `parameter of ${action.name}`, names(action.params));
}

type Kind = 'field' | 'header' | 'hash' | 'register' | 'stateful' | 'action' | 'table';

function need(check: Check, kind: Kind, name: string, where: string): void {
  if (!check.at[kind].has(name)) report(check, 'NAME', where, `the ${kind} ${name} is not declared`);
}

function checkHeaderNames(check: Check): void {
  const { program } = check;
  const owner = new Map<string, string>();
  for (const header of program.headers) {
    for (const name of header.fields) {
      need(check, 'field', name, `header ${header.name}`);
      const other = owner.get(name);
      if (other !== undefined) {
        report(check, 'DUPLICATE', name, `the field ${name} is in the headers ${other} and ${header.name}`);
      }
      owner.set(name, header.name);
    }
  }
  for (const hash of program.hashes) {
    for (const part of hash.parts) for (const name of part.xor) need(check, 'field', name, `hash ${hash.name}`);
  }
}

function checkParserNames(check: Check): void {
  const { states } = check.program.parser;
  const known = new Set([...states.map((one) => one.name), 'accept', 'reject']);
  if (!states.some((one) => one.name === 'start')) report(check, 'PARSER', 'parser', 'there is no state named start');
  for (const state of states) {
    const where = `parser state ${state.name}`;
    for (const next of [...state.cases.map((one) => one.next), state.otherwise]) {
      if (!known.has(next)) report(check, 'NAME', where, `the parser state ${next} is not declared`);
    }
    if (state.name === 'accept' || state.name === 'reject') report(check, 'NAME', where, 'the name is reserved');
    for (const header of state.extract) need(check, 'header', header, where);
    for (const { dst, from } of state.assign) {
      need(check, 'field', dst, where);
      if ('field' in from) need(check, 'field', from.field, where);
    }
    for (const one of state.select) if (one.kind === 'field') need(check, 'field', one.field, where);
  }
}

/** Operands an instruction reads. */
export function operandsOf(one: Instruction): readonly Operand[] {
  if (one.op === 'hash') return [];
  if (one.op === 'cmov') return [one.a, { kind: 'field', field: one.when }];
  return 'b' in one ? [one.a, one.b] : [one.a];
}

function checkOperand(check: Check, one: Operand, params: ReadonlySet<string> | undefined, where: string): void {
  if (one.kind === 'field') need(check, 'field', one.field, where);
  if (one.kind === 'param' && params && !params.has(one.param)) {
    report(check, 'NAME', where, `the action has no parameter ${one.param}`);
  }
}

function checkActionNames(check: Check): void {
  for (const action of check.program.actions) {
    const where = `action ${action.name}`;
    const params = new Set(action.params.map((one) => one.name));
    for (const one of action.instructions) {
      need(check, 'field', one.dst, where);
      if (one.op === 'hash') need(check, 'hash', one.hash, where);
      for (const operand of operandsOf(one)) checkOperand(check, operand, params, where);
    }
    if (!action.stateful) continue;
    need(check, 'stateful', action.stateful.run, where);
    need(check, 'field', action.stateful.index, where);
    for (const operand of check.at.stateful.get(action.stateful.run)?.inputs ?? []) {
      checkOperand(check, operand, params, where);
    }
  }
}

function checkStatefulNames(check: Check): void {
  for (const one of check.program.stateful) {
    const where = `stateful action ${one.name}`;
    need(check, 'register', one.register, where);
    for (const operand of one.inputs) checkOperand(check, operand, undefined, where);
    for (const output of one.outputs) need(check, 'field', output.dst, where);
  }
}

function checkTableNames(check: Check): void {
  for (const table of check.program.tables) {
    const where = `table ${table.name}`;
    for (const one of table.keys) need(check, 'field', one.field, where);
    for (const name of [...table.actions, table.defaultAction.action]) need(check, 'action', name, where);
    once(check, `action of ${table.name}`, table.actions);
  }
}

function checkTest(check: Check, test: Test, where: string): void {
  if (test.kind === 'cmp') need(check, 'field', test.field, where);
  else need(check, 'header', test.header, where);
}

function checkSteps(check: Check, steps: readonly Step[], where: string): void {
  for (const step of steps) {
    if (step.kind === 'apply') need(check, 'table', step.table, where);
    else {
      for (const test of step.all) checkTest(check, test, where);
      checkSteps(check, step.then, where);
      checkSteps(check, step.else, where);
    }
  }
}

function checkEnds(check: Check): void {
  const { program } = check;
  for (const name of program.bridge) need(check, 'field', name, 'bridge');
  for (const one of program.features) need(check, 'field', one.field, `feature ${one.feature}`);
  if (program.flow) {
    for (const name of [program.flow.slot, program.flow.owner, program.flow.status]) need(check, 'field', name, 'flow');
  }
  const { verdict } = program;
  for (const name of [verdict.valid, verdict.class, ...verdict.logits.map((one) => one.field)]) {
    if (name !== undefined) need(check, 'field', name, 'verdict');
  }
}
