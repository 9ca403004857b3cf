/** Gateway conditions as closures: comparisons of a field with a constant, header validity. */

import type { Program, Test } from '../../program/index.ts';
import { type FieldSlot, type Layout, signed, slotOf } from './layout.ts';
import type { Check, Machine } from './machine.ts';

type Cmp = Extract<Test, { kind: 'cmp' }>;

/** −1, 0 or 1 as the field is below, at or above the constant, at the field's width. */
function order(slot: FieldSlot, test: Cmp): (machine: Machine) => number {
  const sign = (x: number | bigint, y: number | bigint) => (x < y ? -1 : x > y ? 1 : 0);
  if (!slot.wide) {
    const cut = Number(BigInt.asUintN(slot.bits, BigInt(test.value)));
    if (!test.signed) return (machine) => sign(machine.now[slot.at], cut);
    const constant = signed(cut, slot.bits);
    return (machine) => sign(signed(machine.now[slot.at], slot.bits), constant);
  }
  const view = (value: bigint) => (test.signed ? BigInt.asIntN(slot.bits, value) : BigInt.asUintN(slot.bits, value));
  const constant = view(BigInt(test.value));
  return (machine) => sign(view((BigInt(machine.now[slot.at + 1]) << 32n) | BigInt(machine.now[slot.at])), constant);
}

function compileTest(test: Test, program: Program, layout: Layout): Check {
  if (test.kind !== 'cmp') {
    const index = program.headers.findIndex((header) => header.name === test.header);
    const wanted = test.kind === 'valid' ? 1 : 0;
    return (machine) => machine.valid[index] === wanted;
  }
  const compare = order(slotOf(layout, test.field), test);
  switch (test.op) {
    case 'eq':
      return (machine) => compare(machine) === 0;
    case 'ne':
      return (machine) => compare(machine) !== 0;
    case 'lt':
      return (machine) => compare(machine) < 0;
    case 'le':
      return (machine) => compare(machine) <= 0;
    case 'gt':
      return (machine) => compare(machine) > 0;
    case 'ge':
      return (machine) => compare(machine) >= 0;
  }
}

/** All tests of a condition must hold. */
export function compileCondition(all: readonly Test[], program: Program, layout: Layout): Check {
  const checks = all.map((test) => compileTest(test, program, layout));
  return (machine) => checks.every((check) => check(machine));
}
