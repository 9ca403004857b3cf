/** What egress sees: bridged fields keep their value, every other field it uses starts as 0 (PROGRAM.md "Ingress and egress"). */

import type { Action, Program } from '../../program/index.ts';
import { calledStateful, instructionReads, statefulReads } from '../demand/fields.ts';
import { flattenControl } from './control.ts';
import { type FieldSlot, type Layout, slotOf } from './layout.ts';

/** Every field an action reads or writes. */
function actionFields(program: Program, action: Action): string[] {
  const hashes = new Map(program.hashes.map((hash) => [hash.name, hash]));
  const salu = calledStateful(program, action);
  return [
    ...action.instructions.flatMap((i) => [i.dst, ...instructionReads(i, hashes)]),
    ...(salu ? [...statefulReads(action, salu), ...salu.outputs.map((output) => output.dst)] : []),
  ];
}

/** Fields that some step of egress matches, tests, reads or writes. */
function usedInEgress(program: Program): Set<string> {
  const used = new Set<string>();
  for (const step of flattenControl(program, 'egress')) {
    if (step.kind === 'gate') {
      for (const test of step.all) if (test.kind === 'cmp') used.add(test.field);
      continue;
    }
    const table = program.tables.find((candidate) => candidate.name === step.table);
    if (!table) continue;
    for (const key of table.keys) used.add(key.field);
    const names = new Set([...table.actions, table.defaultAction.action]);
    for (const action of program.actions)
      if (names.has(action.name)) for (const field of actionFields(program, action)) used.add(field);
  }
  return used;
}

/**
 * Fields that enter egress as 0: those egress uses and the program does not bridge. Fields that only ingress knows keep their
 * value, so that they can be observed at the end.
 */
export function clearedInEgress(program: Program, layout: Layout): FieldSlot[] {
  const used = usedInEgress(program);
  for (const field of program.bridge) used.delete(field);
  return [...used].map((field) => slotOf(layout, field));
}
