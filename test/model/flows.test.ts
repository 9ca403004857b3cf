/** Models whose state lives for the whole flow: what they learn, that they learn it alike each time, and what ONNX Runtime makes of them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openReference, parseOnnx, readModelSpec, trainModel } from '../../src/model/index.ts';
import { flowRuns, runsOf, STEPS } from '../../src/model/training/flows.ts';
import { ProblemError } from '../../src/problem.ts';
import { floatVerdicts } from '../../src/replay/index.ts';
import type { FeatureRows } from '../../src/traffic/index.ts';
import { plainState } from '../compiler/state/plain.ts';

const Flows = suite('training on flows');

/** Flows of 5 to 44 packets, interleaved. Only the first packet's length shows the class; all others are alike. */
function flowRows(flows: number): FeatureRows & { readonly flow: Int32Array } {
  const left = Array.from({ length: flows }, (_, f) => 5 + ((f * 17) % 40));
  const flow: number[] = [];
  const seen = new Set<number>();
  const values: number[] = [];
  while (left.some((packets) => packets > 0)) {
    for (let f = 0; f < flows; f++) {
      if (left[f]-- <= 0) continue;
      values.push(seen.has(f) ? 700 : 100 + 500 * (f % 3), seen.has(f) ? 20 : 0);
      seen.add(f);
      flow.push(f);
    }
  }
  return {
    features: ['pkt.len', 'pkt.ipd'],
    classes: ['a', 'b', 'c'],
    count: flow.length,
    values: Float64Array.from(values),
    label: Int16Array.from(flow, (f) => f % 3),
    split: Uint8Array.from(flow, (f) => (f % 4 === 3 ? 1 : 0)),
    flow: Int32Array.from(flow),
  };
}

Flows(
  'what only the first packet shows is still known at the last: 57 of 60 flows of up to 44 packets, by ONNX Runtime',
  async () => {
    const rows = flowRows(60);
    const trained = trainModel('rnn-b-register', rows, { epochs: 25, patience: 25, batch: 4, learningRate: 5e-3 });
    const spec = readModelSpec(parseOnnx(trained.onnx), 'none.onnx');
    assert.equal(spec.state, { input: 'state', output: 'next_state' });
    const reference = await openReference(trained.onnx, { state: spec.state! });
    const { verdict } = await floatVerdicts(reference, spec, rows);
    await reference.close();
    const last = [...new Set(rows.flow)].map((f) => rows.flow.lastIndexOf(f));
    const right = last.filter((i) => verdict[i] === rows.label[i]).length;
    assert.ok(right >= 57, `${right} of ${last.length}`);
  },
);

Flows('stepping ONNX Runtime along interleaved flows gives what plain loops give, to 1e-4', async () => {
  const rows = flowRows(20);
  const { onnx } = trainModel('rnn-b-register', rows, { epochs: 1 });
  const model = parseOnnx(onnx);
  const plain = plainState(model);
  const reference = await openReference(onnx, { state: { input: 'state', output: 'next_state' } });
  const { outputs } = await floatVerdicts(reference, { verdict: 'argmax' }, rows);
  await reference.close();
  const states = new Map<number, number[]>();
  for (let i = 0; i < rows.count; i++) {
    const before = states.get(rows.flow[i]) ?? new Array(plain.units).fill(0);
    const after = plain.next(before, rows.values[2 * i], rows.values[2 * i + 1]);
    states.set(rows.flow[i], after);
    plain.logits(after).forEach((wanted, c) => {
      assert.ok(Math.abs(outputs[3 * i + c] - wanted) < 1e-4, `row ${i}, class ${c}`);
    });
  }
});

Flows('the same seed gives the same bytes, another seed others', () => {
  const rows = flowRows(30);
  const [a, b, c] = [1, 1, 2].map((seed) => trainModel('rnn-b-register', rows, { seed, epochs: 2 }).onnx);
  assert.equal(a, b);
  assert.not.equal(a, c);
});

Flows('runs are 16 consecutive packets of a flow, those without a training row left out', () => {
  const flows = [Int32Array.from({ length: 40 }, (_, i) => 2 * i), Int32Array.of(1, 3, 5)];
  const runs = runsOf(flows, Int32Array.of(2, 78), 100);
  assert.equal(
    runs.map((run) => [run[0], run.length]),
    [
      [0, STEPS],
      [64, 8],
    ],
  );
});

Flows('runs, their labels and the rows before are found once for all epochs: training rows alone are used', () => {
  const rows = flowRows(8);
  const split = (part: number) => Int32Array.from(rows.split.keys()).filter((row) => rows.split[row] === part);
  const { flows, runs, label, used, before } = flowRuns(rows, { train: split(0), validation: split(1) });
  assert.is(flows.length, 8);
  assert.equal(
    used,
    Uint8Array.from(rows.split, (part) => 1 - part),
  );
  runs.forEach((run, r) => {
    assert.is(label[r], rows.flow[run[0]] % 3);
    assert.is(rows.split[run[0]], 0);
  });
  before.forEach((row, i) => {
    assert.is(row, rows.flow.subarray(0, i).lastIndexOf(rows.flow[i]), `row ${i}`);
  });
});

Flows('rows that do not say their flow are refused', () => {
  const { flow: _flow, ...rows } = flowRows(10);
  assert.throws(
    () => trainModel('rnn-b-register', rows),
    (error: unknown) => error instanceof ProblemError && error.problem.code === 'MODEL-ROWS',
  );
});

Flows.run();
