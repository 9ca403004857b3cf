/** Verdicts of a stream of packets as CSV, in bounded memory. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { dropSibling, failFile, pendingSibling, settleFile } from '../files.ts';
import { OUTCOME_VERDICT, type RunColumns, type Verdict } from '../program/index.ts';
import type { PacketColumns } from '../traffic/index.ts';

/** Verdicts being written. */
export interface VerdictFile {
  readonly append: (results: RunColumns, batch: PacketColumns) => void;
  readonly finish: () => void;
  /** Removes what was written, unless finished. */
  readonly drop: () => void;
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    return failFile('FILE-WRITE', path, 'cannot be written', error);
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Opens a CSV of `capture,packet,verdict` (or `score`), one line per packet with a verdict, for as many batches as come. Lines go to a
 * temporary sibling, which gets its name once whole.
 * @throws ProblemError FILE-WRITE
 */
export function openVerdictFile(path: string, captures: readonly string[], verdict: Verdict): VerdictFile {
  const temporary = pendingSibling(path);
  let file: number | undefined = guarded(path, () => openSync(temporary, 'w'));
  const name = (results: RunColumns, i: number): string => {
    if (verdict.kind === 'argmax') return quoted(verdict.classes[results.verdict[i]] ?? String(results.verdict[i]));
    return String(results.logits[i * Math.max(1, results.logits.length / results.count)]);
  };
  const write = (text: string) => guarded(path, () => file !== undefined && writeSync(file, text));
  write(`capture,packet,${verdict.kind === 'argmax' ? 'verdict' : 'score'}\n`);
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    append: (results, batch) => {
      const lines: string[] = [];
      for (let i = 0; i < results.count; i++) {
        if (results.outcome[i] !== OUTCOME_VERDICT) continue;
        lines.push(`${quoted(captures[batch.capture[i]])},${batch.packetNumber[i]},${name(results, i)}\n`);
      }
      if (lines.length > 0) write(lines.join(''));
    },
    finish: () => {
      close();
      guarded(path, () => settleFile(temporary, path));
    },
    drop: () => {
      if (file === undefined) return;
      close();
      dropSibling(temporary);
    },
  };
}
