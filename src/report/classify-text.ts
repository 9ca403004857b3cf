/** Unlabelled captures for the terminal: what became of every packet, verdicts by class, time by phase. */

import type { ClassifyResult, ClassifyTiming } from '../study/index.ts';
import { count, percent, printable, rate, textTable } from './text-table.ts';

export function classifyText(result: ClassifyResult, timing: ClassifyTiming): string {
  const { outcomes, classes } = result;
  const blocks: string[] = [];
  if (classes.length > 0) {
    const rows = classes.map((one) => [
      printable(one.class),
      count(one.packets),
      outcomes.verdict === 0 ? '–' : percent(one.packets / outcomes.verdict, 2),
    ]);
    blocks.push(textTable([['verdict', 'packets', 'of verdicts'], ...rows], 'lrr'));
  }
  const lost = [
    `${count(outcomes.noVerdict)} without`,
    `${count(outcomes.unparsed)} unparsed`,
    `${count(outcomes.truncated)} truncated`,
    `${count(outcomes.short)} short`,
  ];
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  blocks.push(
    [
      `${count(outcomes.packets)} packets in: ${count(outcomes.verdict)} with a verdict, ${lost.join(', ')}`,
      `${rate(timing.packetsPerSecond)} packets/s on ${timing.workers === 1 ? '1 worker' : `${timing.workers} workers`}`,
      `time: planning ${seconds(timing.planSeconds)}, engine ${seconds(timing.engineSeconds)}, waiting for the reader ${seconds(timing.waitSeconds)}, taking results ${seconds(timing.writeSeconds)}`,
    ].join('\n'),
  );
  return blocks.join('\n\n');
}
