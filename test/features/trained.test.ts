/**
 * The six models trained and compiled here, run from captures: frames → parser → registers → tables → logits must equal the compiled
 * network evaluated on windows that `offline.ts` builds from the files alone; where flows share slots, what that costs must be what a
 * replay reports.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompiledModel, compileModel } from '../../src/compiler/index.ts';
import { evaluateNetwork, frontInputs, searchLayout, type TableNetwork } from '../../src/compiler/lower/index.ts';
import { runEngine } from '../../src/engine/index.ts';
import { buildFront, type FrontOptions } from '../../src/features/index.ts';
import { type ModelDefinition, type ModelId, modelDefinition, parseOnnx, trainModel } from '../../src/model/index.ts';
import { OUTCOME_VERDICT, type Placement, type Program } from '../../src/program/index.ts';
import { replay } from '../../src/replay/index.ts';
import { chipNamed, runReference } from '../../src/switch/index.ts';
import { type FeatureRows, generateTraces, loadDataset, parseTraceSpec } from '../../src/traffic/index.ts';
import { type OfflineOptions, type OfflineRun, offlineCosts, offlineRun, readOffline } from './offline.ts';

const Trained = suite('features/trained');
const MODELS: readonly ModelId[] = ['mlp-b', 'rnn-b', 'cnn-b', 'cnn-m', 'cnn-l', 'autoencoder'];
const SLOTS = 65_536;

/** Three applications of twelve flows each over three seconds, with IPv6, VLAN tags, IPv4 options, and pauses beyond 2^16 ticks. */
const application = (name: string, i: number): string => `
  - name: ${name}
    captures: 1
    flows: 12
    seconds: 3
    udp: 0.4
    ipv6: 0.2
    vlan: 0.2
    ipOptions: 0.2
    ports: [${443 + i}]
    packets: { median: 17, spread: 0.4 }
    tos: { 0: 0.7, 8: 0.3 }
    timestamps: 0.5
    ack: 0.3
    states:
      ask:
        side: client
        size: { median: ${60 * (i + 1)}, spread: 0.5 }
        gapMs: { median: ${10 * (i + 1)}, spread: 1.2 }
        payload: "e3 ?? 0${i}"
        next: { ask: 0.4, tell: 0.57, rest: 0.03 }
      tell:
        side: server
        size: { median: ${300 * (i + 1)}, spread: 0.5 }
        gapMs: { median: 6, spread: 1.2 }
        next: { ask: 0.5, tell: 0.5 }
      rest: { side: client, size: { median: 40, spread: 0.5 }, gapMs: { low: 4300, high: 4450 }, next: { ask: 1 } }
`;
const SPEC = `name: small\nseed: 3\nsnapLength: 128\napplications:${['calls', 'files', 'video'].map(application).join('')}`;

const folder = mkdtempSync(join(tmpdir(), 'pegasim-trained-'));
generateTraces(parseTraceSpec(SPEC, 'small.yaml'), folder);
const data = await loadDataset({ path: folder, split: { by: 'flow', seed: 1 } });
const packets = readOffline(data.captures.map((file) => join(folder, file)));
const input = { kind: 'packets', packets: data.packets } as const;

function offlineOptions({ features, window, clamp }: ModelDefinition, slots: number): OfflineOptions {
  return { features, window, clamp, slots, policy: 'replace' };
}

/** A few hundred of the rows, the capture's number as the label; every fourth validates. */
function someRows({ features }: ModelDefinition, run: OfflineRun): FeatureRows {
  const all = run.row.flatMap((row, packet) => (row ? [{ row, packet }] : []));
  const some = all.filter((_, k) => k % Math.ceil(all.length / 300) === 0);
  return {
    features,
    classes: data.classes,
    count: some.length,
    values: Float64Array.from(some.flatMap(({ row }) => row)),
    label: Int16Array.from(some, ({ packet }) => packets[packet].capture),
    split: Uint8Array.from(some, (_, k) => (k % 4 === 3 ? 1 : 0)),
  };
}

interface Made extends CompiledModel {
  readonly definition: ModelDefinition;
  readonly threshold: number | undefined;
}

/** One epoch on few rows, compiled for Tofino 2. */
function make(id: ModelId, front: Partial<FrontOptions> = {}, indexBits?: number): Made {
  const definition = modelDefinition(id);
  const rows = someRows(definition, offlineRun(packets, offlineOptions(definition, SLOTS)));
  const units = { 'pkt.ipd': 65_536, 'flow.max_ipd': 65_536, 'flow.min_ipd': 65_536 };
  const { onnx, spec } = trainModel(id, rows, { epochs: 1, benign: 'calls', units });
  const compiled = compileModel({
    name: id,
    model: parseOnnx(onnx, id),
    spec,
    calibration: rows,
    chip: chipNamed('tofino2'),
    front: { slots: SLOTS, ...front },
    ...(indexBits === undefined ? {} : { strategy: { indexBits } }),
  });
  assert.ok(compiled.fits, `${id} fits Tofino 2`);
  return { ...compiled, definition, threshold: spec.threshold };
}

const known = new Map<ModelId, Made>();
function made(id: ModelId): Made {
  const one = known.get(id) ?? make(id);
  known.set(id, one);
  return one;
}

/** The compiled network's outputs and verdict on offline rows, without pipeline, rings or slots. */
function wanted(network: TableNetwork, rows: readonly number[][]): { outputs: number[][]; verdicts: number[] } {
  const { verdict } = network;
  const { values, classes } = evaluateNetwork(network, rows.flat(), rows.length);
  const size = network.values[verdict.value].size;
  const outputs = rows.map((_, r) => [...values[verdict.value].subarray(r * size, (r + 1) * size)]);
  if (verdict.kind === 'argmax') return { outputs, verdicts: [...classes] };
  return { outputs, verdicts: outputs.map(([score]) => (score > verdict.threshold! * verdict.divide ? 1 : 0)) };
}

/** Reference pipeline and engine give a verdict exactly at the offline rows, with the network's outputs. Returns those. */
async function equal(
  { program, placement }: { program: Program; placement: Placement },
  network: TableNetwork,
  offline: OfflineRun,
): Promise<ReturnType<typeof wanted>> {
  const at = offline.row.flatMap((row, packet) => (row ? [packet] : []));
  const want = wanted(
    network,
    at.map((packet) => offline.row[packet]!),
  );
  const status = program.flow === undefined ? [] : [program.flow.status];
  const width = program.verdict.logits.length;
  const runs = {
    reference: runReference(program, placement, input, { observe: status }),
    engine: await runEngine(program, placement, input, { workers: 1, observe: status }),
  };
  for (const [name, run] of Object.entries(runs)) {
    const answered = [...run.outcome.keys()].filter((i) => run.outcome[i] === OUTCOME_VERDICT);
    assert.equal(answered, at, `${name}: packets with a verdict`);
    at.forEach((packet, r) => {
      const logits = [...run.logits.subarray(packet * width, (packet + 1) * width)];
      assert.equal(logits, want.outputs[r], `${name}: packet ${packet}`);
      assert.is(run.verdict[packet], want.verdicts[r], `${name}: verdict of packet ${packet}`);
    });
    for (const field of status) assert.equal([...run.observed[field]], offline.status, `${name}: status`);
  }
  return want;
}

/** Model state in bits a flow and tables, as the full runs of the scenarios wrote them to docs/models-table.md. */
function documented(id: ModelId): number[] {
  const scenario = id === 'mlp-b' ? 'quickstart' : id;
  const row = readFileSync('docs/models-table.md', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${scenario} |`));
  const [state, , tables] = (row ?? '').split('|').slice(-4, -1).map(Number);
  return [state, tables];
}

const different = (outputs: readonly number[][]): number => new Set(outputs.map((one) => one.join())).size;

for (const id of MODELS) {
  Trained(
    `${id} on Tofino 2: captures → registers → tables → verdicts equal the network on offline windows`,
    async () => {
      const { definition, mapped, ...placed } = made(id);
      const offline = offlineRun(packets, offlineOptions(definition, SLOTS));
      const costs = offlineCosts(packets, offline, definition.window);
      assert.is(costs.restarts, 0, 'every flow keeps its slot');
      const { outputs, verdicts } = await equal(placed, mapped.fixed, offline);
      assert.is(outputs.length, costs.scored);
      assert.ok(outputs.length > 500, `${outputs.length} verdicts`);
      assert.ok(different(outputs) > 50, `${different(outputs)} different outputs`);
      assert.ok(new Set(verdicts).size > 1, 'more than one class');
      // Neither depends on what was learnt: `pegasim models` counts on it.
      assert.equal([made(id).stateBits, placed.program.tables.length], documented(id));
    },
  );

  for (const policy of ['replace', 'timeout'] as const)
    Trained(
      `${id}, 4 slots, ${policy}: who loses its slot starts again, at the cost that a replay reports`,
      async () => {
        const { definition, mapped, threshold } = made(id);
        const { features, window, clamp } = definition;
        const timeoutTicks = 1000;
        const flow = { slots: 4, policy, timeoutNs: timeoutTicks * 65_536 } as const;
        const front = buildFront({ features, window, clamp, ...flow });
        const inputs = frontInputs(front, mapped.fixed);
        const placed = searchLayout(id, mapped.fixed, front, chipNamed('unbounded'), { inputs });
        const options = { ...offlineOptions(definition, 4), policy, timeoutTicks };
        const offline = offlineRun(packets, options);
        await equal(placed, mapped.fixed, offline);
        const { scored, covered, ...costs } = offlineCosts(packets, offline, window);
        // A row model under `replace` has a verdict for every packet, from what is left of its flow.
        if (window === 1 && policy === 'replace') assert.is(covered, scored);
        else assert.ok(covered > 0 && covered < scored, `${covered} of ${scored}`);
        assert.ok(costs.restarts > 20, `${costs.restarts} restarts`);
        const spec = { features, window, verdict: threshold === undefined ? 'argmax' : 'score' } as const;
        const { result } = await replay({ dataset: data, split: 'all', workers: 1, spec, ...placed });
        const { slots: _, policy: said, mergedFlows, bitsPerFlow: _bits, ...reported } = result.slots!;
        assert.is(said, policy);
        assert.is(mergedFlows, 0);
        assert.equal(reported, costs);
        assert.is(result.scored, scored);
        assert.is(result.switch.coverage, covered / scored);
      },
    );
}

Trained(
  'cnn-l with 44 bits a flow: 4-bit indices and a clock of 16 bits, whose wrap is that of the offline gaps',
  async () => {
    const { definition, mapped, stateBits, ...placed } = make('cnn-l', { ipd: 'lean' }, 4);
    assert.is(stateBits, 44);
    const options = offlineOptions(definition, SLOTS);
    const wrapping = offlineRun(packets, { ...options, wrapBits: 16 });
    const stopping = offlineRun(packets, options);
    const apart = wrapping.row.filter((row, i) => row?.join() !== stopping.row[i]?.join()).length;
    assert.ok(apart > 10, `${apart} windows hold a gap beyond 2^16 ticks`);
    const { outputs } = await equal(placed, mapped.fixed, wrapping);
    assert.ok(different(outputs) > 20, `${different(outputs)} different outputs`);
  },
);

Trained('cnn-l-no-ipd with 28 bits a flow: 4-bit indices and no clock, equal on offline windows', async () => {
  const { definition, mapped, stateBits, ...placed } = make('cnn-l-no-ipd', {}, 4);
  assert.is(stateBits, 28);
  assert.not(placed.front.features.some(({ feature }) => feature === 'pkt.ipd'));
  const { outputs } = await equal(placed, mapped.fixed, offlineRun(packets, offlineOptions(definition, SLOTS)));
  assert.ok(different(outputs) > 20, `${different(outputs)} different outputs`);
});

Trained(
  'mlp-b with 16-bit times that wrap and 4 slots: a newcomer starts at gap 0, gaps beyond 2^16 ticks start again',
  async () => {
    const { definition, mapped } = made('mlp-b');
    const { features } = definition;
    const front = buildFront({ features, slots: 4, ipd: 'wrap' });
    const inputs = frontInputs(front, mapped.fixed);
    const placed = searchLayout('mlp-b', mapped.fixed, front, chipNamed('unbounded'), { inputs });
    const offline = offlineRun(packets, { ...offlineOptions(definition, 4), wrapBits: 16 });
    assert.ok(offlineCosts(packets, offline, 1).restarts > 20);
    await equal(placed, mapped.fixed, offline);
  },
);

Trained('autoencoder: the score over the trained threshold raises the alarm, at it or below it none', async () => {
  const { definition, mapped, threshold, program, placement } = made('autoencoder');
  const offline = offlineRun(packets, offlineOptions(definition, SLOTS));
  const { outputs, verdicts } = await equal({ program, placement }, mapped.fixed, offline);
  const [scale] = mapped.formats[mapped.fixed.verdict.value];
  const limit = Math.floor(threshold! * scale);
  assert.is(program.verdict.kind === 'score' && program.verdict.threshold, limit);
  outputs.forEach(([score], r) => {
    assert.is(verdicts[r], score > limit ? 1 : 0);
  });
  const alarms = verdicts.filter((one) => one === 1).length;
  assert.ok(alarms > 20 && alarms < verdicts.length - 20, `${alarms} of ${verdicts.length}`);
});

Trained.after(() => rmSync(folder, { recursive: true }));
Trained.run();
