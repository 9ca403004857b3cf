/** The anomaly threshold: chosen on validation scores, written into the model, the same for float and switch. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileModel, evaluateMapped } from '../../src/compiler/index.ts';
import { createRandom } from '../../src/model/autodiff/index.ts';
import {
  chooseThreshold,
  modelDefinition,
  openReference,
  parseOnnx,
  readModelSpec,
  trainModel,
} from '../../src/model/index.ts';
import { floatVerdicts } from '../../src/replay/index.ts';
import { chipNamed } from '../../src/switch/index.ts';

const Threshold = suite('anomaly threshold');

Threshold(
  'scores that part at 3 | 5: the threshold is 4; overlapping ones give the cut with the best mean of recalls',
  () => {
    assert.equal(chooseThreshold([1, 2, 3], [5, 6]), {
      threshold: 4,
      rule: 'balancedAccuracy',
      benign: 3,
      attack: 2,
    });
    // Cut at 4.5: 4 of 5 benign below, 2 of 2 attacks above; every other cut is worse, however many benign rows there are.
    assert.is(chooseThreshold([1, 2, 3, 4, 9], [5, 8]).threshold, 4.5);
    assert.is(chooseThreshold([1, 2, 3, 4, 9, ...Array(40).fill(1)], [5, 8]).threshold, 4.5);
  },
);

Threshold(
  'without attacks, and with attacks that score lower than benign rows, it is the 99 % quantile of the benign scores',
  () => {
    const benign = Array.from({ length: 200 }, (_, i) => i + 1);
    assert.equal(chooseThreshold(benign, []), { threshold: 198, rule: 'benignQuantile', benign: 200, attack: 0 });
    assert.equal(chooseThreshold(benign, [0, 0.5]).rule, 'benignQuantile');
  },
);

/** Benign windows of short packets in a regular pattern, attacks of long ones. */
function windows(count: number) {
  const definition = modelDefinition('autoencoder');
  const random = createRandom(4);
  const label = Int16Array.from({ length: count }, (_, i) => i % 2);
  const values = Float64Array.from({ length: count * 16 }, (_, i) => {
    const attack = label[Math.floor(i / 16)] === 1;
    return Math.floor(
      i % 2 === 0 ? (attack ? 900 : 100) + random.uniform() * 90 : random.uniform() * (attack ? 900 : 90),
    );
  });
  const split = Uint8Array.from({ length: count }, (_, i) => ((i >> 1) % 3 === 0 ? 1 : 0));
  return { features: definition.features, classes: ['benign', 'attack'], count, values, label, split };
}

Threshold('float and fixed-point program agree on 90 % of 600 windows, and both give both verdicts', async () => {
  const rows = windows(600);
  const units = { 'pkt.ipd': 65_536 };
  const trained = trainModel('autoencoder', rows, { epochs: 2, units });
  const model = parseOnnx(trained.onnx);
  const spec = readModelSpec(model, 'none.onnx');
  assert.equal(spec.threshold, trained.alarm?.threshold);
  assert.is(trained.alarm?.rule, 'balancedAccuracy');
  const reference = await openReference(trained.onnx);
  const float = await floatVerdicts(reference, spec, { ...rows, flow: new Int32Array(rows.count) });
  await reference.close();
  const compiled = compileModel({
    name: 'autoencoder',
    model,
    spec,
    calibration: rows,
    chip: chipNamed('unbounded'),
    strategy: { leaves: 8, refit: false },
  });
  const fixed = evaluateMapped(compiled.mapped, rows, { fixedPoint: true });
  const alarms = (verdict: ArrayLike<number>) => Array.from(verdict).filter((one) => one === 1).length;
  for (const verdict of [float.verdict, fixed.classes]) {
    assert.ok(alarms(verdict) > 60 && alarms(verdict) < 540, `${alarms(verdict)} alarms`);
  }
  const same = Array.from(float.verdict).filter((one, i) => one === fixed.classes[i]).length;
  assert.ok(same >= 0.9 * rows.count, `${same} of ${rows.count}`);
});

Threshold.run();
