/** JUnit XML of scenario results: a suite per scenario, a case per expectation, for the test pages of CI systems. */

import type { ScenarioResult, ScenarioTiming } from '../study/index.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 has no control characters but tab and newline: others are shown as text. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
    .replace(
      /[^\P{Cc}\t\n]|\p{Cs}|\uFFFE|\uFFFF/gu,
      (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}

/** A scenario that did not run: its error, or null when it was left out after a failure. */
export interface NotRun {
  readonly name: string;
  readonly error: string | null;
}

/** A scenario without expectations has one case: that it ran. */
export function junitXml(
  items: readonly { result: ScenarioResult; timing?: ScenarioTiming }[],
  notRun: readonly NotRun[] = [],
): string {
  const suites = [
    ...items.map(({ result, timing }) => suiteOf(result, timing?.seconds ?? 0)),
    ...notRun.map(emptySuite),
  ];
  const total = suites.reduce((sum, { tests }) => sum + tests, 0);
  const failed = suites.reduce((sum, { failures }) => sum + failures, 0);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="pegasim" tests="${total}" failures="${failed}">
${suites.map(({ xml }) => xml).join('\n')}
</testsuites>
`;
}

function emptySuite({ name, error }: NotRun): { xml: string; tests: number; failures: number } {
  const outcome = error === null ? '<skipped/>' : `<failure message="${escapeXml(error)}"/>`;
  const own = escapeXml(name);
  const xml = `  <testsuite name="${own}" tests="1" failures="${error === null ? 0 : 1}" skipped="${error === null ? 1 : 0}" time="0.000">
    <testcase classname="${own}" name="runs">
      ${outcome}
    </testcase>
  </testsuite>`;
  return { xml, tests: 1, failures: error === null ? 0 : 1 };
}

function suiteOf(result: ScenarioResult, seconds: number): { xml: string; tests: number; failures: number } {
  const name = escapeXml(result.name);
  const cases = result.expectations.map(({ text, pass, actual }) => {
    const head = `    <testcase classname="${name}" name="${escapeXml(text)}"`;
    return pass
      ? `${head}/>`
      : `${head}>\n      <failure message="${escapeXml(`the figure is ${String(actual)}`)}"/>\n    </testcase>`;
  });
  if (cases.length === 0) cases.push(`    <testcase classname="${name}" name="runs"/>`);
  const failures = result.expectations.filter(({ pass }) => !pass).length;
  const attributes = `name="${name}" tests="${cases.length}" failures="${failures}" time="${seconds.toFixed(3)}"`;
  return { xml: `  <testsuite ${attributes}>\n${cases.join('\n')}\n  </testsuite>`, tests: cases.length, failures };
}
