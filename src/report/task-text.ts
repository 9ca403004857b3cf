/** What train, compile and verify say in the terminal. */

import type { PassReport, TableReport, VerifyResult, VerifyRun } from '../compiler/index.ts';
import type { CompileOutcome, ModelSummary } from '../study/index.ts';
import { fitLine, problemsText } from './fit-text.ts';
import { layoutText } from './layout-text.ts';
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
      `${count(training.parameters)} parameters, ${count(training.rows)} training rows ${training.trainedOn === 'switch' ? 'as the switch computes them' : 'of the file'}, seed ${training.seed}`,
    );
    lines.push(`${training.epochs} epochs, epoch ${training.best} kept: ${figure}`);
    if (training.alarm !== undefined) lines.push(alarmText(training.alarm));
  }
  lines.push(`written to ${out} (${count(bytes)} bytes)`);
  return lines.join('\n');
}

type Alarm = NonNullable<NonNullable<ModelSummary['training']>['alarm']>;

/** Where the threshold comes from. */
function alarmText({ threshold, rule, benign, attack }: Alarm): string {
  const why =
    rule === 'balancedAccuracy'
      ? `best balanced accuracy on ${count(benign)} benign and ${count(attack)} other validation rows`
      : `99 % of ${count(benign)} benign validation rows score no higher`;
  return `alarm above a score of ${score(threshold)}: ${why}`;
}

/** `explain`: with the fusion passes. */
export function compileText(done: CompileOutcome, explain = false): string {
  const blocks = [`${printable(done.program)}: ${count(done.tables)} tables, ${count(done.entries)} entries`];
  if (done.explanation !== undefined) {
    const { passes, tables, layout } = done.explanation;
    if (explain && passes.length > 0) blocks.push(passesText(passes));
    blocks.push(entriesText(tables), ...layoutText(layout, explain));
  }
  if (done.summary !== null) {
    blocks.push(stepsText(done.summary));
  }
  blocks.push(fitLine(done.fit));
  const problems = problemsText(done.fit);
  if (problems !== '') blocks.push(problems);
  blocks.push(`written to ${done.out}`);
  return blocks.join('\n\n');
}

/** What each step of the strategy did. */
function stepsText({ steps, calibrationRows }: NonNullable<CompileOutcome['summary']>): string {
  const validated = steps.some(({ validation }) => validation !== undefined);
  const rows = steps.map(({ name, agreement, validation, note }) => [
    name,
    percent(agreement, 2),
    ...(validated ? [validation === undefined ? '' : score(validation)] : []),
    note,
  ]);
  const head = [
    `on ${count(calibrationRows)} calibration rows`,
    'agrees with float',
    ...(validated ? ['validation macro-F1'] : []),
    '',
  ];
  return textTable([head, ...rows], validated ? 'lrrl' : 'lrl');
}

/** Lookups, additions, tables and estimated stages before → after each fusion pass. */
function passesText(passes: readonly PassReport[]): string {
  const change = (before: number, after: number): string =>
    before === after ? count(after) : `${count(before)} → ${count(after)}`;
  const rows = passes.map(({ pass, before, after }) => [
    pass,
    change(before.lookups, after.lookups),
    change(before.adds, after.adds),
    change(before.tables, after.tables),
    change(before.stages, after.stages),
  ]);
  return textTable([['fusion pass', 'lookups', 'adds', 'tables', 'stages, estimated'], ...rows], 'lrrrr');
}

/** Entries of each match table against the naive expansion of its ranges. */
function entriesText(tables: readonly TableReport[]): string {
  const shown = tables.filter(({ kind }) => kind !== 'keyless');
  const rows = shown.map((one) => [
    one.table,
    one.kind,
    String(one.keyBits),
    String(one.dataBits),
    count(one.entries),
    count(one.naive),
  ]);
  const sum = (pick: (one: TableReport) => number): string => count(shown.reduce((total, one) => total + pick(one), 0));
  const total = ['all', '', '', '', sum((one) => one.entries), sum((one) => one.naive)];
  return textTable([['table', 'match', 'key bits', 'data bits', 'entries', 'naive'], ...rows, total], 'llrrrr');
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
