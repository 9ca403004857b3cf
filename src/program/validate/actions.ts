/** Rule: actions are what an action unit can do — one instruction per destination, operand widths, ranges (PROGRAM.md "Arithmetic"). */

import { BINARY_OPS, COMPARE_OPS } from '../operations.ts';
import type { Action, Instruction, Operand } from '../program.ts';
import { type Check, report, reportChip, whole } from './context.ts';
import { operandsOf } from './names.ts';

export function checkActions(check: Check): void {
  for (const action of check.program.actions) {
    checkParams(check, action);
    checkDestinations(check, action);
    for (const one of action.instructions) checkInstruction(check, one, `action ${action.name}`);
  }
}

function checkParams(check: Check, action: Action): void {
  for (const param of action.params) {
    if (!whole(param.bits) || param.bits < 1 || param.bits > 32) {
      report(check, 'WIDTH', `action ${action.name}`, `the parameter ${param.name} has 1 to 32 bits`, {
        have: `${param.bits}`,
      });
    }
  }
}

/** One instruction a destination, outputs of the stateful call included; intrinsic fields are read only. */
function checkDestinations(check: Check, action: Action): void {
  const where = `action ${action.name}`;
  const call = action.stateful ? check.at.stateful.get(action.stateful.run) : undefined;
  const outputs = new Set((call?.outputs ?? []).map((one) => one.dst));
  const seen = new Set<string>();
  for (const dst of [...action.instructions.map((one) => one.dst), ...outputs]) {
    if (seen.has(dst)) report(check, 'DESTINATION', where, `${dst} is written by two instructions of one action`);
    seen.add(dst);
    const { source } = check.at.field.get(dst)!;
    if (source === 'timestamp' || source === 'port') {
      report(check, 'DESTINATION', where, `${dst} is intrinsic and cannot be written`);
    }
  }
  if (action.stateful && check.at.field.get(action.stateful.index)!.bits > 32) {
    report(check, 'WIDTH', where, 'a register index has at most 32 bits');
  }
}

/** Bits of an operand; undefined for constants. */
function operandBits(check: Check, one: Operand): number | undefined {
  return one.kind === 'field' ? check.at.field.get(one.field)!.bits : undefined;
}

function checkInstruction(check: Check, one: Instruction, where: string): void {
  const dstBits = check.at.field.get(one.dst)!.bits;
  for (const operand of operandsOf(one)) {
    if (operand.kind === 'const' && !whole(operand.value)) {
      report(check, 'CONSTANT', where, `${operand.value} is not a whole number`);
    }
  }
  if (dstBits > 32 && one.op !== 'set' && one.op !== 'cmov' && one.op !== 'deposit') {
    report(check, 'WIDTH', where, `${one.dst} has ${dstBits} bits: fields above 32 bits are copied and sliced only`);
  }
  if (one.op === 'shl' || one.op === 'shrU' || one.op === 'shrS') checkShift(check, one.a, one.by, where);
  else if (one.op === 'slice' || one.op === 'deposit') checkSlice(check, one, dstBits, where);
  else if ('b' in one || one.op === 'not') checkSources(check, one, where);
}

/** Two's complement operators read sources of at most 32 bits, and operands the chip can fetch. */
function checkSources(check: Check, one: Instruction & { a: Operand; b?: Operand }, where: string): void {
  const { op, a, b } = one;
  for (const operand of b ? [a, b] : [a]) {
    const bits = operandBits(check, operand);
    if (bits !== undefined && bits > 32) {
      report(
        check,
        'WIDTH',
        where,
        `${op} reads a field of ${bits} bits: fields above 32 bits are copied and sliced only`,
      );
    }
  }
  if (COMPARE_OPS.has(op)) checkCompare(check, op, a, where);
  if (!check.rules.phvOperands || !b || !(BINARY_OPS.has(op) || COMPARE_OPS.has(op))) return;
  if (a.kind !== 'field' && b.kind !== 'field') reportChip(check, where, `${op} without a PHV operand`);
  const subtracts = op === 'sub' || op === 'subSatU' || op === 'subSatS';
  if (subtracts && b.kind !== 'field' && !(op === 'sub' && b.kind === 'const')) {
    reportChip(check, where, `${op} needs a PHV subtrahend`, { hint: 'add the negated value instead' });
  }
}

function checkCompare(check: Check, op: string, a: Operand, where: string): void {
  if (check.rules.compareIntoPhv === false) {
    reportChip(check, where, `comparing into a field (${op})`, {
      hint: 'subtract, and test the sign bit in the next stage',
    });
  }
  if (op.endsWith('S') && a.kind !== 'field') {
    report(check, 'OPERAND', where, `${op} takes its sign from operand a, which must be a field`);
  }
}

function checkShift(check: Check, a: Operand, by: number, where: string): void {
  if (a.kind !== 'field') report(check, 'OPERAND', where, 'a shift reads a field');
  const bits = operandBits(check, a) ?? 0;
  if (bits > 32) report(check, 'WIDTH', where, `a shift reads a field of ${bits} bits`);
  if (!whole(by) || by < 0 || by > (check.rules.maxShift ?? 31)) {
    report(check, 'CONSTANT', where, 'a shift amount is 0 .. 31', { have: `${by}` });
  }
}

function checkSlice(
  check: Check,
  one: Extract<Instruction, { op: 'slice' | 'deposit' }>,
  dstBits: number,
  where: string,
): void {
  const from = operandBits(check, one.a) ?? 32;
  const inside = (low: number, width: number) => whole(low) && low >= 0 && low + one.bits <= width;
  if (!whole(one.bits) || one.bits < 1 || one.bits > 32 || !inside(one.low, from)) {
    report(check, 'WIDTH', where, `${one.op} takes bits outside its source`, {
      have: `bits ${one.low} .. ${one.low + one.bits - 1} of ${from}`,
    });
  }
  if (one.op === 'deposit' && !inside(one.dstLow, dstBits)) {
    report(check, 'WIDTH', where, `deposit writes bits outside ${one.dst}`, {
      have: `bits ${one.dstLow} .. ${one.dstLow + one.bits - 1} of ${dstBits}`,
    });
  }
}
