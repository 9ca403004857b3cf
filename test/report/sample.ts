/** A result with hand-made figures and a real fit report, for the pages. */

import { featureProgram } from '../../src/features/index.ts';
import { metricsOf, type Side } from '../../src/replay/index.ts';
import type { ScenarioResult, ScenarioTiming } from '../../src/study/index.ts';
import { chipNamed, placeProgram } from '../../src/switch/index.ts';

/** A class name that must stay text. */
export const HOSTILE = '<script>window.broken=1</script>';
const classes = ['video', HOSTILE];

function side(confusion: number[][]): Side {
  const packets = metricsOf(confusion, classes);
  const firstVerdict = classes.map((name) => ({ class: name, flows: 4, without: 1, packets: 3, milliseconds: 1.25 }));
  return { packets, covered: packets, coverage: 0.96, flows: packets, firstVerdict, rocAuc: null };
}

export function sampleResult(name = 'sample'): ScenarioResult {
  const program = featureProgram(['ip.total_len', 'flow.max_len'], { slots: 256 });
  const fit = placeProgram(program, chipNamed('tofino2')).report;
  const ours = side([
    [40, 8, 2],
    [10, 38, 2],
  ]);
  const float = side([
    [45, 5, 0],
    [6, 44, 0],
  ]);
  const step = (id: string, macroF1: number, flipped: number) => {
    const perClass = [macroF1, macroF1];
    return { id, name: id, replaced: id, macroF1, accuracy: macroF1, perClass, rocAuc: null, flipped };
  };
  return {
    schema: 'pegasim/result',
    version: 1,
    name,
    about: `about ${HOSTILE}`,
    model: { source: 'onnx', name: 'm.onnx', features: ['ip.total_len', 'flow.max_len'], window: 1, classes },
    compile: {
      options: {
        strategy: 'output-aware',
        leaves: 16,
        refit: true,
        softmax: true,
        fineTune: false,
        snap: true,
        width: 16,
      },
      calibrationRows: 100,
      tables: 2,
      stateBits: 44,
      entries: 32,
      steps: [{ name: 'fixed point', agreement: 0.9, note: '16 bits' }],
    },
    flow: { slots: 256, policy: 'replace', symmetric: true, tickBits: 16 },
    fit,
    replay: {
      schema: 'pegasim/replay',
      version: 1,
      program: 'p',
      dataset: 'd',
      split: 'test',
      state: 'perCapture',
      classes,
      captures: 1,
      outcomes: { packets: 100, verdict: 96, noVerdict: 4, unparsed: 0, truncated: 0, short: 0 },
      otherSplits: 0,
      unlabelled: 0,
      scored: 100,
      flows: 8,
      switch: ours,
      float: { ...float, runtime: 'r', features: [] },
      agreement: { equal: 90, fraction: 0.9 },
      slots: {
        slots: 256,
        policy: 'replace',
        owner: 70,
        first: 20,
        taken: 7,
        foreign: 3,
        collidingFlows: 2,
        mergedFlows: 0,
        restarts: 1,
        bitsPerFlow: 64,
      },
      backwardTimestamps: 0,
      partial: false,
      damage: [],
      counts: {},
      warnings: [],
    },
    waterfall: {
      classes,
      packets: 100,
      steps: [
        step('ideal', float.packets.macroF1, 0),
        step('features', 0.88, 2),
        step('fuzzy', 0.84, 5),
        step('fixed', 0.85, 1),
        step('switch', ours.packets.macroF1, 9),
      ],
    },
    curves: {
      byPosition: [
        { from: 1, to: 1, packets: 50, switch: 0.7, float: 0.8 },
        { from: 2, to: 2, packets: 50, switch: 0.8, float: 0.9 },
      ],
      roc: null,
    },
    figures: { macroF1: ours.packets.macroF1, fits: fit.fits, sram: 0.1, tcam: 0.1 },
    expectations: [
      { text: 'macroF1 >= 0.9', pass: false, actual: ours.packets.macroF1 },
      { text: 'fits: true', pass: true, actual: true },
    ],
    pass: false,
  };
}

/** Seconds and rates of a run that never was. */
export const SAMPLE_TIMING: ScenarioTiming = {
  steps: { load: 0.1, train: 2.5, compile: 7.25, replay: 1.5 },
  cached: [],
  seconds: 11.35,
  replay: {
    engineSetupSeconds: 1,
    engineSeconds: 0.5,
    packetsPerSecond: 2_000_000,
    workers: 2,
    floatSeconds: 0.25,
    floatRowsPerSecond: 4000,
    featureSeconds: 0.1,
    scoreSeconds: 0.05,
  },
};

/** The same with anomaly scores instead of classes: ROC curves, no alarms. */
export function sampleScores(): ScenarioResult {
  const result = sampleResult('scores');
  const { replay } = result;
  const silent = {
    ...replay.switch.packets,
    confusion: [
      [50, 0, 0],
      [50, 0, 0],
    ],
  };
  const roc = (bend: number): [number, number][] => [0, 0.25, 0.5, 0.75, 1].map((x) => [x, x ** bend]);
  return {
    ...result,
    replay: {
      ...replay,
      switch: { ...replay.switch, packets: silent, rocAuc: 0.875 },
      float: { ...(replay.float as NonNullable<typeof replay.float>), rocAuc: 0.9 },
    },
    curves: { byPosition: result.curves?.byPosition ?? [], roc: { switch: roc(0.3), float: roc(0.25) } },
  };
}
