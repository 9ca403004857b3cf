/** Baselines: verdicts recorded compactly, compared packet by packet, flips traced to where the programs part. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { baselineText } from '../../src/report/index.ts';
import { baselinePath, readBaseline, updateBaseline } from '../../src/study/baseline.ts';
import { openCache } from '../../src/study/cache.ts';
import { flipsOf } from '../../src/study/flips.ts';
import { packValues, unpackValues, type VerdictRecord } from '../../src/study/record.ts';
import { type Outcome, runOrRecall } from '../../src/study/rerun.ts';
import { loadScenarios } from '../../src/study/scenario.ts';
import { generateTraces, parseTraceSpec } from '../../src/traffic/index.ts';

const Baseline = suite('baselines');
const folder = mkdtempSync(join(tmpdir(), 'pegasim-baseline-'));
const spec = readFileSync(new URL('../../traces/p2p.yaml', import.meta.url), 'utf8');
generateTraces(parseTraceSpec(spec.replace(/seconds: *[\d.]+/g, 'seconds: 1'), 'p2p.yaml'), join(folder, 'data'), {
  scale: 0.1,
});
const file = join(folder, 's.yaml');
const cache = join(folder, 'cache');

/** A scenario file with options of its own; its baseline stays beside it. */
function write(options: { leaves?: number; slots?: number; replay?: string } = {}): void {
  const { leaves = 8, slots = 65536, replay = 'workers: 1' } = options;
  writeFileSync(
    file,
    `name: s
dataset: { path: data, split: { by: flow, seed: 1, train: 0.5, validation: 0.2, test: 0.3 } }
model: { train: mlp-b, epochs: 3 }
compile: { strategy: published, leaves: ${leaves}, refit: false, maxRows: 300 }
target: unbounded
flow: { slots: ${slots} }
replay: { ${replay} }
expect: ['verdictsEqual: baseline']
`,
  );
}

async function run(mode: 'compare' | 'update' = 'compare', folderOf: string | undefined = cache): Promise<Outcome> {
  const [scenario] = loadScenarios(file);
  return runOrRecall(scenario!, { cache: openCache(folderOf) }, mode);
}

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return 'none';
}

Baseline('values packed in 1 to 9 bits come back, and a text of another length is refused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(511), { maxLength: 60 }), (bits, raw) => {
      const values = raw.map((value) => value & (2 ** bits - 1));
      const text = packValues(values, bits);
      assert.equal([...(unpackValues(text, bits, values.length) ?? [])], values);
      assert.is(unpackValues(text, bits, values.length + 9), undefined);
    }),
  );
});

Baseline('one verdict of five flips; captures with other packets are not compared', () => {
  const record = (verdicts: number[], numbers = 'n'): VerdictRecord => ({
    classes: ['a', 'b'],
    bits: 2,
    captures: [{ capture: 'x', packets: verdicts.length, numbers, verdicts: packValues(verdicts, 2) }],
  });
  const { compared, flips } = flipsOf(record([1, 2, 0, 1, 2]), record([1, 2, 0, 0, 2]));
  assert.is(compared, 5);
  assert.equal(flips, [{ capture: 'x', place: 3, before: 'a', after: null }]);
  const other = flipsOf(record([1]), record([1], 'm'));
  assert.equal(other.incomparable, [{ capture: 'x', why: 'other packets' }]);
  assert.is(other.compared, 0);
});

Baseline(
  'without a baseline the expectation fails; --update writes it, the same bytes twice; then it holds',
  async () => {
    write();
    const none = await run();
    assert.is(none.result.pass, false);
    assert.is(none.result.baseline?.status, 'missing');
    const made = await run('update');
    assert.is(made.result.pass, true);
    const path = updateBaseline(file, 's', undefined, [made.baseline]);
    const bytes = readFileSync(path);
    updateBaseline(file, 's', readBaseline(file, 's'), [(await run('update', undefined)).baseline]);
    assert.equal(readFileSync(path), bytes);
    const again = await run();
    assert.is(again.result.baseline?.status, 'equal');
    assert.is(again.result.pass, true);
  },
);

Baseline(
  '4 leaves instead of 8: every flip is told with packet, classes and the table where the programs part',
  async () => {
    write({ leaves: 4 });
    const { result } = await run();
    const changes = result.baseline!;
    assert.is(changes.status, 'changed');
    assert.ok(changes.flipped > 0 && changes.flips.length === Math.min(500, changes.flipped));
    assert.ok(changes.differs.includes('program'));
    assert.is(result.pass, false);
    const walked = changes.flips.filter(({ cause }) => cause !== null);
    assert.is(walked.length, changes.walked);
    for (const { cause, before, after } of walked) {
      assert.is.not(before, after);
      assert.is(cause?.kind, 'table');
      assert.match(cause?.what ?? '', /^nn_/);
      assert.is.not(cause?.before, cause?.after);
    }
    assert.match(baselineText(changes), /table nn_.* in stage \d+\n {4}was .*\n {4}now /);
  },
);

Baseline(
  '2 slots instead of 65536: the flips come from features, told with the slot or register they went through',
  async () => {
    write({ slots: 2 });
    const { result } = await run();
    const { causes = [], flipped = 0 } = result.baseline ?? {};
    assert.ok(flipped > 0);
    assert.is(causes[0]?.kind, 'feature');
    assert.match(causes[0]?.via?.table ?? '', /^flow_/);
  },
);

Baseline('the same program merged at a high rate: other replay, no other program', async () => {
  write({ replay: 'workers: 1, state: interleave, packetsPerSecond: 1000000' });
  const { result } = await run();
  assert.equal(result.baseline?.differs, ['replay']);
  assert.is(result.baseline?.incomparable.length, 0);
});

Baseline('when the old program is gone, flips are counted and the reason is said', async () => {
  write({ leaves: 4 });
  rmSync(join(cache, 'baseline'), { recursive: true });
  const { result } = await run();
  assert.match(result.baseline?.unexplained ?? '', /no longer in the cache/);
  assert.ok((result.baseline?.flipped ?? 0) > 0);
  assert.is(result.baseline?.walked, 0);
});

Baseline('a damaged baseline, one of another version and one of another scenario are refused', () => {
  const path = baselinePath(file);
  const good = readFileSync(path, 'utf8');
  assert.ok(existsSync(path));
  const cases: [string, string][] = [
    [good.slice(0, -20), 'STUDY-BASELINE'],
    ['{}', 'STUDY-BASELINE'],
    [good.replace(/"verdicts": "..../, '"verdicts": "'), 'STUDY-BASELINE'],
    [good.replace('"version": 1', '"version": 2'), 'STUDY-BASELINE-VERSION'],
    [good.replace('"scenario": "s"', '"scenario": "t"'), 'STUDY-BASELINE-SCENARIO'],
  ];
  for (const [text, code] of cases) {
    writeFileSync(path, text);
    assert.is(
      codeOf(() => readBaseline(file, 's')),
      code,
    );
  }
});

Baseline.after(() => rmSync(folder, { recursive: true }));
Baseline.run();
