/** What a reader asks first: did it pass, what is left of the float model's accuracy, does it fit, what went wrong on the way. */

import type { ExpectationResult, ScenarioResult, ScenarioTiming } from '../../study/index.ts';
import { count, percent, rate, score } from '../text-table.ts';
import { escapeHtml } from './escape.ts';
import { givesVerdicts, mainFigure, signedPoints } from './main-figure.ts';
import { type Card, cards } from './page.ts';
import { htmlTable } from './tables.ts';

function resourceCards({ fit, figures }: ScenarioResult): Card[] {
  const { used, available } = fit.stages;
  const stages =
    available === null ? { value: String(used) } : { value: `${used} of ${available}`, share: used / available };
  const shares = (['sram', 'tcam', 'phv'] as const).flatMap((name): Card[] => {
    const share = figures[name];
    const limited = fit.stages.available !== null;
    return typeof share === 'number' && limited ? [{ name: name.toUpperCase(), value: percent(share), share }] : [];
  });
  return [{ name: 'stages', ...stages }, ...shares];
}

function scoreCards(result: ScenarioResult, timing: ScenarioTiming | undefined): Card[] {
  const { replay, fit } = result;
  const { name, ours, theirs } = mainFigure(result);
  const gap = theirs === undefined ? undefined : ours - theirs;
  return [
    {
      name: `${name}, switch`,
      value: score(ours),
      ...(gap === undefined ? {} : { note: `${signedPoints(gap)} points to float` }),
    },
    { name: `${name}, float`, value: score(theirs), ...(theirs === undefined ? { note: 'no float model' } : {}) },
    ...(replay.agreement === null || !givesVerdicts(replay)
      ? []
      : [
          {
            name: 'same verdict as float',
            value: percent(replay.agreement.fraction, 2),
            note: `${count(replay.agreement.equal)} packets`,
          },
        ]),
    {
      name: 'packets with a verdict',
      value: percent(replay.switch.coverage, 2),
      note: `of ${count(replay.scored)} scored`,
    },
    { name: `on ${fit.chipTitle}`, value: fit.fits ? 'fits' : 'does NOT fit', tone: fit.fits ? 'pass' : 'fail' },
    ...resourceCards(result),
    ...(timing === undefined
      ? []
      : [{ name: 'engine', value: `${rate(timing.replay.packetsPerSecond)}`, note: 'packets per second' }]),
  ];
}

function expectationTable(items: readonly ExpectationResult[]): string {
  if (items.length === 0) return '<p>The scenario states no expectations.</p>';
  const shown = (value: number | boolean | undefined): string =>
    typeof value === 'number' ? String(Number(value.toPrecision(5))) : String(value);
  const mark = (pass: boolean) => ({
    html: `<span class="${pass ? 'pass' : 'fail'}">${pass ? '✓ pass' : '✗ FAIL'}</span>`,
  });
  const rows = items.map(({ text, actual, pass }) => [text, shown(actual), mark(pass)]);
  return htmlTable(['expectation', 'figure', 'outcome'], rows, 'krl', { caption: 'Expectations of the scenario' });
}

function warnings({ replay }: ScenarioResult): string {
  const damage = replay.damage.map(
    (one) => `damaged: ${one.file}, packet ${count(one.packet)}, byte ${count(one.byteOffset)}: ${one.reason}`,
  );
  const list = [...damage, ...replay.warnings].map((text) => `<li>${escapeHtml(text)}</li>`).join('');
  return list === '' ? '' : `<h3>Warnings</h3><ul class="notes">${list}</ul>`;
}

/** The summary section. */
export function summary(result: ScenarioResult, timing: ScenarioTiming | undefined): string {
  return `${cards(scoreCards(result, timing))}${expectationTable(result.expectations)}${warnings(result)}`;
}
