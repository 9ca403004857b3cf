/** Accuracy, precision, recall, F1 and confusion from labels and verdicts; verdict -1 = none, which is wrong. */

import type { ClassMetrics, Metrics } from './result.ts';

/** [truth][verdict or none]. Items with a label below 0 are left out. */
export function confusionOf(label: ArrayLike<number>, verdict: ArrayLike<number>, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes + 1).fill(0));
  for (let i = 0; i < label.length; i++) {
    if (label[i] < 0) continue;
    const given = verdict[i] < 0 || verdict[i] >= classes ? classes : verdict[i];
    counts[label[i]][given]++;
  }
  return counts;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function mean(values: readonly number[]): number {
  return ratio(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  );
}

/** Metrics of a confusion matrix with a last column for missing verdicts. */
export function metricsOf(confusion: readonly (readonly number[])[], classes: readonly string[]): Metrics {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const claims = classes.map((_, c) => sum(confusion.map((row) => row[c])));
  const perClass = classes.map((name, c): ClassMetrics => {
    const support = sum(confusion[c]);
    const hits = confusion[c][c];
    const precision = ratio(hits, claims[c]);
    const recall = ratio(hits, support);
    return { class: name, support, precision, recall, f1: ratio(2 * hits, support + claims[c]) };
  });
  const occurring = perClass.filter((one, c) => one.support + claims[c] > 0);
  const count = sum(perClass.map((one) => one.support));
  return {
    count,
    accuracy: ratio(sum(classes.map((_, c) => confusion[c][c])), count),
    macroPrecision: mean(occurring.map((one) => one.precision)),
    macroRecall: mean(occurring.map((one) => one.recall)),
    macroF1: mean(occurring.map((one) => one.f1)),
    perClass,
    confusion,
  };
}

/** Metrics of labels against verdicts. */
export function score(label: ArrayLike<number>, verdict: ArrayLike<number>, classes: readonly string[]): Metrics {
  return metricsOf(confusionOf(label, verdict, classes.length), classes);
}

/** The middle value of a list (mean of the two middle ones for even counts); null for none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
