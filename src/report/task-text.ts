/** What train, compile and verify say in the terminal. */

import type { VerifyResult, VerifyRun } from '../compiler/index.ts';
import type { CompileOutcome, ModelSummary } from '../study/index.ts';
import { fitLine, problemsText } from './fit-text.ts';
import { count, percent, printable, score, textTable } from './text-table.ts';

export function trainText(model: ModelSummary, out: string, bytes: number): string {
  const { training } = model;
  const lines = [
    `${model.name}: ${model.features.length} features${model.window > 1 ? ` × ${model.window} packets` : ''}, classes ${model.classes.map(printable).join(', ') || 'anomaly score'}`,
  ];
  if (training !== undefined) {
    const figure =
      model.classes.length > 0
        ? `validation macro-F1 ${score(training.validation)}`
        : `validation mean score ${score(-training.validation)}`;
    lines.push(
      `${count(training.parameters)} parameters, ${count(training.rows)} training rows as the switch computes them, seed ${training.seed}`,
    );
    lines.push(`${training.epochs} epochs, epoch ${training.best} kept: ${figure}`);
  }
  lines.push(`written to ${out} (${count(bytes)} bytes)`);
  return lines.join('\n');
}

export function compileText(done: CompileOutcome): string {
  const lines = [`${printable(done.program)}: ${count(done.tables)} tables, ${count(done.entries)} entries`];
  if (done.summary !== null) {
    const steps = done.summary.steps.map(({ name, agreement }) => [name, percent(agreement, 2)]);
    lines.push(
      textTable([[`on ${count(done.summary.calibrationRows)} calibration rows`, 'agrees with float'], ...steps], 'lr'),
    );
  }
  lines.push(fitLine(done.fit));
  const problems = problemsText(done.fit);
  if (problems !== '') lines.push(problems);
  lines.push(`written to ${done.out}`);
  return lines.join('\n');
}

export function verifyText(result: VerifyResult): string {
  const lines = [
    `${printable(result.model)} on ${result.chip}: ${result.fits ? 'fits' : 'does NOT fit'}, ${result.stages} stages`,
  ];
  for (const run of result.runs) lines.push(runText(run));
  lines.push(
    result.equal
      ? `equal: every row through ${result.runs.map(({ executor }) => executor).join(' and ')}`
      : 'NOT equal',
  );
  return lines.join('\n');
}

function runText(run: VerifyRun): string {
  const compared = Object.entries(run.compared).map(
    ([what, { values, equal }]) => `${what} ${count(equal)} of ${count(values)}`,
  );
  const lines = [`${run.executor}: ${count(run.equalRows)} of ${count(run.rows)} rows equal (${compared.join(', ')})`];
  const first = run.firstDifference;
  if (first !== undefined)
    lines.push(`  first difference: row ${first.row}, ${first.what}: expected ${first.expected}, got ${first.got}`);
  if (run.accuracy !== undefined && run.macroF1 !== undefined)
    lines.push(`  accuracy ${run.accuracy.toFixed(5)}, macro-F1 ${run.macroF1.toFixed(5)}`);
  return lines.join('\n');
}
