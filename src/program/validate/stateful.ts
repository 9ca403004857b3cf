/** Rule: a stateful action is what one stateful ALU can do in one read-modify-write (PROGRAM.md "Registers", TARGETS.md §7). */

import type { Register, SaluOperand, StatefulAction } from '../program.ts';
import { type Check, report, reportChip, whole } from './context.ts';

/** More than four conditions exist on no chip: truth tables stay at 16 bits. */
const MOST_CONDITIONS = 4;

export function checkStateful(check: Check): void {
  const perRegister = new Map<string, number>();
  for (const one of check.program.stateful) {
    const register = check.at.register.get(one.register)!;
    perRegister.set(one.register, (perRegister.get(one.register) ?? 0) + 1);
    checkShape(check, one);
    checkReads(check, one, register);
    checkUpdates(check, one, register);
    checkOutputs(check, one, register);
  }
  const most = check.rules.statefulPerRegister ?? Infinity;
  for (const [name, count] of perRegister) {
    if (count > most) {
      reportChip(check, `register ${name}`, 'so many stateful actions', { need: `≤ ${most}`, have: `${count}` });
    }
  }
}

function checkShape(check: Check, one: StatefulAction): void {
  const where = `stateful action ${one.name}`;
  const most = check.rules.saluConditions ?? MOST_CONDITIONS;
  if (one.conditions.length > most) {
    reportChip(check, where, 'so many conditions', { need: `≤ ${most}`, have: `${one.conditions.length}` });
  }
  if (one.inputs.length > 2) report(check, 'STATEFUL', where, 'a stateful action has at most two inputs');
  for (const input of one.inputs) {
    if (input.kind === 'field' && check.at.field.get(input.field)!.bits > 32) {
      report(check, 'WIDTH', where, `the input ${input.field} is wider than 32 bits`);
    }
  }
}

function checkReads(check: Check, one: StatefulAction, register: Register): void {
  const where = `stateful action ${one.name}`;
  const reads: (SaluOperand | undefined)[] = [
    ...one.conditions.flatMap((c) => [c.a, c.minus, c.b]),
    ...one.updates.flatMap((u) => [u.a, u.b]),
  ];
  for (const read of reads) {
    if (read?.kind === 'hi' && !register.pair) report(check, 'STATEFUL', where, `${register.name} has no high half`);
    if (read?.kind === 'input' && read.index >= one.inputs.length) {
      report(check, 'STATEFUL', where, `input ${read.index} is not given`);
    }
    if (read?.kind === 'const' && !whole(read.value)) {
      report(check, 'CONSTANT', where, `${read.value} is not a whole number`);
    }
  }
}

/** Truth table of a predicate, absent = always. */
function tableOf(when: number | undefined, conditions: number): number {
  return when ?? 2 ** (2 ** conditions) - 1;
}

function checkPredicate(check: Check, when: number | undefined, conditions: number, where: string): void {
  if (when !== undefined && (!whole(when) || when < 0 || when >= 2 ** (2 ** conditions))) {
    report(check, 'STATEFUL', where, 'a predicate has one bit for each outcome of the conditions', {
      need: `0 .. ${2 ** (2 ** conditions) - 1}`,
      have: `${when}`,
    });
  }
}

/** Predicates of one thing pairwise disjoint? */
function disjoint(tables: readonly number[]): boolean {
  let union = 0;
  for (const table of tables) {
    if ((union & table) !== 0) return false;
    union |= table;
  }
  return true;
}

function checkUpdates(check: Check, one: StatefulAction, register: Register): void {
  const where = `stateful action ${one.name}`;
  const conditions = one.conditions.length;
  for (const cell of ['lo', 'hi'] as const) {
    const updates = one.updates.filter((update) => update.cell === cell);
    if (cell === 'hi' && updates.length > 0 && !register.pair) {
      report(check, 'STATEFUL', where, `${register.name} has no high half`);
    }
    const most = check.rules.saluUpdatesPerCell ?? Infinity;
    if (updates.length > most) {
      reportChip(check, where, 'so many updates of one cell', { need: `≤ ${most}`, have: `${updates.length}` });
    }
    for (const update of updates) {
      checkPredicate(check, update.when, conditions, where);
      if ((update.op === 'set') === (update.b !== undefined)) {
        report(check, 'STATEFUL', where, `${update.op} takes ${update.op === 'set' ? 'one operand' : 'two operands'}`);
      }
      const { minMaxCellBits } = check.rules;
      if (/^m(in|ax)/.test(update.op) && minMaxCellBits && !minMaxCellBits.includes(register.cellBits)) {
        reportChip(check, where, `${update.op} on ${register.cellBits}-bit cells`);
      }
    }
    if (!disjoint(updates.map((update) => tableOf(update.when, conditions)))) {
      report(check, 'STATEFUL', where, `two updates of the ${cell === 'lo' ? 'low' : 'high'} cell can happen at once`);
    }
  }
}

function checkOutputs(check: Check, one: StatefulAction, register: Register): void {
  const where = `stateful action ${one.name}`;
  const conditions = one.conditions.length;
  const byDst = new Map<string, number[]>();
  for (const output of one.outputs) {
    checkPredicate(check, output.when, conditions, where);
    byDst.set(output.dst, [...(byDst.get(output.dst) ?? []), tableOf(output.when, conditions)]);
    if (/Hi$/.test(output.value) && !register.pair)
      report(check, 'STATEFUL', where, `${register.name} has no high half`);
    const condition = /^cond(\d)$/.exec(output.value);
    if (condition && Number(condition[1]) >= conditions) {
      report(check, 'STATEFUL', where, `the output reads condition ${condition[1]}, which is not declared`);
    }
    if (check.at.field.get(output.dst)!.bits > 32)
      report(check, 'WIDTH', where, `the output ${output.dst} is too wide`);
  }
  for (const [dst, tables] of byDst) {
    if (!disjoint(tables)) report(check, 'STATEFUL', where, `two outputs to ${dst} can happen at once`);
  }
  const most = check.rules.saluOutputWords ?? 4;
  if (byDst.size > most) {
    reportChip(check, where, 'so many output words', { need: `≤ ${most}`, have: `${byDst.size}` });
  }
}
