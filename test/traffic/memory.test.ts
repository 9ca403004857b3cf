import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateTraces, openDataset, parseTraceSpec } from '../../src/traffic/index.ts';
import { scratch } from './captures.ts';

const Memory = suite('memory');

const SPEC = join(import.meta.dirname, '../../traces/bench.yaml');

Memory(
  'streaming a 60 MB dataset four times over grows the process by less than 40 MiB after the first quarter',
  async () => {
    const folder = scratch('stream');
    const [written] = generateTraces(parseTraceSpec(readFileSync(SPEC, 'utf8'), SPEC), folder, { scale: 0.02 });
    const stream = await openDataset({ path: folder, split: { by: 'flow' } });
    const resident: number[] = [];
    let packets = 0;
    for (let pass = 0; pass < 4; pass++) {
      let peak = 0;
      for await (const batch of stream.batches()) {
        packets += batch.packets.count;
        peak = Math.max(peak, process.memoryUsage.rss());
        batch.release();
      }
      resident.push(peak / 2 ** 20);
    }
    assert.is(packets, 4 * written!.packets);
    const growth = Math.max(...resident) - resident[0]!;
    assert.ok(growth < 40, `${resident.map((mib) => mib.toFixed(0)).join(', ')} MiB`);
  },
);

Memory.run();
