/** Progress on stderr: a bar once a step has lasted longer than half a second, nothing when piped. */

import cliProgress from 'cli-progress';
import type { Progress } from '../problem.ts';

export interface ProgressDisplay {
  readonly report: Progress;
  /** Take the bar away; call before printing and at the end. */
  stop(): void;
}

const SILENT: ProgressDisplay = { report: () => {}, stop: () => {} };
const PATIENCE_MS = 500;

/** @param quiet never show anything (`--quiet`, `--json` keeps progress since it is on stderr). */
export function progressDisplay(quiet = false): ProgressDisplay {
  if (quiet || !process.stderr.isTTY) return SILENT;
  const bar = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      format: '{what} {bar} {percentage}% {rate} {left}',
      hideCursor: true,
      clearOnComplete: true,
    },
    cliProgress.Presets.shades_classic,
  );
  let current = '';
  let since = performance.now();
  let shown = false;
  const stop = (): void => {
    if (shown) bar.stop();
    shown = false;
  };
  return {
    stop,
    report(what, done, total) {
      const now = performance.now();
      if (what !== current) {
        stop();
        current = what;
        since = now;
      }
      if (now - since < PATIENCE_MS) return;
      const perSecond = done / ((now - since) / 1000);
      const rate = done > 1000 ? `${formatRate(perSecond)}/s` : '';
      const left = total !== undefined && done > 0 ? `ETA ${formatSeconds((total - done) / perSecond)}` : '';
      if (!shown) bar.start(total ?? done, done, { what, rate, left });
      shown = true;
      bar.setTotal(total ?? Math.max(done, 1));
      bar.update(done, { what, rate, left });
    },
  };
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(Math.max(0, seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.ceil(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}

function formatRate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(1)} k` : perSecond.toFixed(0);
}
