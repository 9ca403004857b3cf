/** Rule: control flow — tables applied once and in their gress, one access a register, certain headers, bridged reads. */

import { tableActions } from '../lookup.ts';
import type { Action, Gress, Step, Table, Test } from '../program.ts';
import { type Check, report, whole } from './context.ts';
import { operandsOf } from './names.ts';
import { acceptedWorlds, split, type World } from './worlds.ts';

/** What walking one gress gathers. */
interface Walk {
  readonly check: Check;
  readonly gress: Gress;
  readonly applied: Map<string, Gress>;
  /** Fields written by actions so far (any path), for the precision of conditions. */
  readonly written: Set<string>;
  readonly registerGress: Map<string, Gress>;
}

/** `parserSound`: the parser has no loops, so that paths through it can be told. */
export function checkControl(check: Check, parserSound: boolean): void {
  const applied = new Map<string, Gress>();
  const registerGress = new Map<string, Gress>();
  const walk = (gress: Gress) => ({ check, gress, applied, registerGress, written: new Set<string>() });
  const worlds = parserSound ? acceptedWorlds(check.program) : [];
  walkSteps(walk('ingress'), check.program.ingress, worlds, new Set());
  // Egress parses bridged fields only: no header is valid there (PROGRAM.md "Ingress and egress").
  const none: World = { headers: new Set(), known: new Map(), unknown: new Set(check.program.bridge) };
  walkSteps(walk('egress'), check.program.egress, [none], new Set());
}

/** Walks steps in order; returns the registers that may have been accessed on some path, `before` included. */
function walkSteps(
  walk: Walk,
  steps: readonly Step[],
  worlds: readonly World[],
  before: ReadonlySet<string>,
): ReadonlySet<string> {
  let accessed = before;
  for (const step of steps) {
    if (step.kind === 'apply') {
      accessed = walkTable(walk, walk.check.at.table.get(step.table)!, worlds, accessed);
      continue;
    }
    checkTests(walk, step.all, worlds);
    const { yes, no } = split(worlds, step.all, walk.check.at, walk.written);
    const afterYes = walkSteps(walk, step.then, yes, accessed);
    const afterNo = walkSteps(walk, step.else, no, accessed);
    accessed = new Set([...afterYes, ...afterNo]);
  }
  return accessed;
}

/** A condition's tests hold together: validity tests guard the comparisons of the same condition. */
function checkTests(walk: Walk, all: readonly Test[], worlds: readonly World[]): void {
  const { check } = walk;
  const guards = all.filter((test) => test.kind !== 'cmp');
  const guarded = split(worlds, guards, check.at, walk.written).yes;
  const where = `${walk.gress}, condition`;
  for (const test of all) {
    if (test.kind !== 'cmp') continue;
    checkRead(walk, test.field, guarded, where);
    const { bits } = check.at.field.get(test.field)!;
    if (bits > 32) report(check, 'WIDTH', where, `${test.field} has ${bits} bits: at most 32 are compared`);
    const low = test.signed ? -(2 ** (bits - 1)) : 0;
    const high = test.signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
    if (!whole(test.value) || test.value < low || test.value > high) {
      report(check, 'CONSTANT', where, `${test.field} never holds ${test.value}`, { need: `${low} .. ${high}` });
    }
  }
  if (all.length === 0) report(check, 'CONTROL', where, 'a condition without tests');
}

function walkTable(
  walk: Walk,
  table: Table,
  worlds: readonly World[],
  before: ReadonlySet<string>,
): ReadonlySet<string> {
  const { check } = walk;
  const where = `table ${table.name}`;
  if (walk.applied.has(table.name)) {
    report(check, 'CONTROL', where, 'the table is applied twice', {
      hint: 'declare two tables, or apply it once before the branches',
    });
  }
  walk.applied.set(table.name, walk.gress);
  if (table.gress !== walk.gress) {
    report(check, 'CONTROL', where, `a table of ${table.gress} is applied in ${walk.gress}`);
  }
  for (const one of table.keys) checkRead(walk, one.field, worlds, where);
  const accessed = new Set(before);
  for (const name of tableActions(table)) {
    const action = check.at.action.get(name)!;
    for (const read of actionReads(check, action)) checkRead(walk, read, worlds, `${where}, action ${name}`);
    for (const dst of actionWrites(check, action)) {
      checkHeader(walk, dst, worlds, `${where}, action ${name}`, 'written');
      walk.written.add(dst);
    }
    const register = action.stateful && check.at.stateful.get(action.stateful.run)!.register;
    if (register !== undefined) {
      checkAccess(walk, register, before, where);
      accessed.add(register);
    }
  }
  return accessed;
}

function checkAccess(walk: Walk, register: string, before: ReadonlySet<string>, where: string): void {
  if (before.has(register)) {
    report(walk.check, 'REGISTER', where, `${register} is accessed a second time on one path`, {
      hint: 'one read-modify-write a register a packet: join them, or keep the value in a field',
    });
  }
  const other = walk.registerGress.get(register);
  if (other !== undefined && other !== walk.gress) {
    report(walk.check, 'REGISTER', where, `${register} is accessed in ingress and in egress`);
  }
  walk.registerGress.set(register, walk.gress);
}

/** Fields an action reads, its stateful call and hashes included. */
export function actionReads(check: Pick<Check, 'at'>, action: Action): string[] {
  const reads: string[] = [];
  for (const one of action.instructions) {
    for (const operand of operandsOf(one)) if (operand.kind === 'field') reads.push(operand.field);
    if (one.op === 'hash') reads.push(...check.at.hash.get(one.hash)!.parts.flatMap((part) => part.xor));
  }
  if (action.stateful) {
    reads.push(action.stateful.index);
    for (const input of check.at.stateful.get(action.stateful.run)!.inputs) {
      if (input.kind === 'field') reads.push(input.field);
    }
  }
  return reads;
}

/** Fields an action writes, outputs of its stateful call included. */
export function actionWrites(check: Pick<Check, 'at'>, action: Action): string[] {
  const outputs = action.stateful ? check.at.stateful.get(action.stateful.run)!.outputs : [];
  return [...action.instructions.map((one) => one.dst), ...outputs.map((one) => one.dst)];
}

function checkRead(walk: Walk, name: string, worlds: readonly World[], where: string): void {
  if (walk.gress === 'egress' && walk.check.program.bridge.includes(name)) return;
  checkHeader(walk, name, worlds, where, 'read');
}

/** A header field needs its header in every world that can get here. */
function checkHeader(walk: Walk, name: string, worlds: readonly World[], where: string, verb: string): void {
  const header = walk.check.at.headerOf.get(name);
  if (header === undefined || worlds.every((world) => world.headers.has(header))) return;
  const without = worlds.find((world) => !world.headers.has(header))!;
  report(walk.check, 'HEADER', where, `${name} is ${verb} where ${header} may be absent`, {
    have: `a path with ${[...without.headers].join(', ') || 'no header'}`,
    hint: walk.gress === 'egress' ? `bridge ${name}` : `guard it with a validity test of ${header}`,
  });
}
