/** Running: streams equal whole runs, failures end the run with their error, plans explain themselves. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openEngine, runEngine, streamEngine } from '../../src/engine/index.ts';
import type { FrameColumns } from '../../src/program/index.ts';
import { chipNamed, placeProgram } from '../../src/switch/index.ts';
import { randomProgram } from '../program/arbitrary.ts';
import { randomFrames } from '../program/packets.ts';

const Run = suite('engine run');
const program = randomProgram(1, { size: 8, shardable: true });
const { placement } = placeProgram(program, chipNamed('unbounded'));
const observe = program.fields.map((field) => field.name);

/** Packets in batches of `size`, columns copied so that each stands alone. */
async function* batchesOf(packets: FrameColumns, size: number): AsyncGenerator<FrameColumns> {
  for (let from = 0; from < packets.count; from += size) {
    const to = Math.min(packets.count, from + size);
    const cut = (column: Uint32Array) => column.slice(from, to);
    yield {
      count: to - from,
      bytes: packets.bytes,
      offset: cut(packets.offset),
      capLen: cut(packets.capLen),
      origLen: cut(packets.origLen),
      seconds: cut(packets.seconds),
      nanos: cut(packets.nanos),
      capture: cut(packets.capture),
    };
  }
}

for (const workers of [1, 2]) {
  Run(`a stream of batches of 333 packets equals one run, ${workers} workers`, async () => {
    const packets = randomFrames(7, 2000, 3);
    const whole = await runEngine(program, placement, { kind: 'packets', packets }, { workers: 1, observe });
    const engine = openEngine(program, placement, 333, undefined, { workers, observe });
    const verdicts: number[] = [];
    const outcomes: number[] = [];
    const count = await streamEngine(engine, batchesOf(packets, 333), ({ verdict, outcome }) => {
      verdicts.push(...verdict);
      outcomes.push(...outcome);
    });
    await engine.close();
    assert.is(count, 2000);
    assert.equal(verdicts, [...whole.verdict]);
    assert.equal(outcomes, [...whole.outcome]);
  });
}

for (const workers of [1, 2]) {
  Run(`a failing task ends the run with its error, ${workers} workers`, async () => {
    const packets = randomFrames(7, 500);
    const cut = { ...packets, bytes: packets.bytes.slice(0, 1000) };
    try {
      await runEngine(program, placement, { kind: 'packets', packets: cut }, { workers });
      assert.unreachable('the run ended well');
    } catch (error) {
      assert.match((error as Error).message, /lies outside the bytes given/);
    }
  });
}

Run(
  'one worker of three fails while two wait for it: the run ends with its error, and the engine runs on',
  async () => {
    const packets = randomFrames(7, 900);
    const last = packets.offset[899] + packets.capLen[899];
    const cut = { ...packets, bytes: packets.bytes.slice(0, last - 1) };
    const engine = openEngine(program, placement, 900, undefined, { workers: 3, observe });
    try {
      for (let turn = 0; turn < 2; turn++) {
        try {
          await engine.feed({ kind: 'packets', packets: cut });
          assert.unreachable('the run ended well');
        } catch (error) {
          assert.match((error as Error).message, /frame of packet 899 lies outside the bytes given/);
        }
      }
      const results = await engine.feed({ kind: 'packets', packets: randomFrames(8, 300) });
      assert.is(results.count, 300);
    } finally {
      await engine.close();
    }
  },
);

Run('no packets: empty columns', async () => {
  const results = await runEngine(program, placement, { kind: 'packets', packets: randomFrames(1, 0) }, { workers: 2 });
  assert.is(results.count, 0);
  assert.is(results.verdict.length, 0);
});

Run('registers of 64 MiB for 100 workers are refused with a code', () => {
  const registers = program.registers.map((register) => ({ ...register, size: 1 << 24 }));
  try {
    openEngine({ ...program, registers }, placement, 1000, undefined, { workers: 100 });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { problem: { code: string } }).problem.code, 'RUN-MEMORY');
  }
});

Run('400 workers are refused with a code', async () => {
  try {
    await runEngine(program, placement, { kind: 'packets', packets: randomFrames(1, 1) }, { workers: 400 });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { problem: { code: string } }).problem.code, 'RUN-WORKERS');
  }
});

Run('the plan names each keyed table, the phases and how packets are shared out; twice the same', async () => {
  const engine = openEngine(program, placement, 100, undefined, { workers: 1 });
  const text = engine.explain();
  await engine.close();
  for (const table of program.tables) if (table.entries.count > 0) assert.match(text, `  ${table.name}: `);
  assert.match(text, /phases:/);
  assert.match(text, /packets: /);
  const again = openEngine(program, placement, 100, undefined, { workers: 1 });
  assert.is(again.explain(), text);
});

Run.run();
