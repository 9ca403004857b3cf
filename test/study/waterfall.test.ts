/** The waterfall's ends meet the float reference and the pipeline; without collisions the fixed-point step is the pipeline. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCache } from '../../src/study/cache.ts';
import { rocPoints } from '../../src/study/curves.ts';
import { runScenario } from '../../src/study/run.ts';
import type { Scenario } from '../../src/study/scenario.ts';
import { generateTraces, parseTraceSpec } from '../../src/traffic/index.ts';

const Waterfall = suite('loss waterfall');
const folder = mkdtempSync(join(tmpdir(), 'pegasim-waterfall-'));
const data = join(folder, 'data');
const spec = new URL('../../traces/p2p.yaml', import.meta.url);
generateTraces(
  parseTraceSpec(readFileSync(spec, 'utf8').replace(/seconds: *[\d.]+/g, 'seconds: 1'), 'p2p.yaml'),
  data,
  { scale: 0.1 },
);

function scenario(slots: number): Scenario {
  return {
    name: 'small',
    dataset: {
      path: data,
      labelColumn: 'class',
      split: { by: 'flow', seed: 1, train: 0.5, validation: 0.2, test: 0.3 },
    },
    model: { train: 'mlp-b', seed: 1, epochs: 4 },
    compile: {
      strategy: 'published',
      leaves: 8,
      refit: false,
      softmax: false,
      fineTune: false,
      snap: false,
      width: 16,
      maxRows: 300,
    },
    target: 'unbounded',
    flow: { slots, policy: 'replace', symmetric: true, tickBits: 16 },
    replay: { split: 'test', state: 'perCapture', workers: 1, acceptDamage: false },
    expect: [],
  };
}

const cache = openCache(undefined);

for (const slots of [2, 65536]) {
  Waterfall(`with ${slots} slots the first step is the float reference and the last the pipeline`, async () => {
    const { result } = await runScenario(scenario(slots), { cache });
    const { steps = [], packets } = result.waterfall ?? {};
    assert.equal(
      steps.map(({ id }) => id),
      ['ideal', 'features', 'fuzzy', 'fixed', 'switch'],
    );
    const { float, switch: ours } = result.replay;
    assert.is(steps[0].macroF1, float?.packets.macroF1);
    assert.equal(
      steps[0].perClass,
      float?.packets.perClass.map(({ f1 }) => f1),
    );
    assert.is(steps[4].macroF1, ours.packets.macroF1);
    assert.equal(
      steps[4].perClass,
      ours.packets.perClass.map(({ f1 }) => f1),
    );
    assert.is(packets, result.replay.scored);
    if (slots === 2) assert.ok(steps[4].flipped > 0, 'collisions change verdicts');
    else assert.is(steps[4].flipped, 0);
    const counted = (result.curves?.byPosition ?? []).reduce((sum, one) => sum + one.packets, 0);
    assert.is(counted, result.replay.scored);
  });
}

Waterfall('a state in registers is a step of its own; with 2 slots the last step shows what flows lost', async () => {
  for (const slots of [2, 65536]) {
    const { model, ...rest } = scenario(slots);
    const own = { ...rest, model: { ...model, train: 'rnn-b-register' as const, epochs: 6 } };
    const { result } = await runScenario(own, { cache });
    const { steps = [], packets } = result.waterfall ?? {};
    assert.equal(
      steps.map(({ id }) => id),
      ['ideal', 'features', 'state', 'fuzzy', 'fixed', 'switch'],
    );
    assert.is(packets, result.replay.scored);
    assert.is(steps[0].macroF1, result.replay.float?.packets.macroF1);
    assert.is(steps[5].macroF1, result.replay.switch.packets.macroF1);
    // Eight registers of 255 steps: few verdicts are that close.
    assert.ok(steps[2].flipped < 0.03 * (packets ?? 0), `${steps[2].flipped} of ${packets} verdicts`);
    assert.ok(slots === 2 ? steps[5].flipped > 0 : steps[5].flipped === 0);
    // 64 bits of state and the clock; the owner's hash beside them.
    assert.equal([result.compile.stateBits, result.figures.bitsPerFlow], [96, 128]);
  }
});

Waterfall('a perfect score has a ROC through (0, 1); equal scores are one point', () => {
  assert.equal(rocPoints([4, 3, 2, 1], [1, 1, 0, 0]).slice(-1)[0], [1, 1]);
  assert.ok(rocPoints([4, 3, 2, 1], [1, 1, 0, 0]).some(([x, y]) => x === 0 && y === 1));
  assert.equal(rocPoints([1, 1], [1, 0]), [
    [0, 0],
    [1, 1],
  ]);
});

Waterfall.after(() => rmSync(folder, { recursive: true }));
Waterfall.run();
