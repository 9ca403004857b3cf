/** Which fields an action reads and writes, and what its instructions ask of the containers they sit in. */

import type { Action, Hash, Instruction, Operand, Program, StatefulAction } from '../../program/index.ts';

/** Operations that own their container: no other live field may share it (TARGETS.md §2). */
const SHARES_CONTAINER = new Set(['set', 'deposit', 'and', 'or', 'xor', 'not', 'cmov', 'slice', 'hash']);

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

/** True when the destination and operands of the instruction need containers of their own. */
export function isArithmetic(i: Instruction): boolean {
  return !SHARES_CONTAINER.has(i.op);
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
