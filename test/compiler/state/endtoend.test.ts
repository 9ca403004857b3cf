/**
 * A state in registers from frames to verdicts: the placed pipeline and the engine give what plain loops over each slot's packets and the
 * table network give, and with a slot for every flow what the float cell gives, on whole flows.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileModel, evaluateMapped, splitState } from '../../../src/compiler/index.ts';
import { runEngine } from '../../../src/engine/index.ts';
import { FLOW, idealFeatures, packetRows } from '../../../src/features/index.ts';
import { type ModelSpec, parseOnnx } from '../../../src/model/index.ts';
import { validateProgram } from '../../../src/program/index.ts';
import { chipNamed, chipRules, runReference } from '../../../src/switch/index.ts';
import { dataset, type FrameSpec } from '../../features/frames.ts';
import { randomModel } from '../primitives/six-models.ts';
import { plainState } from './plain.ts';

const EndToEnd = suite('compiler/state end to end');
const TICK = 65_536;
const CLAMP = { 'pkt.len': 1500, 'pkt.ipd': 2560 };

const SPEC: ModelSpec = {
  features: ['pkt.len', 'pkt.ipd'],
  window: 1,
  classes: ['a', 'b', 'c'],
  units: {},
  clamp: CLAMP,
  verdict: 'argmax',
  state: { input: 'state', output: 'next_state' },
};

/** Five flows, 40 to 80 packets each, both directions, gaps of whole ticks up to the clamp. */
function traffic(): FrameSpec[] {
  let tick = 2 ** 34;
  return Array.from({ length: 300 }, (_, i): FrameSpec => {
    const flow = (i * i + (i >> 2)) % 5;
    const back = i % 3 === 1;
    tick += (i * i * 31) % 700;
    const [client, server] = [5000 + flow, 443];
    return {
      at: tick * TICK,
      proto: flow % 2 === 0 ? 6 : 17,
      src: back ? '10.0.0.2' : '10.0.0.1',
      dst: back ? '10.0.0.1' : '10.0.0.2',
      sport: back ? server : client,
      dport: back ? client : server,
      payload: (i * 131) % 1400,
    };
  });
}

const data = dataset(traffic());
const { onnx } = randomModel('rnn-b-register');
const model = parseOnnx(onnx);

function compiled(slots: number, policy: 'replace' | 'keep') {
  const { cell, clamp, spec } = splitState(model, SPEC);
  const registers = packetRows(data, spec.features, idealFeatures(data, spec.features, { state: cell, clamp }), {
    unlabelled: true,
  });
  return compileModel({
    name: 'state',
    model,
    spec: SPEC,
    calibration: { ...registers, label: registers.label.map((_, i) => i % 3) },
    chip: chipNamed('tofino2'),
    front: { slots, policy },
    strategy: { leaves: 8, refit: false },
  });
}

for (const [slots, policy] of [
  [65_536, 'replace'],
  [2, 'replace'],
  [2, 'keep'],
] as const) {
  EndToEnd(
    `${slots} slots, ${policy}: pipeline and engine equal plain loops and the table network on 300 packets`,
    async () => {
      const { program, placement, fits, mapped } = compiled(slots, policy);
      assert.ok(fits);
      assert.equal(validateProgram(program, chipRules(chipNamed('tofino2'))), []);
      const observe = [FLOW.slot, FLOW.status, 'meta.pkt_len', 'meta.pkt_ipd'];
      const input = { kind: 'packets', packets: data.packets } as const;
      const run = runReference(program, placement, input, { observe });
      const fast = await runEngine(program, placement, input, { observe, workers: 1 });
      assert.equal([...fast.verdict], [...run.verdict]);
      assert.equal([...fast.logits], [...run.logits]);
      const { cell } = splitState(model, SPEC);
      const [length, gap] = cell.tables;
      const states = new Map<number, number[]>();
      const [slot, status, len, ipd] = observe.map((name) => run.observed[name]);
      let lost = 0;
      for (let i = 0; i < data.packets.count; i++) {
        if (status[i] === 3) {
          assert.is(run.verdict[i], -1);
          lost++;
          continue;
        }
        if (status[i] === 2) lost++;
        const before = status[i] === 0 ? states.get(slot[i])! : new Array(cell.units).fill(cell.start);
        const after = before.map((value: number, unit) => {
          const sum = value + length.values[len[i] * cell.units + unit] + gap.values[ipd[i] * cell.units + unit];
          return Math.max(-128, Math.min(127, sum));
        });
        states.set(slot[i], after);
        const values = after.map((value) => value + 128);
        const { classes } = evaluateMapped(mapped, { count: 1, values }, { fixedPoint: true });
        assert.is(run.verdict[i], classes[0], `packet ${i}`);
      }
      assert.ok(slots > 2 ? lost === 0 : lost > 20, `${lost} packets lost their flow's state`);
    },
  );
}

EndToEnd('with a slot for every flow the registers follow the float state over whole flows of 40 to 80 packets', () => {
  const { cell, clamp, spec } = splitState(model, SPEC, { bits: 16 });
  const registers = idealFeatures(data, spec.features, { state: cell, clamp });
  const [length, gap] = idealFeatures(data, SPEC.features, { clamp: CLAMP });
  const plain = plainState(model);
  const states = new Map<number, number[]>();
  const step = 4 / 65_535;
  data.decoded.flow.forEach((flow, i) => {
    const after = plain.next(states.get(flow) ?? new Array(plain.units).fill(0), length[i], gap[i]);
    states.set(flow, after);
    after.forEach((value, unit) => {
      assert.ok(Math.abs(registers[unit][i] * step - 2 - value) < 100 * step, `packet ${i}, unit ${unit}`);
    });
  });
});

EndToEnd.run();
