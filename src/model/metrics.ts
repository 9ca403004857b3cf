/** Figures that decide when training stops: macro-F1 of class predictions, ROC-AUC of scores. */

/** Index of the first maximum of each row of logits[count, classes]. */
export function argmaxRows(logits: ArrayLike<number>, classes: number): Int16Array {
  const out = new Int16Array(logits.length / classes);
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    for (let j = 1; j < classes; j++) if (logits[i * classes + j] > logits[i * classes + best]) best = j;
    out[i] = best;
  }
  return out;
}

/** counts[truth × classes + prediction]; rows with a negative label are left out. */
export function confusion(label: ArrayLike<number>, prediction: ArrayLike<number>, classes: number): Float64Array {
  const counts = new Float64Array(classes * classes);
  for (let i = 0; i < label.length; i++) if (label[i] >= 0) counts[label[i] * classes + prediction[i]]++;
  return counts;
}

/** Mean F1 over the classes that occur in the labels or the predictions (as scikit-learn's f1_score with average='macro'). */
export function macroF1(label: ArrayLike<number>, prediction: ArrayLike<number>, classes: number): number {
  const counts = confusion(label, prediction, classes);
  let sum = 0;
  let occurring = 0;
  for (let c = 0; c < classes; c++) {
    let truth = 0;
    let claimed = 0;
    for (let k = 0; k < classes; k++) {
      truth += counts[c * classes + k];
      claimed += counts[k * classes + c];
    }
    if (truth + claimed === 0) continue;
    occurring++;
    sum += (2 * counts[c * classes + c]) / (truth + claimed);
  }
  return occurring === 0 ? 0 : sum / occurring;
}

/** Area under the ROC curve: the chance that a positive scores above a negative, ties counting half. NaN without both kinds. */
export function rocAuc(score: ArrayLike<number>, positive: ArrayLike<number | boolean>): number {
  const order = Array.from({ length: score.length }, (_, i) => i).sort((a, b) => score[a] - score[b]);
  let rankSum = 0;
  let positives = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && score[order[end]] === score[order[start]]) end++;
    const rank = (start + end + 1) / 2;
    for (let i = start; i < end; i++) {
      if (positive[order[i]]) {
        positives++;
        rankSum += rank;
      }
    }
    start = end;
  }
  const negatives = score.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
