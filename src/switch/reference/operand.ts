/** Operands of instructions and stateful ALUs as closures: low and high word at the stage's entry. */

import type { Action, Operand } from '../../program/index.ts';
import { constWords, type Layout, lowMask, slotOf } from './layout.ts';
import type { Read } from './machine.ts';

/** What an instruction may refer to: fields by layout, parameters by position in its action. */
export interface Scope {
  readonly layout: Layout;
  readonly action: Action;
}

/** Position of a parameter in its action. */
export function paramIndex(scope: Scope, name: string): number {
  const index = scope.action.params.findIndex((param) => param.name === name);
  if (index < 0) throw new Error(`action ${scope.action.name} has no parameter ${name}`);
  return index;
}

/** Low 32 bits of an operand, zero-extended. */
export function readLow(scope: Scope, operand: Operand): Read {
  if (operand.kind === 'field') {
    const { at } = slotOf(scope.layout, operand.field);
    return (machine) => machine.now[at];
  }
  if (operand.kind === 'param') {
    const index = paramIndex(scope, operand.param);
    const mask = lowMask(scope.action.params[index].bits);
    return (machine) => (machine.data[machine.dataAt + index] & mask) >>> 0;
  }
  const [lo] = constWords(operand.value);
  return () => lo;
}

/** Bits 32..63 of an operand, 0 where it has none. */
export function readHigh(scope: Scope, operand: Operand): Read {
  if (operand.kind === 'const') {
    const [, hi] = constWords(operand.value);
    return () => hi;
  }
  const slot = operand.kind === 'field' ? slotOf(scope.layout, operand.field) : undefined;
  if (!slot?.wide) return () => 0;
  const at = slot.at + 1;
  return (machine) => machine.now[at];
}

/** Low word cut to `bits` (at most 32). */
export function readCut(scope: Scope, operand: Operand, bits: number): Read {
  const read = readLow(scope, operand);
  if (bits >= 32) return read;
  const mask = lowMask(bits);
  return (machine) => read(machine) & mask;
}

/** Width of an operand: its field's or parameter's bits; undefined for constants. */
export function operandBits(scope: Scope, operand: Operand): number | undefined {
  if (operand.kind === 'field') return slotOf(scope.layout, operand.field).bits;
  if (operand.kind === 'param') return scope.action.params[paramIndex(scope, operand.param)].bits;
  return undefined;
}
