/** Stateful actions as readable text: conditions, predicated updates, outputs. */

import type { Operand, SaluCondition, SaluOperand, SaluUpdate, StatefulAction } from './program.ts';

function saluText(one: SaluOperand): string {
  if (one.kind === 'const') return String(one.value);
  return one.kind === 'input' ? `in${one.index}` : one.kind;
}

function conditionText(one: SaluCondition, index: number): string {
  const signs = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' };
  const minus = one.minus ? ` - ${saluText(one.minus)}` : '';
  return `c${index} = ${saluText(one.a)}${minus} ${signs[one.op]}${one.signed ? 's' : ''} ${saluText(one.b)}`;
}

/** A predicate as the outcomes it holds in, e.g. `when !c0·c1 | c0·c1`; empty for always. */
export function predicateText(when: number | undefined, conditions: number): string {
  const outcomes = 2 ** conditions;
  if (when === undefined || when === 2 ** outcomes - 1) return '';
  const terms: string[] = [];
  for (let outcome = 0; outcome < outcomes; outcome++) {
    if (Math.floor(when / 2 ** outcome) % 2 === 0) continue;
    const bits = Array.from({ length: conditions }, (_, c) =>
      Math.floor(outcome / 2 ** c) % 2 === 1 ? `c${c}` : `!c${c}`,
    );
    terms.push(bits.join('·'));
  }
  return ` when ${terms.join(' | ') || 'never'}`;
}

function updateText(one: SaluUpdate, conditions: number): string {
  const value = one.op === 'set' ? saluText(one.a) : `${one.op}(${saluText(one.a)}, ${one.b ? saluText(one.b) : '?'})`;
  return `${one.cell} = ${value}${predicateText(one.when, conditions)}`;
}

function inputText(one: Operand): string {
  return one.kind === 'field' ? one.field : one.kind === 'param' ? one.param : String(one.value);
}

/** Lines of one stateful action. */
export function statefulText(one: StatefulAction): string[] {
  const inputs = one.inputs.map((input, i) => `in${i} = ${inputText(input)}`).join(', ');
  const count = one.conditions.length;
  return [
    `  stateful ${one.name}(${inputs}) {`,
    ...one.conditions.map((condition, c) => `    ${conditionText(condition, c)}`),
    ...one.updates.map((update) => `    ${updateText(update, count)}`),
    ...one.outputs.map((output) => `    ${output.dst} <- ${output.value}${predicateText(output.when, count)}`),
    '  }',
  ];
}
