/** What a result is read by: the figure that sums it up, and whether its verdicts mean anything. */

import type { ReplayResult } from '../../replay/index.ts';
import type { ScenarioResult } from '../../study/index.ts';

/** The figure that scenarios are read by: ROC AUC of anomaly scores, else macro-F1. */
export function mainFigure({ replay }: ScenarioResult): { name: string; ours: number; theirs: number | undefined } {
  const { float } = replay;
  if (replay.switch.rocAuc !== null) {
    return { name: 'ROC AUC', ours: replay.switch.rocAuc, theirs: float?.rocAuc ?? undefined };
  }
  return { name: 'macro-F1', ours: replay.switch.packets.macroF1, theirs: float?.packets.macroF1 };
}

/** A difference of scores in points of a hundred, with its sign. */
export function signedPoints(difference: number): string {
  const points = (Math.abs(difference) * 100).toFixed(2);
  const sign = Number(points) === 0 ? '±' : difference > 0 ? '+' : '−';
  return `${sign}${points}`;
}

/** Does the switch raise alarms at all? A score model without a threshold gives scores, and its verdicts say nothing. */
export function givesVerdicts({ switch: ours }: ReplayResult): boolean {
  return ours.rocAuc === null || ours.packets.confusion.some((row) => row.slice(1, -1).some((value) => value > 0));
}
