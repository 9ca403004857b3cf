/** Rule: what egress needs crosses in the bridge (PROGRAM.md "Ingress and egress"); the verdict survives to the end. */

import { appliedTables, tableActions } from '../lookup.ts';
import type { Gress, Step } from '../program.ts';
import { type Check, report } from './context.ts';
import { actionReads, actionWrites } from './control.ts';

interface Traffic {
  readonly reads: Map<string, string>;
  readonly writes: Set<string>;
}

export function checkBridge(check: Check): void {
  const { program } = check;
  if (program.egress.length === 0) {
    if (program.bridge.length > 0)
      report(check, 'BRIDGE', 'bridge', 'fields are bridged to an egress that does nothing');
    return;
  }
  const ingress = fieldTraffic(check, 'ingress');
  const egress = fieldTraffic(check, 'egress');
  for (const state of program.parser.states) for (const { dst } of state.assign) ingress.writes.add(dst);
  const bridged = new Set(program.bridge);
  const lost = (name: string) => !bridged.has(name) && !egress.writes.has(name) && fromIngress(check, ingress, name);
  for (const [name, where] of egress.reads) {
    if (lost(name)) {
      report(check, 'BRIDGE', where, `egress reads ${name}, which only ingress sets`, {
        hint: `add ${name} to the bridge`,
      });
    }
  }
  const { verdict } = program;
  for (const name of [verdict.valid, verdict.class, ...verdict.logits.map((one) => one.field)]) {
    if (name !== undefined && lost(name)) {
      report(check, 'BRIDGE', 'verdict', `${name} is lost after ingress`, { hint: `add ${name} to the bridge` });
    }
  }
}

function fromIngress(check: Check, ingress: Traffic, name: string): boolean {
  const { source } = check.at.field.get(name)!;
  // Header fields without a guard are reported by the control rule already.
  return source === 'timestamp' || source === 'port' || (source === 'metadata' && ingress.writes.has(name));
}

function fieldTraffic(check: Check, gress: Gress): Traffic {
  const reads = new Map<string, string>();
  const writes = new Set<string>();
  const note = (name: string, where: string) => {
    if (!reads.has(name)) reads.set(name, where);
  };
  const tests = (steps: readonly Step[]) => {
    for (const step of steps) {
      if (step.kind !== 'if') continue;
      for (const test of step.all) if (test.kind === 'cmp') note(test.field, `${gress}, condition`);
      tests(step.then);
      tests(step.else);
    }
  };
  tests(check.program[gress]);
  for (const name of appliedTables(check.program[gress])) {
    const table = check.at.table.get(name)!;
    for (const one of table.keys) note(one.field, `table ${name}`);
    for (const actionName of tableActions(table)) {
      const action = check.at.action.get(actionName)!;
      for (const read of actionReads(check, action)) note(read, `table ${name}, action ${actionName}`);
      for (const dst of actionWrites(check, action)) writes.add(dst);
    }
  }
  return { reads, writes };
}
