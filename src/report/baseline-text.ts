/** What changed against a baseline, for the terminal: figures, flips and why they flipped. */

import type { BaselineChanges, CauseGroup } from '../study/index.ts';
import { count, printable, score, textTable } from './text-table.ts';

const SHOWN_CAUSES = 8;
const SHOWN_FLIPS = 8;

function causeText({ kind, stage, what, packets, before, after, via }: CauseGroup): string {
  const place = stage === null ? '' : ` in stage ${stage}`;
  const head = {
    table: `table ${what}${place}`,
    feature: `feature ${what}: ${before} → ${after}`,
    parser: `parsed field ${what}: ${before} → ${after}`,
    verdict: `${what}: ${before} → ${after}`,
    replay: `${what}: ${before} recorded, ${after} now`,
  }[kind];
  const own = via ?? (kind === 'table' ? { table: what, before, after } : null);
  const at = via === null || via === undefined ? '' : `, in table ${via.table}${place}`;
  const sides = own === null ? '' : `\n    was ${printable(own.before)}\n    now ${printable(own.after)}`;
  return `  ${count(packets)} × ${printable(head)}${at}${sides}`;
}

function figuresText({ figures, classes }: BaselineChanges): string {
  const shown = (value: number | boolean | null): string =>
    value === null ? '–' : typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
  const rows = [
    ...figures.map((one) => [one.figure, shown(one.before), shown(one.after)]),
    ...classes.map((one) => [
      `F1 ${printable(one.class)}`,
      score(one.before ?? undefined),
      score(one.after ?? undefined),
    ]),
  ];
  return rows.length === 0 ? '' : textTable([['against the baseline', 'was', 'is'], ...rows], 'lrr');
}

function flipsText({ flips }: BaselineChanges): string {
  const rows = flips.slice(0, SHOWN_FLIPS).map((one) => {
    const { cause } = one;
    const why = cause === null ? '–' : `${cause.kind} ${cause.what}`;
    const verdicts = [one.label, one.before ?? 'none', one.after ?? 'none'].map(printable);
    return [printable(one.capture), String(one.packet), ...verdicts, printable(why)];
  });
  return textTable([['capture', 'packet', 'truth', 'was', 'now', 'parts at'], ...rows], 'lrllll');
}

function incomparableText({ incomparable }: BaselineChanges): string[] {
  if (incomparable.length === 0) return [];
  const names = incomparable.slice(0, 5).map(({ capture, why }) => `${printable(capture)} (${why})`);
  const more = incomparable.length > 5 ? ` and ${incomparable.length - 5} more` : '';
  return [`${incomparable.length} captures cannot be compared: ${names.join(', ')}${more}`];
}

/** Empty when there is nothing to tell. */
export function baselineText(changes: BaselineChanges): string {
  const { file, status, compared, flipped, differs, unexplained } = changes;
  if (status === 'written') return `this run is the baseline now: ${file}`;
  if (status === 'missing') return `${file} holds no baseline of this run: write it with --update`;
  const others = differs.length === 0 ? '' : `; also other: ${differs.join(', ')}`;
  if (status === 'equal') {
    const figures = figuresText(changes);
    const head = `baseline: all ${count(compared)} verdicts are as recorded${others}`;
    return figures === '' ? head : `${head}\n\n${figures}`;
  }
  const head = `baseline: ${count(flipped)} of ${count(compared)} verdicts flipped, ${count(changes.gained)} to the true class, ${count(changes.lost)} away from it${others}`;
  const blocks = [head, ...incomparableText(changes), figuresText(changes)];
  if (changes.causes.length > 0) {
    const shown = changes.causes.slice(0, SHOWN_CAUSES).map(causeText);
    const rest = changes.causes.length - shown.length;
    if (rest > 0) shown.push(`  and ${rest} other places`);
    blocks.push(`where old and new part, of ${count(changes.walked)} flips walked:\n${shown.join('\n')}`);
  }
  if (unexplained !== null) blocks.push(unexplained);
  if (changes.flips.length > 0) blocks.push(flipsText(changes));
  return blocks.filter((block) => block !== '').join('\n\n');
}
