/** Ctrl-C: what must end before the process does. */

import { dropPendingFiles } from '../files.ts';
import { EXIT_INTERRUPTED } from './exit.ts';
import { note } from './output.ts';

let stop: () => Promise<void> = async () => {};
let interrupted = false;

/** Run `work` on Ctrl-C before the process ends. Commands that open threads name what closes them. */
export function onInterrupt(work: () => Promise<void>): void {
  stop = work;
}

/** True once Ctrl-C was heard: what waits for a thread that it ended is no failure. */
export function wasInterrupted(): boolean {
  return interrupted;
}

/** Hear Ctrl-C: no half-written file is left, and the exit code is 130. */
export function hearInterrupts(): void {
  process.on('SIGINT', () => {
    interrupted = true;
    dropPendingFiles();
    note('\ninterrupted');
    const end = (): never => process.exit(EXIT_INTERRUPTED);
    void stop().then(end, end);
  });
}
