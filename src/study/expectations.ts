/** Expectations of a scenario: `macroF1 >= 0.88`, `sram <= 30 %`, `fits: true`, checked against a run's figures. */

import { fail } from '../problem.ts';

/** A run's figures by name, as expectations see them (docs/scenarios.md lists the names). */
export type Figures = Readonly<Record<string, number | boolean>>;

export interface ExpectationResult {
  readonly text: string;
  readonly pass: boolean;
  /** What the figure was; undefined when this run has no such figure, which fails the expectation. */
  readonly actual?: number | boolean;
}

const FORM = /^\s*([A-Za-z][\w.-]*)\s*(<=|>=|==|!=|<|>)\s*(-?[\d.]+(?:e-?\d+)?)\s*(%)?\s*$/;

/** `fits: true`, `packetsLost: 0` as one string. */
const STATED = /^\s*([A-Za-z][\w.-]*)\s*:\s*(true|false|-?[\d.]+)\s*$/;

interface Expectation {
  readonly text: string;
  readonly figure: string;
  readonly op: string;
  readonly value: number | boolean;
}

/**
 * @param where the scenario file, for errors
 * @throws ProblemError SCENARIO-EXPECT
 */
export function parseExpectation(item: string | Record<string, unknown>, where: string): Expectation {
  if (typeof item !== 'string') {
    const [figure = '', value] = Object.entries(item)[0] ?? [];
    if (typeof value === 'boolean' || typeof value === 'number')
      return { text: `${figure}: ${value}`, figure, op: '==', value };
    return parseExpectation(`${figure} ${String(value)}`, where);
  }
  const stated = STATED.exec(item);
  if (stated !== null) {
    const [, figure = '', value = ''] = stated;
    return {
      text: item.trim(),
      figure,
      op: '==',
      value: value === 'true' || (value === 'false' ? false : Number(value)),
    };
  }
  const match = FORM.exec(item);
  if (match === null) {
    fail({
      code: 'SCENARIO-EXPECT',
      where,
      message: `cannot read the expectation '${item}'`,
      hint: 'write: figure <=|>=|<|>|==|!= number [%], or figure: true',
    });
  }
  const [, figure = '', op = '', number = '', percent] = match;
  return { text: item.trim(), figure, op, value: Number(number) * (percent ? 0.01 : 1) };
}

function holds(actual: number | boolean, op: string, wanted: number | boolean): boolean {
  const a = Number(actual);
  const b = Number(wanted);
  switch (op) {
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '!=':
      return a !== b;
    default:
      return a === b;
  }
}

/**
 * Check every expectation.
 * @throws ProblemError SCENARIO-EXPECT for a figure that no run has
 */
export function checkExpectations(
  items: readonly (string | Record<string, unknown>)[],
  figures: Figures,
  where: string,
): ExpectationResult[] {
  return items.map((item) => {
    const { text, figure, op, value } = parseExpectation(item, where);
    const actual = figures[figure];
    if (actual === undefined) {
      fail({
        code: 'SCENARIO-EXPECT',
        where,
        message: `no figure is called '${figure}'`,
        hint: `figures: ${Object.keys(figures).join(', ')}`,
      });
    }
    return { text, pass: holds(actual, op, value), actual };
  });
}
