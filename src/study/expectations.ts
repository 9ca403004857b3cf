/** Expectations of a scenario: `macroF1 >= 0.88`, `sram <= 30 %`, `fits: true`, checked against a run's figures. */

import { fail } from '../problem.ts';

/** Every figure that a run may have (docs/scenarios.md says what they are). */
export const KNOWN_FIGURES: readonly string[] = [
  'macroF1',
  'accuracy',
  'coveredMacroF1',
  'flowMacroF1',
  'coverage',
  'auc',
  'floatMacroF1',
  'floatAccuracy',
  'floatAuc',
  'gapToFloat',
  'agreement',
  'scored',
  'packets',
  'packetsLost',
  'unparsed',
  'collidingFlows',
  'mergedFlows',
  'bitsPerFlow',
  'fits',
  'stages',
  'sram',
  'tcam',
  'mapRam',
  'phv',
  'latencyNs',
  'verdictsEqual',
];

/** A run's figures by name, as expectations see them (docs/scenarios.md lists the names). */
export type Figures = Readonly<Record<string, number | boolean>>;

export interface ExpectationResult {
  readonly text: string;
  readonly pass: boolean;
  /** What the figure was; undefined when this run has no such figure, which fails the expectation. */
  readonly actual?: number | boolean;
}

const FORM = /^\s*([A-Za-z][\w.-]*)\s*(<=|>=|==|!=|<|>)\s*(-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*(%)?\s*$/i;

/** `verdictsEqual: baseline`: every verdict is the one that the baseline recorded. */
const BASELINE = /^\s*verdictsEqual\s*:\s*(baseline|true)\s*$/;
const VERDICTS_EQUAL = { text: 'verdictsEqual: baseline', figure: 'verdictsEqual', op: '==', value: true } as const;

/** `fits: true`, `packetsLost: 0` as one string. */
const STATED = /^\s*([A-Za-z][\w.-]*)\s*:\s*(true|false|-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*$/;

export interface Expectation {
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
    if (figure === 'verdictsEqual') return parseExpectation(`${figure}: ${String(value)}`, where);
    if (typeof value === 'boolean' || typeof value === 'number')
      return { text: `${figure}: ${value}`, figure, op: '==', value };
    return parseExpectation(`${figure} ${String(value)}`, where);
  }
  if (BASELINE.test(item)) return VERDICTS_EQUAL;
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
      hint: 'write: figure <=|>=|<|>|==|!= number [%], figure: true, or verdictsEqual: baseline',
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
 * Read every expectation of a scenario before it runs: a misspelt one is told at once.
 * @throws ProblemError SCENARIO-EXPECT
 */
export function checkExpectationNames(items: readonly (string | Record<string, unknown>)[], where: string): void {
  for (const item of items) {
    const { figure } = parseExpectation(item, where);
    if (!KNOWN_FIGURES.includes(figure)) unknownFigure(figure, where, KNOWN_FIGURES);
  }
}

function unknownFigure(figure: string, where: string, known: readonly string[]): never {
  fail({
    code: 'SCENARIO-EXPECT',
    where,
    message: `no figure is called '${figure}'`,
    hint: `figures: ${known.join(', ')}`,
  });
}

/**
 * Check every expectation. A figure that other runs have and this one has not (AUC of classes, slots without flow state) fails it.
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
    if (actual === undefined && KNOWN_FIGURES.includes(figure)) return { text, pass: false };
    if (actual === undefined) unknownFigure(figure, where, Object.keys(figures));
    return { text, pass: holds(actual, op, value), actual };
  });
}
