import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { frontInputs, searchLayout } from '../../src/compiler/lower/index.ts';
import { evaluateTableModel, readTableModel, tableModelNetwork } from '../../src/compiler/tablemodel/index.ts';
import { buildFront, FLOW, idealFeatures, packetRows } from '../../src/features/index.ts';
import { OUTCOME_VERDICT } from '../../src/program/index.ts';
import { chipNamed, runReference } from '../../src/switch/index.ts';
import { dataset, type FrameSpec } from './frames.ts';

const EndToEnd = suite('features/endtoend');
const GOLDEN = '../shared/golden';
const MODELS = ['mlp', 'rnn', 'cnnb', 'cnnm', 'cnnl', 'autoencoder'];
const TICK = 65_536;

/** Six flows of 6 to 40 packets, interleaved, in both directions, TCP and UDP, gaps of whole ticks. */
function traffic(): FrameSpec[] {
  const start = Math.floor(1.7e18 / TICK) * TICK;
  const specs: FrameSpec[] = [];
  let tick = 0;
  for (let i = 0; i < 150; i++) {
    const flow = (i * 7 + (i >> 3)) % 6;
    if (flow === 5 && i > 40) continue;
    const back = i % 4 === 1;
    tick += (i * i * 31) % 97;
    specs.push({
      at: start + tick * TICK,
      proto: flow % 2 === 0 ? 6 : 17,
      src: back ? '10.0.0.2' : '10.0.0.1',
      dst: back ? '10.0.0.1' : '10.0.0.2',
      sport: back ? 443 : 5000 + flow,
      dport: back ? 5000 + flow : 443,
      tos: (flow * 8) & 255,
      payload: (i * 131) % 1400,
      dataOffset: 5 + (i % 4),
    });
  }
  return specs;
}

for (const id of MODELS)
  EndToEnd(`${id}: frames → registers → tables → logits equal the model on windows built offline`, () => {
    const path = `${GOLDEN}/${id}-CICIOT2022`;
    if (!existsSync(path)) {
      console.log(`SKIP ${path} is not here`);
      return;
    }
    const model = readTableModel(path);
    const network = tableModelNetwork(model);
    const { features, clamp } = model.input;
    const clamps = Object.fromEntries(features.map((name, f) => [name, clamp?.[f] ?? 2 ** 32 - 1]));
    const front = buildFront({ features, window: network.window, clamp: clamps });
    const { program, placement } = searchLayout(id, network, front, chipNamed('unbounded'), {
      inputs: frontInputs(front, network),
    });
    const data = dataset(traffic());
    const input = { kind: 'packets', packets: data.packets } as const;
    const run = runReference(program, placement, input, { observe: [FLOW.status] });
    // The model's unit of time is taken as a tick: only the windows matter here.
    const ideal = idealFeatures(data, features, { clamp: clamps });
    const rows = packetRows(data, features, ideal, { window: network.window });
    const want = evaluateTableModel(model, rows.values, rows.count);
    const logits = want.vectors.get(model.verdict.of) as Int32Array;
    const width = program.verdict.logits.length;
    assert.ok(rows.count > 90, `${rows.count} rows`);
    for (let r = 0; r < rows.count; r++) {
      const got = [...run.logits.subarray(rows.packet[r] * width, (rows.packet[r] + 1) * width)];
      assert.equal(got, [...logits.subarray(r * width, (r + 1) * width)], `row ${r}, packet ${rows.packet[r]}`);
    }
    const verdicts = run.outcome.reduce((sum, outcome) => sum + (outcome === OUTCOME_VERDICT ? 1 : 0), 0);
    assert.is(verdicts, rows.count);
  });

EndToEnd.run();
