/** Which fields an action reads and writes, and what its instructions ask of the containers they sit in. */

import type { Action, Hash, Instruction, Operand, Program, StatefulAction } from '../../program/index.ts';

/** What any container can take: a whole copy of a field, a constant, action data or a hash (TARGETS.md §2, mocha containers). */
const WHOLE_COPIES = new Set(['set', 'hash']);

function operandFields(operands: readonly (Operand | undefined)[]): string[] {
  return operands.flatMap((operand) => (operand?.kind === 'field' ? [operand.field] : []));
}

/** Fields an instruction reads: operands, the rest of a deposit's destination, a conditional move's condition, a hash's inputs. */
export function instructionReads(i: Instruction, hashes: ReadonlyMap<string, Hash>): string[] {
  const parts = i.op === 'hash' ? (hashes.get(i.hash)?.parts.flatMap((part) => part.xor) ?? []) : [];
  const own = operandFields(['a' in i ? i.a : undefined, 'b' in i ? i.b : undefined]);
  const kept = i.op === 'deposit' || i.op === 'cmov' ? [i.dst] : [];
  return [...own, ...parts, ...kept, ...(i.op === 'cmov' ? [i.when] : [])];
}

/** True when destination and operands of the instruction need an action unit, and containers of their own. */
export function isArithmetic(i: Instruction): boolean {
  return !WHOLE_COPIES.has(i.op);
}

/** Fields that must sit in one container group: destination and PHV operands. */
export function instructionGroup(i: Instruction): string[] {
  if (i.op === 'hash') return [];
  const fields = [i.dst, ...operandFields(['a' in i ? i.a : undefined, 'b' in i ? i.b : undefined])];
  return fields.length > 1 ? [...new Set(fields)] : [];
}

/** The stateful action an action calls, if any. */
export function calledStateful(program: Program, action: Action): StatefulAction | undefined {
  return program.stateful.find((salu) => salu.name === action.stateful?.run);
}

/** Fields a stateful call reads: index and PHV inputs. */
export function statefulReads(action: Action, salu: StatefulAction): string[] {
  return [action.stateful?.index ?? '', ...operandFields(salu.inputs)].filter((field) => field !== '');
}
