/** A scenario's result for the terminal. */

import type { ExpectationResult, ScenarioResult, ScenarioTiming } from '../study/index.ts';
import { baselineText } from './baseline-text.ts';
import { fitLine, totalsText } from './fit-text.ts';
import { replayText } from './replay-text.ts';
import { count, percent, printable, textTable } from './text-table.ts';
import { waterfallText } from './waterfall-text.ts';

function modelLine({ model }: ScenarioResult): string {
  const head = `model ${model.name}: ${model.features.length} features${model.window > 1 ? ` × ${model.window} packets` : ''}, classes ${model.classes.map(printable).join(', ') || 'anomaly score'}`;
  const { training } = model;
  if (training === undefined) return head;
  return `${head}\n${count(training.parameters)} parameters, trained on ${count(training.rows)} rows as the switch computes them; epoch ${training.best} of ${training.epochs} kept`;
}

function compileLine({ compile }: ScenarioResult): string {
  const { options } = compile;
  const steps = compile.steps.map(({ name, agreement }) => `${name} ${percent(agreement, 2)}`).join(', ');
  return `compiled with ${options.strategy} trees of ${options.leaves} leaves${options.refit ? ', refit' : ''}${options.fineTune ? ', fine-tuned' : ''}: ${count(compile.tables)} tables, ${count(compile.entries)} entries, ${count(compile.stateBits)} bits of model state a flow; agreement with float on ${count(compile.calibrationRows)} calibration rows after ${steps}`;
}

export function expectationsText(items: readonly ExpectationResult[]): string {
  const shown = (value: number | boolean | undefined): string =>
    typeof value === 'number' ? String(Number(value.toPrecision(5))) : String(value);
  return textTable(
    [
      ['expectation', 'figure', ''],
      ...items.map(({ text, actual, pass }) => [text, shown(actual), pass ? 'pass' : 'FAIL']),
    ],
    'lrl',
  );
}

function baselineLine({ baseline }: ScenarioResult): string {
  if (baseline === undefined || baseline.status === 'equal') return '';
  if (baseline.status === 'changed') return `, ${count(baseline.flipped)} verdicts flipped`;
  return baseline.status === 'written' ? ', baseline written' : ', no baseline';
}

/** One line per scenario, for several at once. `kept`: nothing was run. */
export function resultLine(result: ScenarioResult, timing: ScenarioTiming, kept = false): string {
  const failed = result.expectations.filter(({ pass }) => !pass).map(({ text }) => text);
  const { switch: ours, float } = result.replay;
  const scores =
    ours.rocAuc === null
      ? `macro-F1 ${ours.packets.macroF1.toFixed(4)} (float ${float?.packets.macroF1.toFixed(4) ?? '–'})`
      : `AUC ${ours.rocAuc.toFixed(4)} (float ${float?.rocAuc?.toFixed(4) ?? '–'})`;
  const verdict = result.pass ? 'pass' : `FAIL ${failed.join('; ')}`;
  return `${result.name}: ${scores}, ${fitLine(result.fit)}${baselineLine(result)}, ${kept ? 'from the cache' : `${timing.seconds.toFixed(1)} s`} — ${verdict}`;
}

/** The whole result. */
export function resultText(result: ScenarioResult, timing: ScenarioTiming): string {
  const blocks = [
    `${result.name}${result.about === null ? '' : `: ${printable(result.about)}`}`,
    `${modelLine(result)}\n${compileLine(result)}`,
  ];
  blocks.push(replayText(result.replay, timing.replay));
  if (result.waterfall !== undefined) blocks.push(waterfallText(result.waterfall));
  blocks.push(`${fitLine(result.fit)}\n\n${totalsText(result.fit)}`);
  if (result.baseline !== undefined) blocks.push(baselineText(result.baseline));
  if (result.expectations.length > 0) blocks.push(expectationsText(result.expectations));
  const steps = Object.entries(timing.steps).map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`);
  const cached = timing.cached.length === 0 ? '' : ` (from the cache: ${timing.cached.join(', ')})`;
  blocks.push(`${steps.join(', ')}; ${timing.seconds.toFixed(1)} s in all${cached}`);
  return blocks.join('\n\n');
}
