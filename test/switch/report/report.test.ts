import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  chipFromText,
  chipNamed,
  fitDescription,
  readDescription,
  reserveFromText,
} from '../../../src/switch/index.ts';

const X = suite('switch/report');

/** A chain of `n` ternary tables, each matching what the one before wrote. */
function chain(n: number): string {
  const tables = Array.from({ length: n }, (_, i) => ({
    table: `t${i}`,
    key: [{ field: `md.k${i}`, bits: 16, match: 'ternary' }],
    size: 512,
    action: 'a',
    action_param_bits: [16],
    writes: [`md.k${i + 1}`],
  }));
  return JSON.stringify({ program: 'chain', tables });
}

X('12 match-dependent stages with TCAM on Tofino: 12·22 + 4 = 268 cycles of ingress, egress at its least 160', () => {
  const { latency } = fitDescription(readDescription(chain(12), 'd'), chipNamed('tofino'));
  assert.equal([latency.ingressCycles, latency.egressCycles], [268, 160]);
});

X('20 match-dependent stages with TCAM on Tofino 2: 20·25 = 500 cycles', () => {
  assert.is(fitDescription(readDescription(chain(20), 'd'), chipNamed('tofino2')).latency.ingressCycles, 500);
});

X('filling all TCAM of Tofino takes about 72 % of its power budget', () => {
  const tables = Array.from({ length: 12 }, (_, i) => ({
    table: `t${i}`,
    key: [{ field: `md.k${i}`, bits: 32, match: 'ternary' }],
    size: 12288,
    action: 'a',
    writes: [`md.w${i}`],
    no_action: false,
  }));
  const report = fitDescription(readDescription(JSON.stringify({ program: 'full', tables }), 'd'), chipNamed('tofino'));
  assert.ok(report.fits);
  assert.is(Math.round((report.powerShare ?? 0) * 100), 72);
});

X('the report is plain JSON: limits without bound are null', () => {
  const report = fitDescription(readDescription(chain(3), 'd'), chipNamed('unbounded'));
  assert.equal(JSON.parse(JSON.stringify(report)), report);
  assert.is(report.stages.available, null);
});

X('a table kept out by a resource says which, where and how much is missing', () => {
  const tables = Array.from({ length: 5 }, (_, i) => ({
    table: `t${i}`,
    key: [{ field: `md.k${i}`, bits: 32, match: 'ternary' }],
    size: 12288,
    action: 'a',
    writes: [`md.w${i}`],
    no_action: false,
  }));
  const chip = chipFromText('name: four\nbase: tofino2\nstages: 4', 'c');
  const report = fitDescription(readDescription(JSON.stringify({ program: 'full', tables }), 'd'), chip);
  assert.not(report.fits);
  const spent = report.problems.find((problem) => problem.resource === 'tcam');
  assert.equal([spent?.need, spent?.have, spent?.tables.length], [48, 24, 4]);
  assert.ok(report.options.some((option) => option.what.startsWith('half the leaves') && option.fits));
});

X('a fit report can be reserved: what it uses is no longer free', () => {
  const first = fitDescription(readDescription(chain(4), 'd'), chipNamed('tofino2'));
  const reserve = reserveFromText(JSON.stringify(first), 'report.json');
  const second = fitDescription(readDescription(chain(4), 'd'), chipNamed('tofino2'), { reserve });
  assert.is(second.perStage[0].used.tcam, 2);
});

X.run();
