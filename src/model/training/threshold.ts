/** The threshold of an anomaly model: scores above it raise an alarm. Chosen on rows that were not trained on. */
import type { FeatureRows } from '../../traffic/index.ts';

/** Share of benign scores that stay at or under the threshold where no attack says better. */
const BENIGN_QUANTILE = 0.99;

export interface ChosenThreshold {
  readonly threshold: number;
  /** `balancedAccuracy`: the cut that tells benign from attack best. `benignQuantile`: no attack to tell from, or no cut better than chance. */
  readonly rule: 'balancedAccuracy' | 'benignQuantile';
  /** Scores it was chosen on, by kind. */
  readonly benign: number;
  readonly attack: number;
}

/** Labelled rows of the validation split of other classes than the benign one. */
export function attackRows(rows: FeatureRows, validationSplit: number, benign: number): Int32Array {
  const found: number[] = [];
  for (let i = 0; i < rows.count; i++) {
    if (rows.split[i] === validationSplit && rows.label[i] >= 0 && rows.label[i] !== benign) found.push(i);
  }
  return Int32Array.from(found);
}

/** The middle of two scores, or the lower one where no number lies between: `score > threshold` parts them either way. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}

/**
 * Threshold from scores of benign rows and of attacks: the cut with the best balanced accuracy (mean of both classes' recalls, so that
 * the mix of classes does not count), the lowest of equals, half-way between the scores it parts. Without attacks, or when no cut is
 * better than chance, the 99 % quantile of the benign scores.
 */
export function chooseThreshold(benign: ArrayLike<number>, attack: ArrayLike<number>): ChosenThreshold {
  const counts = { benign: benign.length, attack: attack.length };
  const below = Float64Array.from(benign).sort();
  const above = Float64Array.from(attack).sort();
  const scores = [...new Set([...below, ...above])].sort((a, b) => a - b);
  let best = { gain: 0, threshold: Number.NaN };
  let [passed, missed] = [0, 0];
  for (let i = 0; i + 1 < scores.length && above.length > 0; i++) {
    while (passed < below.length && below[passed] <= scores[i]) passed++;
    while (missed < above.length && above[missed] <= scores[i]) missed++;
    const gain = passed / below.length - missed / above.length;
    if (gain > best.gain) best = { gain, threshold: between(scores[i], scores[i + 1]) };
  }
  if (best.gain > 0) return { threshold: best.threshold, rule: 'balancedAccuracy', ...counts };
  const at = Math.max(0, Math.ceil(BENIGN_QUANTILE * below.length) - 1);
  return { threshold: below[at] ?? 0, rule: 'benignQuantile', ...counts };
}
