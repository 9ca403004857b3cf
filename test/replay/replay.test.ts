/** A replay of generated captures: every packet is accounted for, the same packets are scored on both sides, any worker count. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureProgram } from '../../src/features/index.ts';
import type { FloatReference } from '../../src/model/index.ts';
import type { Program } from '../../src/program/index.ts';
import { replay, selectPackets } from '../../src/replay/index.ts';
import { chipNamed, placeProgram } from '../../src/switch/index.ts';
import { type Dataset, generateTraces, loadDataset, parseTraceSpec } from '../../src/traffic/index.ts';

const Replay = suite('replay');
const features = ['ip.total_len', 'flow.max_len'];

/** A small dataset from the shipped spec. */
async function smallDataset(folder: string): Promise<Dataset> {
  const spec = new URL('../../traces/p2p.yaml', import.meta.url);
  generateTraces(parseTraceSpec(readFileSync(spec, 'utf8'), 'p2p.yaml'), folder, { scale: 0.1 });
  return loadDataset({ path: folder, split: { by: 'flow', seed: 1, fractions: [0.5, 0.2, 0.3] } });
}

/** Feature-only program whose class is bit 9 of the IP length: no table needed. */
function lengthProgram(classes: readonly string[]): Program {
  const program = featureProgram(features, { slots: 2 });
  const length = program.features[0].field;
  return {
    ...program,
    verdict: {
      kind: 'argmax',
      class: 'meta.flow_status',
      logits: [{ field: length, low: 0, bits: 16, signed: false }],
      classes,
    },
  };
}

/** Says class 0 for every row. */
const CONSTANT: FloatReference = {
  package: 'constant',
  version: '1',
  threads: 1,
  output: 'logits',
  run: async (_rows, count) => new Float32Array(count * 3).map((_, i) => (i % 3 === 0 ? 1 : 0)),
  close: async () => {},
};

const folder = mkdtempSync(join(tmpdir(), 'pegasim-replay-'));
const dataset = await smallDataset(folder);
const program = lengthProgram(dataset.classes);
const { placement } = placeProgram(program, chipNamed('unbounded'));
const spec = { features, window: 1, verdict: 'argmax' } as const;

Replay('every packet that goes in comes out with one of five outcomes', async () => {
  const { result } = await replay({ dataset, program, placement, spec, workers: 1 });
  const { packets, verdict, noVerdict, unparsed, truncated, short } = result.outcomes;
  assert.is(packets, verdict + noVerdict + unparsed + truncated + short);
  assert.is(packets + result.otherSplits, dataset.packets.count);
});

Replay('switch and float score the same packets; the confusion matrices sum to them', async () => {
  const { result, verdicts } = await replay({ dataset, program, placement, spec, reference: CONSTANT, workers: 1 });
  const sum = (matrix: readonly (readonly number[])[]) => matrix.flat().reduce((total, n) => total + n, 0);
  assert.is(sum(result.switch.packets.confusion), result.scored);
  assert.is(sum(result.float!.packets.confusion), result.scored);
  assert.is(verdicts.count, result.scored);
  assert.is(result.float!.coverage, 1);
  assert.is(result.float!.packets.perClass[0].recall, 1);
  assert.ok(verdicts.flow.every((flow) => dataset.flowSplit[flow] === 2));
});

Replay('2 slots: flows that take a slot over are counted, and the statuses add up', async () => {
  const { result } = await replay({ dataset, program, placement, spec, workers: 1 });
  const slots = result.slots!;
  assert.ok(slots.taken > 0);
  assert.is(slots.owner + slots.first + slots.taken + slots.foreign, result.outcomes.verdict);
  assert.is(slots.slots, 2);
});

Replay('the result is plain JSON and the same for one and for three workers', async () => {
  const one = await replay({ dataset, program, placement, spec, reference: CONSTANT, workers: 1 });
  const three = await replay({ dataset, program, placement, spec, reference: CONSTANT, workers: 3 });
  assert.equal(JSON.parse(JSON.stringify(one.result)), JSON.parse(JSON.stringify(three.result)));
});

Replay('a split without flows is refused by name', () => {
  const none = { ...dataset, flowSplit: dataset.flowSplit.map(() => 0) };
  try {
    selectPackets(none, 'test');
    assert.unreachable();
  } catch (error) {
    assert.is((error as { problem: { code: string } }).problem.code, 'RUN-SPLIT-EMPTY');
  }
});

Replay.after(() => rmSync(folder, { recursive: true }));
Replay.run();
