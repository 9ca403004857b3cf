import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { randomProgram } from './arbitrary.ts';
import { bitwiseCrc32, runNaive } from './naive.ts';
import { randomFrames } from './packets.ts';

const Naive = suite('program/naive');

Naive('crc32 of "123456789" is the check value cbf43926', () => {
  assert.is(bitwiseCrc32([...'123456789'].map((one) => one.charCodeAt(0))), 0xcbf43926);
});

Naive('30 random programs over 60 random frames reach all five outcomes', () => {
  const outcomes = new Set<number>();
  const verdicts = new Set<number>();
  for (let seed = 0; seed < 30; seed++) {
    const program = randomProgram(seed, { size: 6 });
    const result = runNaive(program, { kind: 'packets', packets: randomFrames(seed, 60) });
    for (const one of result.outcome) outcomes.add(one);
    for (const one of result.verdict) verdicts.add(one);
  }
  assert.equal([...outcomes].sort(), [0, 1, 2, 3, 4]);
  assert.ok(verdicts.size > 8);
});

Naive.run();
