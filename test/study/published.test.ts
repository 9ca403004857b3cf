/**
 * `flow.windows: published` end to end (ALGORITHM §5.7): what a scenario of that name feeds to the tables is t−6 … t−1, then what the packet
 * overwrites, then t; and packets 256..263 and 512..519 of a flow have no verdict.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileModel } from '../../src/compiler/index.ts';
import { evaluateNetwork, type TableNetwork } from '../../src/compiler/lower/index.ts';
import { runEngine } from '../../src/engine/index.ts';
import { modelDefinition, parseOnnx, trainModel } from '../../src/model/index.ts';
import { OUTCOME_VERDICT } from '../../src/program/index.ts';
import { flowFront, loadScenarios, timeUnits } from '../../src/study/index.ts';
import { chipNamed, runReference } from '../../src/switch/index.ts';
import { generateTraces, parseTraceSpec, readCaptures } from '../../src/traffic/index.ts';
import { offlineRun, readOffline } from '../features/offline.ts';

const Published = suite('published windows');
const WINDOW = 8;

/** One flow of 600 packets a class. */
const application = (size: number): string => `
  - name: app-${size}
    captures: 1
    flows: 1
    udp: 1
    packets: { low: 600, high: 600 }
    states:
      ask: { side: client, size: { median: ${size}, spread: 0.9 }, gapMs: { median: 9, spread: 1.4 }, next: { ask: 0.5, tell: 0.5 } }
      tell: { side: server, size: { median: ${4 * size}, spread: 0.7 }, gapMs: { median: 5, spread: 1.4 }, next: { ask: 1 } }
`;
const folder = mkdtempSync(join(tmpdir(), 'pegasim-published-'));
const spec = `name: long\nseed: 5\napplications:${[60, 120, 240].map(application).join('')}`;
const classes = ['a', 'b', 'c'];
const files = generateTraces(parseTraceSpec(spec, 'long.yaml'), folder).map(({ file }) => join(folder, file));
const input = { kind: 'packets', packets: (await readCaptures(files)).packets } as const;
const packets = readOffline(files);

const { features, clamp } = modelDefinition('cnn-l');
const offline = { features, clamp, slots: 65_536, policy: 'replace' } as const;
/** The 60 numbers of every packet, and windows oldest first. */
const values = offlineRun(packets, { ...offline, window: 1 }).row.map((row) => row!);
const windows = offlineRun(packets, { ...offline, window: WINDOW }).row;

/** CNN-L with the published four bits a packet, after one epoch, behind the front that the scenario's flow section asks for. */
function compiled() {
  const all = windows.flatMap((row, packet) => (row && packet % 6 === 0 ? [{ row, packet }] : []));
  const rows = {
    features,
    classes,
    count: all.length,
    values: Float64Array.from(all.flatMap(({ row }) => row)),
    label: Int16Array.from(all, ({ packet }) => packets[packet].capture),
    split: new Uint8Array(all.length),
  };
  const { onnx, spec: model } = trainModel('cnn-l', rows, { epochs: 1, units: timeUnits(features, 16) });
  const scenarios = loadScenarios('scenarios/published-windows.yaml', false);
  const { flow } = scenarios.find((scenario) => scenario.flow.windows === 'published')!;
  return compileModel({
    name: 'cnn-l',
    model: parseOnnx(onnx, 'cnn-l'),
    spec: model,
    calibration: rows,
    chip: chipNamed('unbounded'),
    front: flowFront(flow),
    strategy: { indexBits: 4 },
  });
}

/** A packet whose code is 0: what a cell half holds that was never written, or was cleared. */
function zeroPacket(network: TableNetwork): number[] {
  const rows = values.map((value) => Array.from({ length: WINDOW }, () => value).flat());
  const { leaves } = evaluateNetwork(network, rows.flat(), rows.length);
  // The last packet's code is the one index that its pair of sums gives.
  const at = network.maps.findIndex(
    (map) => map.kind === 'tree' && map.trees.length === 1 && map.output === network.verdict.value,
  );
  const codes = leaves[at]!;
  const zero = codes.indexOf(0);
  assert.ok(zero >= 0, 'a packet with code 0');
  assert.ok(new Set(codes).size > 4, `${new Set(codes).size} different codes`);
  return values[zero];
}

/** The published window of the packet with number `t` (from 1) of its flow, whose packets have these values. */
function publishedWindow(flow: readonly number[][], t: number, zero: number[]): number[] {
  const before = [6, 5, 4, 3, 2, 1].map((age) => flow[t - 1 - age]);
  const overwritten = t % 2 === 0 && t > 8 ? flow[t - 9] : zero;
  return [...before, overwritten, flow[t - 1]].flat();
}

Published(
  'a scenario with windows: published feeds t−6 … t−1, X, t and is silent at 256..263 and 512..519',
  async () => {
    const { program, placement, mapped } = compiled();
    const zero = zeroPacket(mapped.fixed);
    const numbers = packets.map(({ capture }, i) => i - packets.findIndex((one) => one.capture === capture) + 1);
    const flows = [0, 1, 2].map((capture) => values.filter((_, i) => packets[i].capture === capture));
    const silent = (t: number): boolean => t < 8 || (t >= 256 && t <= 263) || (t >= 512 && t <= 519);
    const want = [...packets.keys()].filter((i) => !silent(numbers[i]));
    const rows = want.map((i) => publishedWindow(flows[packets[i].capture], numbers[i], zero));
    const logits = evaluateNetwork(mapped.fixed, rows.flat(), rows.length).values[mapped.fixed.verdict.value];
    const right = want.map((i) => windows[i]!);
    const rightLogits = evaluateNetwork(mapped.fixed, right.flat(), right.length).values[mapped.fixed.verdict.value];
    const width = program.verdict.logits.length;
    const runs = [runReference(program, placement, input), await runEngine(program, placement, input, { workers: 1 })];
    for (const run of runs) {
      assert.equal(
        [...run.outcome.keys()].filter((i) => run.outcome[i] === OUTCOME_VERDICT),
        want,
      );
      want.forEach((i, r) => {
        const got = [...run.logits.subarray(i * width, (i + 1) * width)];
        assert.equal(got, [...logits.subarray(r * width, (r + 1) * width)], `packet ${numbers[i]}`);
      });
    }
    const other = want.filter((_, r) => logits[r * width] !== rightLogits[r * width]).length;
    assert.ok(other > want.length / 2, `${other} of ${want.length} windows differ from the ones in order`);
  },
);

Published.after(() => rmSync(folder, { recursive: true }));
Published.run();
