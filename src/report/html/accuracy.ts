/** Where accuracy goes: the waterfall, confusion matrices of both sides and their difference, figures by class, curves. */

import type { ReplayResult, Side } from '../../replay/index.ts';
import type { PositionAccuracy, ScenarioResult } from '../../study/index.ts';
import { count, percent, score } from '../text-table.ts';
import { stepFigure } from '../waterfall-text.ts';
import { barChart, categoryLines, rocChart, waterfallChart, waterfallFloor } from './charts/index.ts';
import { givesVerdicts, signedPoints } from './main-figure.ts';
import { type HeatCell, heatTable, htmlTable } from './tables.ts';

const NONE = '–';
/** Classes beyond this many get the table alone. */
const MOST_BARS = 40;
/** Classes up to which a confusion cell also says its share of the row. */
const MOST_SHARES = 10;

/** The loss waterfall. */
export function waterfall({ waterfall: data }: ScenarioResult): string {
  if (data === undefined) return '';
  const name = data.steps.some(({ rocAuc }) => rocAuc !== null) ? 'ROC AUC' : 'macro-F1';
  const last = data.steps.at(-1);
  if (last === undefined) return '';
  const levels = data.steps.map((step) => ({ name: step.name, value: stepFigure(step) }));
  const bars = [...levels, { name: 'the switch', value: stepFigure(last) }];
  const rows = data.steps.map((step, i) => {
    const before = data.steps[i - 1];
    const change = before === undefined ? '' : signedPoints(stepFigure(step) - stepFigure(before));
    const flipped = before === undefined ? '' : count(step.flipped);
    const perClass = step.perClass.map((f1) => score(f1));
    return [step.name, step.replaced, score(stepFigure(step)), change, flipped, ...perClass];
  });
  const header = ['step', 'gives up', name, 'points', 'flipped', ...data.classes.map((one) => `F1 ${one}`)];
  const table = htmlTable(header, rows, `kk${'r'.repeat(header.length - 2)}`, {
    caption: 'Loss by step and class',
    sortable: false,
  });
  const floor = waterfallFloor(bars.map(({ value }) => value));
  const from = floor === 0 ? '' : `; the axis begins at ${floor}`;
  const chart = waterfallChart(bars, {
    caption: `${name} on the same ${count(data.packets)} packets as one idealisation after another is given up, changes in points${from}`,
  });
  return `${chart}${table}`;
}

function confusionCells(side: Side, classes: number): HeatCell[][] {
  return side.packets.confusion.map((row) => {
    const whole = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => {
      const share = whole === 0 ? 0 : value / whole;
      const small = classes <= MOST_SHARES && value > 0 ? { small: percent(share) } : {};
      return { text: value === 0 ? '·' : count(value), shade: share, ...small };
    });
  });
}

function differenceCells(ours: Side, theirs: Side): HeatCell[][] {
  const cells = ours.packets.confusion.map((row, i) =>
    row.map((value, j) => value - (theirs.packets.confusion[i]?.[j] ?? 0)),
  );
  const most = Math.max(1, ...cells.flat().map(Math.abs));
  return cells.map((row, i) =>
    row.map((value, j) => {
      if (value === 0) return { text: '·', shade: 0 };
      const text = value > 0 ? `+${count(value)}` : `−${count(-value)}`;
      // More on the diagonal is better, more anywhere else is worse.
      return { text, shade: Math.abs(value) / most, tone: value > 0 === (i === j) ? 'better' : 'worse' };
    }),
  );
}

const NO_VERDICTS =
  '<p>The model gives an anomaly score, and none passes a threshold (or the model has none): the ROC curve says how well the scores tell the classes apart.</p>';

/** Confusion matrices: float, switch, and what the switch changes. */
export function confusion(replay: ReplayResult): string {
  const { classes, float, switch: ours } = replay;
  if (!givesVerdicts(replay)) return NO_VERDICTS;
  const silent = [ours, float].every(
    (side) => side === null || side.packets.confusion.every((row) => row.at(-1) === 0),
  );
  const columns = silent ? classes : [...classes, 'no verdict'];
  const trim = (cells: HeatCell[][]): HeatCell[][] => cells.map((row) => row.slice(0, columns.length));
  const matrix = (caption: string, cells: HeatCell[][]): string =>
    heatTable(classes, columns, trim(cells), {
      caption,
      corner: 'true \\ verdict',
      dense: classes.length > MOST_SHARES,
    });
  const parts = [matrix('Switch', confusionCells(ours, classes.length))];
  if (float !== null) {
    parts.unshift(matrix('Float', confusionCells(float, classes.length)));
    parts.push(matrix('Switch minus float', differenceCells(ours, float)));
  }
  const better = float === null ? '' : ' Of the difference, green is better and red is worse.';
  return `<p>Packets by true class (rows) and verdict (columns), with their share of the row.${better}</p><div class="flow">${parts.join('\n')}</div>`;
}

function classTable(replay: ReplayResult): string {
  const rows = replay.switch.packets.perClass.map((one, i) => {
    const theirs = replay.float?.packets.perClass[i];
    const wait = replay.switch.firstVerdict[i];
    const covered = replay.switch.covered.perClass[i];
    return [
      one.class,
      count(one.support),
      score(theirs?.f1),
      score(one.f1),
      score(one.precision),
      score(one.recall),
      one.support === 0 || covered === undefined ? NONE : percent(covered.support / one.support),
      wait?.packets == null ? NONE : String(wait.packets),
      wait?.milliseconds == null ? NONE : wait.milliseconds.toFixed(1),
      wait === undefined ? NONE : `${count(wait.without)} of ${count(wait.flows)}`,
    ];
  });
  const header = ['class', 'packets', 'F1 float', 'F1 switch', 'precision', 'recall', 'coverage'];
  header.push('first verdict, packet', 'first verdict, ms', 'flows without');
  const caption = 'By class; coverage is the share of packets with a verdict, first verdicts are medians over flows';
  return htmlTable(header, rows, 'krrrrrrrrr', { caption });
}

/** Bars and table by class. */
export function perClass(replay: ReplayResult): string {
  if (!givesVerdicts(replay)) return '';
  const { classes, float } = replay;
  const f1 = (side: Side): number[] => side.packets.perClass.map((one) => one.f1);
  const ours = { name: 'switch', values: f1(replay.switch) };
  const series = float === null ? [ours] : [{ name: 'float', values: f1(float) }, ours];
  const chart =
    classes.length > MOST_BARS ? '' : barChart(classes, series, { caption: 'F1 by class, per packet', max: 1 });
  return `${chart}${classTable(replay)}`;
}

function positionChart(items: readonly PositionAccuracy[]): string {
  const name = ({ from, to }: PositionAccuracy): string => (from === to ? String(from) : `${from}–${to}`);
  const hasFloat = items.some((one) => one.float !== null);
  const ours = { name: 'switch', values: items.map((one) => one.switch) };
  const series = hasFloat ? [{ name: 'float', values: items.map((one) => one.float) }, ours] : [ours];
  const rows = items.map((one) => [name(one), count(one.packets), score(one.float ?? undefined), score(one.switch)]);
  const table = htmlTable(['packets of the flow', 'packets', 'float', 'switch'], rows, 'lrrr', {
    caption: 'Accuracy by position',
    sortable: false,
  });
  const text = {
    caption: 'Accuracy by position of the packet in its flow',
    x: 'packet of the flow',
    y: 'accuracy',
    table,
  };
  return categoryLines(items.map(name), series, text);
}

/** Accuracy by packet position, and ROC curves of scores. */
export function curves({ curves: data, replay }: ScenarioResult): string {
  if (data === undefined) return '';
  const parts: string[] = [];
  if (data.byPosition.length > 1 && givesVerdicts(replay)) parts.push(positionChart(data.byPosition));
  if (data.roc !== null) {
    const auc = (side: Side | null): string => (side?.rocAuc == null ? '' : `, area ${score(side.rocAuc)}`);
    const lines = [
      ...(data.roc.float === null ? [] : [{ name: `float${auc(replay.float)}`, points: data.roc.float }]),
      { name: `switch${auc(replay.switch)}`, points: data.roc.switch },
    ];
    parts.push(rocChart(lines, { caption: 'ROC of the anomaly score: attacks found against false alarms' }));
  }
  return parts.join('\n');
}
