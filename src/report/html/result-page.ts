/** One result, or several, as a page: what a reader asks first comes first. Everything shown is in the JSON result. */

import type { ReplayResult, Side } from '../../replay/index.ts';
import type { PositionAccuracy, ScenarioResult, ScenarioTiming } from '../../study/index.ts';
import type { FitReport } from '../../switch/index.ts';
import { fitLine } from '../fit-text.ts';
import { count, percent, rate, score } from '../text-table.ts';
import { stepFigure } from '../waterfall-text.ts';
import { barChart, lineChart, waterfallChart } from './charts.ts';
import { escapeHtml } from './escape.ts';
import { fitSections } from './fit-sections.ts';
import { heatTable, htmlPage, htmlTable, type Section } from './page.ts';

const NONE = '–';
/** Classes beyond this many get tables alone: bars would be unreadable. */
const MOST_BARS = 24;

interface Card {
  readonly name: string;
  readonly value: string;
  readonly tone?: 'pass' | 'fail';
}

export function cards(items: readonly Card[]): string {
  const card = ({ name, value, tone }: Card): string =>
    `<div class="card"><dt>${escapeHtml(name)}</dt><dd${tone === undefined ? '' : ` class="${tone}"`}>${escapeHtml(value)}</dd></div>`;
  return `<dl class="cards">${items.map(card).join('')}</dl>`;
}

function summary(result: ScenarioResult, timing: ScenarioTiming | undefined): string {
  const { replay, fit, figures } = result;
  const ours = replay.switch;
  const gap = figures.gapToFloat;
  const isScore = ours.rocAuc !== null;
  const items: Card[] = [
    { name: 'expectations', value: result.pass ? 'pass' : 'FAIL', tone: result.pass ? 'pass' : 'fail' },
    {
      name: isScore ? 'ROC AUC, switch' : 'macro-F1, switch',
      value: score(isScore ? (ours.rocAuc ?? undefined) : ours.packets.macroF1),
    },
    {
      name: isScore ? 'ROC AUC, float' : 'macro-F1, float',
      value: score((isScore ? replay.float?.rocAuc : replay.float?.packets.macroF1) ?? undefined),
    },
    ...(typeof gap === 'number' ? [{ name: 'gap to float', value: `${(gap * 100).toFixed(2)} points` }] : []),
    { name: `on ${fit.chipTitle}`, value: fit.fits ? 'fits' : 'does NOT fit', tone: fit.fits ? 'pass' : 'fail' },
    {
      name: 'stages',
      value: `${fit.stages.used}${fit.stages.available === null ? '' : ` of ${fit.stages.available}`}`,
    },
    { name: 'packets', value: count(replay.outcomes.packets) },
    { name: 'coverage', value: percent(ours.coverage, 2) },
    ...(timing === undefined ? [] : [{ name: 'engine', value: `${rate(timing.replay.packetsPerSecond)} packets/s` }]),
  ];
  const warnings = [...replay.warnings, ...replay.damage.map((one) => `damaged: ${one.file}: ${one.reason}`)];
  const list = warnings.map((text) => `<li>${escapeHtml(text)}</li>`).join('');
  return `${cards(items)}${list === '' ? '' : `<h3>Warnings</h3><ul>${list}</ul>`}${expectations(result)}`;
}

function expectations({ expectations: items }: ScenarioResult): string {
  if (items.length === 0) return '';
  const shown = (value: number | boolean | undefined): string =>
    typeof value === 'number' ? String(Number(value.toPrecision(5))) : String(value);
  return htmlTable(
    ['expectation', 'figure', 'outcome'],
    items.map(({ text, actual, pass }) => [text, shown(actual), pass ? 'pass' : 'FAIL']),
    'lrl',
    'Expectations of the scenario',
  );
}

function confusion(replay: ReplayResult): string {
  const { classes, float } = replay;
  const columns = [...classes, 'no verdict'];
  const one = (title: string, side: Side): string =>
    heatTable(classes, columns, side.packets.confusion, {
      caption: `${title}: packets by true class (rows) and verdict (columns)`,
      corner: 'true \\ verdict',
      cell: count,
    });
  const parts = [one('Switch', replay.switch)];
  if (float !== null) {
    parts.unshift(one('Float', float));
    const difference = replay.switch.packets.confusion.map((row, i) =>
      row.map((value, j) => value - (float.packets.confusion[i]?.[j] ?? 0)),
    );
    parts.push(
      heatTable(classes, columns, difference, {
        caption: 'Switch minus float: what the switch adds (shaded) and takes',
        corner: 'true \\ verdict',
        cell: (value) => (value > 0 ? `+${count(value)}` : value < 0 ? `−${count(-value)}` : '0'),
      }),
    );
  }
  return `<div class="charts">${parts.join('\n')}</div>`;
}

function waterfall({ waterfall: data }: ScenarioResult): string {
  if (data === undefined) return '';
  const figure = data.steps.some(({ rocAuc }) => rocAuc !== null) ? 'ROC AUC' : 'macro-F1';
  const last = data.steps.at(-1);
  const levels = data.steps.map((step) => ({ name: step.name, value: stepFigure(step) }));
  const chart = waterfallChart(
    last === undefined ? levels : [...levels, { name: 'the switch', value: stepFigure(last) }],
    { caption: `${figure} on the same ${count(data.packets)} packets as one idealisation after another is given up` },
  );
  const rows = data.steps.map((step, i) => {
    const before = data.steps[i - 1];
    const change = before === undefined ? '' : ((stepFigure(step) - stepFigure(before)) * 100).toFixed(2);
    const flipped = before === undefined ? '' : count(step.flipped);
    return [
      step.name,
      step.replaced,
      score(stepFigure(step)),
      change,
      flipped,
      ...step.perClass.map((f1) => score(f1)),
    ];
  });
  const header = ['step', 'gives up', figure, 'points', 'flipped', ...data.classes.map((name) => `F1 ${name}`)];
  return `${chart}${htmlTable(header, rows, `ll${'r'.repeat(header.length - 2)}`, 'Loss by step and class')}`;
}

function perClass(replay: ReplayResult): string {
  const { classes, float } = replay;
  const f1 = (side: Side): number[] => side.packets.perClass.map((one) => one.f1);
  const series = [
    ...(float === null ? [] : [{ name: 'float', values: f1(float) }]),
    { name: 'switch', values: f1(replay.switch) },
  ];
  const chart =
    classes.length > MOST_BARS
      ? ''
      : barChart(classes, series, { caption: 'F1 by class, per packet', axis: 'F1', max: 1 });
  const rows = replay.switch.packets.perClass.map((one, i) => {
    const theirs = float?.packets.perClass[i];
    const wait = replay.switch.firstVerdict[i];
    return [
      one.class,
      count(one.support),
      score(theirs?.f1),
      score(one.precision),
      score(one.recall),
      score(one.f1),
      wait?.packets == null ? NONE : String(wait.packets),
      wait?.milliseconds == null ? NONE : wait.milliseconds.toFixed(1),
      wait === undefined ? NONE : `${count(wait.without)} of ${count(wait.flows)}`,
    ];
  });
  const header = ['class', 'packets', 'F1 float', 'precision', 'recall', 'F1 switch'];
  header.push('first verdict, packet', 'first verdict, ms', 'flows without');
  return `${chart}${htmlTable(header, rows, 'lrrrrrrrr', 'Figures by class; first verdicts are medians over flows')}`;
}

function curves({ curves: data }: ScenarioResult): string {
  if (data === undefined) return '';
  const parts: string[] = [];
  const { byPosition } = data;
  if (byPosition.length > 1) {
    const side = (pick: (one: PositionAccuracy) => number | null) =>
      byPosition.flatMap((one) => {
        const value = pick(one);
        return value === null ? [] : [[(one.from + one.to) / 2, value] as const];
      });
    const lines = [
      { name: 'float', points: side((one) => one.float) },
      { name: 'switch', points: side((one) => one.switch) },
    ].filter(({ points }) => points.length > 0);
    const text = { caption: 'Accuracy by position of the packet in its flow', x: 'packet of the flow', y: 'accuracy' };
    parts.push(lineChart(lines, { ...text, yMax: 1 }));
  }
  if (data.roc !== null) {
    const lines = [
      ...(data.roc.float === null ? [] : [{ name: 'float', points: data.roc.float }]),
      { name: 'switch', points: data.roc.switch },
    ];
    const text = { caption: 'ROC of the anomaly score', x: 'false positive rate', y: 'true positive rate', yMax: 1 };
    parts.push(lineChart(lines, text));
  }
  return parts.length === 0 ? '' : `<div class="charts">${parts.join('\n')}</div>`;
}

function slots({ slots: data, outcomes }: ReplayResult): string {
  const rows = [
    ['packets in', count(outcomes.packets)],
    ['with a verdict', count(outcomes.verdict)],
    ['without (window not full, slot lost)', count(outcomes.noVerdict)],
    ['unparsed', count(outcomes.unparsed)],
    ['truncated', count(outcomes.truncated)],
    ['short', count(outcomes.short)],
  ];
  const packets = htmlTable(
    ['what became of every packet', 'packets'],
    rows,
    'lr',
    'Packets in, packets accounted for',
  );
  if (data === null) return packets;
  const state = [
    ['flow slots', count(data.slots)],
    ['policy', data.policy],
    ['bits per flow', count(data.bitsPerFlow)],
    ["packets of the slot's owner", count(data.owner)],
    ['first packet in an empty slot', count(data.first)],
    ['took the slot from another flow', count(data.taken)],
    ["slot was another flow's", count(data.foreign)],
    ['flows that collided', count(data.collidingFlows)],
    ['flows taken for one', count(data.mergedFlows)],
    ['restarts of known flows', count(data.restarts)],
  ];
  return `<div class="charts">${packets}${htmlTable(['flow slots', ''], state, 'lr', 'Flow slots and collisions')}</div>`;
}

function speed(timing: ScenarioTiming | undefined): string {
  if (timing === undefined) return '';
  const rows = Object.entries(timing.steps).map(([step, seconds]) => [step, seconds.toFixed(2)]);
  rows.push(['all', timing.seconds.toFixed(2)]);
  const { replay } = timing;
  const rates = [
    ['engine', `${rate(replay.packetsPerSecond)} packets/s`],
    ['float model', `${rate(replay.floatRowsPerSecond)} rows/s`],
  ];
  const cached = timing.cached.length === 0 ? '' : `<p>From the cache: ${escapeHtml(timing.cached.join(', '))}.</p>`;
  return `<div class="charts">${htmlTable(['phase', 'seconds'], rows, 'lr', 'Time by phase')}${htmlTable(['what', 'rate'], rates, 'lr', 'Throughput')}</div>${cached}`;
}

function modelText({ model, compile }: ScenarioResult): string {
  const { training } = model;
  const rows = [
    ['model', `${model.name} (${model.source})`],
    ['features', `${model.features.join(', ')}${model.window > 1 ? ` × ${model.window} packets` : ''}`],
    [
      'compiled with',
      `${compile.options.strategy} trees, ${compile.options.leaves} leaves, ${compile.options.width}-bit sums`,
    ],
    ['tables', `${count(compile.tables)} with ${count(compile.entries)} entries`],
    ...compile.steps.map(({ name, agreement }) => [
      `agrees with float after ${name}`,
      `${percent(agreement, 2)} of ${count(compile.calibrationRows)} rows`,
    ]),
  ];
  if (training !== undefined) {
    rows.splice(2, 0, [
      'training',
      `${count(training.parameters)} parameters, ${count(training.rows)} rows, epoch ${training.best} of ${training.epochs}`,
    ]);
  }
  return htmlTable(['model and compiler', ''], rows, 'll', 'The model and how it was compiled');
}

/** The sections of one result. `prefix` keeps ids apart on pages with several. */
export function resultSections(result: ScenarioResult, timing?: ScenarioTiming, prefix = ''): Section[] {
  const { replay } = result;
  const fit: FitReport = result.fit;
  const sections: Section[] = [
    { id: 'summary', title: 'Summary', body: summary(result, timing) },
    { id: 'waterfall', title: 'Where accuracy is lost', body: waterfall(result) },
    { id: 'confusion', title: 'Confusion', body: confusion(replay) },
    { id: 'classes', title: 'By class', body: perClass(replay) },
    { id: 'curves', title: 'Curves', body: curves(result) },
    { id: 'slots', title: 'Packets and flow slots', body: slots(replay) },
    { id: 'model', title: 'Model', body: modelText(result) },
    ...fitSections(fit),
    { id: 'speed', title: 'Throughput', body: speed(timing) },
  ];
  return sections.map((section) => ({ ...section, id: `${prefix}${section.id}` }));
}

/** The page of one result. */
export function resultPage(result: ScenarioResult, timing?: ScenarioTiming): string {
  const about = result.about === null ? '' : `<p>${escapeHtml(result.about)}</p>`;
  const lead = `${about}<p>It ${escapeHtml(fitLine(result.fit))}.</p>`;
  return htmlPage(result.name, lead, resultSections(result, timing));
}
