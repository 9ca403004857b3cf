/** A replay for the terminal: switch next to float, confusion matrices, coverage, what became of every packet. */

import type { ReplayResult, ReplayTiming, Side } from '../replay/index.ts';
import { count, percent, printable, rate, score, textTable } from './text-table.ts';

/** Accuracy, macro precision/recall/F1 per packet and per flow, both sides. */
export function metricsText(result: ReplayResult): string {
  const { float } = result;
  const row = (name: string, pick: (side: Side) => number | null): string[] => {
    const ours = pick(result.switch);
    const theirs = float === null ? null : pick(float);
    const gap = ours === null || theirs === null ? '' : ((ours - theirs) * 100).toFixed(2);
    return [name, theirs === null ? '–' : score(theirs), ours === null ? '–' : score(ours), gap];
  };
  const rows = [
    row('accuracy', (side) => side.packets.accuracy),
    row('macro precision', (side) => side.packets.macroPrecision),
    row('macro recall', (side) => side.packets.macroRecall),
    row('macro F1', (side) => side.packets.macroF1),
    row('macro F1, covered packets', (side) => side.covered.macroF1),
    row('macro F1, flows', (side) => side.flows.macroF1),
    row('coverage', (side) => side.coverage),
    ...(result.switch.rocAuc === null ? [] : [row('ROC AUC', (side) => side.rocAuc)]),
  ];
  return textTable([['', 'float', 'switch', 'points'], ...rows], 'lrrr');
}

/** One confusion matrix: rows are the truth. */
export function confusionText(title: string, side: Side, classes: readonly string[]): string {
  const columns = [...classes.map(printable), 'no verdict'];
  const used = side.packets.confusion.some((row) => (row[classes.length] ?? 0) > 0) ? columns : columns.slice(0, -1);
  const rows = side.packets.confusion.map((row, i) => [
    printable(classes[i] ?? ''),
    ...used.map((_, j) => count(row[j] ?? 0)),
    score(side.packets.perClass[i]?.precision),
    score(side.packets.perClass[i]?.recall),
    score(side.packets.perClass[i]?.f1),
  ]);
  const header = [title, ...used, 'precision', 'recall', 'F1'];
  return textTable([header, ...rows], `l${'r'.repeat(used.length + 3)}`);
}

/** N packets in, N accounted for. */
export function outcomesText(result: ReplayResult): string {
  const { outcomes, slots } = result;
  const parts = [
    `${count(outcomes.packets)} packets in: ${count(outcomes.verdict)} with a verdict`,
    `${count(outcomes.noVerdict)} without`,
    `${count(outcomes.unparsed)} unparsed`,
    `${count(outcomes.truncated)} truncated`,
    `${count(outcomes.short)} short`,
  ];
  const lines = [parts.join(', ')];
  lines.push(
    `${count(result.scored)} scored in ${count(result.flows)} flows; ${count(result.unlabelled)} without a label, ${count(result.otherSplits)} of other splits`,
  );
  if (slots !== null) {
    lines.push(
      `${count(slots.slots)} flow slots (${slots.policy}, ${slots.bitsPerFlow} bits per flow): ${count(slots.collidingFlows)} flows collided, ${count(slots.mergedFlows)} merged, ${count(slots.restarts)} restarts`,
    );
  }
  if (result.backwardTimestamps > 0)
    lines.push(`${count(result.backwardTimestamps)} packets earlier than the one before them`);
  return lines.join('\n');
}

/** Median wait until the first verdict, per class. */
export function firstVerdictText(result: ReplayResult): string {
  const rows = result.switch.firstVerdict.map((one) => [
    printable(one.class),
    count(one.flows),
    count(one.without),
    one.packets === null ? '–' : String(one.packets),
    one.milliseconds === null ? '–' : one.milliseconds.toFixed(1),
  ]);
  return textTable([['first verdict', 'flows', 'without', 'packet', 'ms'], ...rows], 'lrrrr');
}

/** Seconds by phase, in the order they pass. */
function timeText(timing: ReplayTiming): string {
  const phases: readonly (readonly [string, number | undefined])[] = [
    ['reading', timing.readSeconds],
    ['planning', timing.engineSetupSeconds],
    ['engine', timing.engineSeconds],
    ['features', timing.featureSeconds],
    ['float model', timing.floatSeconds > 0 ? timing.floatSeconds : undefined],
    ['scoring', timing.scoreSeconds],
  ];
  const parts = phases.flatMap(([name, seconds]) => (seconds === undefined ? [] : [`${name} ${seconds.toFixed(2)} s`]));
  return `time: ${parts.join(', ')}`;
}

/** The whole replay. */
export function replayText(result: ReplayResult, timing?: ReplayTiming): string {
  const { float, agreement } = result;
  const blocks = [metricsText(result)];
  if (float !== null) blocks.push(confusionText('float', float, result.classes));
  blocks.push(confusionText('switch', result.switch, result.classes));
  blocks.push(firstVerdictText(result));
  const lines = [outcomesText(result)];
  if (agreement !== null)
    lines.push(`float and switch agree on ${percent(agreement.fraction, 2)} of the scored packets`);
  if (float !== null) lines.push(`float: ${float.runtime} on ideal features with unlimited state`);
  if (timing !== undefined) {
    const float = timing.floatSeconds > 0 ? `; float model ${rate(timing.floatRowsPerSecond)} rows/s` : '';
    lines.push(`engine ${rate(timing.packetsPerSecond)} packets/s${float}`, timeText(timing));
  }
  if (result.partial)
    lines.push(
      ...result.damage.map(
        (one) => `PARTIAL: ${printable(one.file)}, packet ${one.packet}, byte ${one.byteOffset}: ${one.reason}`,
      ),
    );
  blocks.push(lines.join('\n'));
  return blocks.join('\n\n');
}
