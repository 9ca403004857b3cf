/** Captures of any size through an engine: one batch runs while the next is read, and no more than that is held. */

import type { FrameColumns, RunColumns } from '../program/index.ts';
import type { Engine } from './run.ts';

/** Takes the results of one batch; the next batch waits for it. */
export type TakeResults<Batch> = (results: RunColumns, batch: Batch) => void | Promise<void>;

/**
 * Feeds batches in order; registers carry over from one to the next. Returns the packets run. An error of the source, of a
 * worker or of `take` ends the stream with that error. The caller closes the engine.
 */
export async function streamEngine<Batch extends FrameColumns>(
  engine: Pick<Engine, 'feed'>,
  batches: AsyncIterable<Batch>,
  take: TakeResults<Batch>,
): Promise<number> {
  const source = batches[Symbol.asyncIterator]();
  let packets = 0;
  let coming = source.next();
  try {
    for (let batch = await coming; !batch.done; batch = await coming) {
      coming = source.next();
      // Its error is met at the next turn; until then it must not count as unhandled.
      coming.catch(() => {});
      const results = await engine.feed({ kind: 'packets', packets: batch.value });
      await take(results, batch.value);
      packets += batch.value.count;
    }
  } finally {
    await source.return?.();
  }
  return packets;
}
