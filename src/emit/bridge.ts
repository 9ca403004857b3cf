/** The result leaves at the end of egress: verdict fields that only ingress sets must cross too. */

import type { Program } from '../program/index.ts';
import { appliedTables, lookupOf, tableActions } from '../program/index.ts';

/** The same program with its verdict's fields bridged where egress does not set them; the program itself when nothing is missing. */
export function bridgeVerdict(program: Program): Program {
  if (program.egress.length === 0) return program;
  const at = lookupOf(program);
  const known = new Set(program.bridge);
  for (const name of appliedTables(program.egress)) {
    for (const action of tableActions(at.table.get(name)!).map((one) => at.action.get(one)!)) {
      for (const one of action.instructions) known.add(one.dst);
      const outputs = action.stateful ? at.stateful.get(action.stateful.run)!.outputs : [];
      for (const one of outputs) known.add(one.dst);
    }
  }
  const { valid, class: klass, logits } = program.verdict;
  const wanted = [valid, klass, ...logits.map((one) => one.field)];
  const missing = wanted.flatMap((name) => (name === undefined || known.has(name) ? [] : [name]));
  return missing.length === 0 ? program : { ...program, bridge: [...program.bridge, ...new Set(missing)] };
}
