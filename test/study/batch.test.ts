/** Several scenarios: chosen by name, told in order, stopped at the first failure; the same results one by one or at once. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProblemError } from '../../src/problem.ts';
import { type BatchItem, checkNames, filterScenarios, runBatch } from '../../src/study/batch.ts';
import { matrixTables } from '../../src/study/matrix.ts';
import { loadScenarios, type Scenario } from '../../src/study/scenario.ts';
import { inThread } from '../../src/study/thread.ts';
import { runTaskHere } from '../../src/study/thread-tasks.ts';
import { generateTraces, parseTraceSpec } from '../../src/traffic/index.ts';

const Batch = suite('batches');
const folder = mkdtempSync(join(tmpdir(), 'pegasim-batch-'));
const spec = readFileSync(new URL('../../traces/p2p.yaml', import.meta.url), 'utf8');
generateTraces(parseTraceSpec(spec.replace(/seconds: *[\d.]+/g, 'seconds: 1'), 'p2p.yaml'), join(folder, 'data'), {
  scale: 0.1,
});
const file = join(folder, 'm.yaml');
writeFileSync(
  file,
  `name: m
dataset: { path: data, split: { by: flow, seed: 1, train: 0.5, validation: 0.2, test: 0.3 } }
model: { train: mlp-b, epochs: 1 }
compile: { strategy: published, leaves: 4, refit: false, maxRows: 200 }
target: unbounded
replay: { state: interleave, packetsPerSecond: 1000000, workers: 1 }
expect: ['coverage >= 0.01']
matrix:
  flow.slots: [2, 4096]
  replay.flows: [4, 12]
`,
);
const scenarios = loadScenarios(file);

async function batch(list: readonly Scenario[], jobs: number, options: { failFast?: boolean; cache?: string } = {}) {
  const { failFast = false, cache } = options;
  const told: string[] = [];
  const items = await runBatch(list, {
    jobs,
    failFast,
    cache,
    mode: 'compare',
    progress: () => {},
    onItem: ({ scenario }) => told.push(scenario.name),
    open: () => ({ run: runTaskHere, close: async () => {} }),
  });
  return { items, told };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return 'none';
}

const resultsOf = (items: readonly BatchItem[]) =>
  items.flatMap((item) => (item.kind === 'done' ? [item.outcome.result] : []));

Batch('a filter is a part of the name, or a pattern with *; one that matches nothing lists the names', () => {
  const names = (pattern: string): number => filterScenarios(scenarios, pattern).length;
  assert.is(names('slots=2'), 2);
  assert.is(names('m[*flows=12]'), 2);
  assert.is(names('*'), 4);
  assert.is(
    codeOf(() => names('nothing')),
    'CLI-FILTER',
  );
});

Batch('two scenarios of one name are refused', () => {
  assert.is(
    codeOf(() => checkNames([...scenarios, scenarios[0]!])),
    'SCENARIO-NAME',
  );
});

Batch(
  'four runs one by one and three at once give the same results, told in order; collisions show with 2 slots',
  async () => {
    const one = await batch(scenarios, 1);
    const three = await batch(scenarios, 3);
    const results = resultsOf(one.items);
    assert.equal(resultsOf(three.items), results);
    assert.equal(
      three.told,
      scenarios.map(({ name }) => name),
    );
    const [table] = matrixTables(results);
    assert.equal(table?.options, ['flow.slots', 'replay.flows']);
    assert.equal(table?.rows[3]?.values, [4096, 12]);
    const collisions = results.map(({ figures }) => Number(figures.collidingFlows) + Number(figures.mergedFlows));
    assert.ok(collisions[1]! > 0, 'twelve flows share two slots');
    assert.equal(collisions.slice(2), [0, 0]);
    assert.equal(
      results.map(({ replay }) => replay.flows),
      [4, 12, 4, 12],
    );
  },
);

Batch('what comes after the first failure is left out, however many run at once', async () => {
  const list = scenarios.map((one, i) => ({ ...one, expect: [i === 1 ? 'coverage > 1' : 'coverage >= 0'] }));
  for (const jobs of [1, 4]) {
    const { items, told } = await batch(list, jobs, { failFast: true, cache: join(folder, 'cache') });
    assert.equal(
      items.map(({ kind }) => kind),
      ['done', 'done', 'skipped', 'skipped'],
    );
    assert.is(told.length, 2);
  }
});

Batch('a scenario that cannot run is told as a problem, the others run', async () => {
  const absent = { ...scenarios[0]!, name: 'absent', dataset: { ...scenarios[0]!.dataset, path: join(folder, 'no') } };
  const { items } = await batch([absent, scenarios[1]!], 1);
  const [first, second] = items;
  assert.is(first?.kind === 'problem' && first.problem.code, 'TRAFFIC-NOT-FOUND');
  assert.is(second?.kind, 'done');
});

Batch('a task on a thread fails with the problem that it met', async () => {
  const flow = { slots: 64, policy: 'replace', symmetric: true, tickBits: 16 } as const;
  const choices = {
    strategy: 'published',
    leaves: 4,
    refit: false,
    softmax: false,
    fineTune: false,
    snap: false,
    width: 16,
  } as const;
  const task = {
    model: join(folder, 'no.onnx'),
    flow,
    choices,
    target: 'tofino2',
    workers: 1,
    out: join(folder, 'o.pgs'),
  };
  try {
    await inThread('compile', task, () => {});
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof ProblemError);
    assert.is(error.problem.code, 'FILE-READ');
  }
});

Batch.after(() => rmSync(folder, { recursive: true }));
Batch.run();
