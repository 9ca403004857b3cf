/** `pegasim run` over several scenarios: one line each, filters, failures, baselines, a second run that does nothing, Ctrl-C in the middle. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pegasim, workFolder } from './rig.ts';

const Run = suite('several scenarios');
const folder = workFolder();

/** A scenario of a few hundred rows on the shipped captures. */
function scenario(name: string, more = ''): void {
  const data = resolve('traces/p2p').replaceAll('\\', '/');
  writeFileSync(
    join(folder, `${name}.yaml`),
    `name: ${name}
dataset: { path: '${data}', split: { by: file, seed: 1, train: 0.3, validation: 0.5, test: 0.2 } }
model: { train: mlp-b, epochs: 1, maxRows: 300 }
compile: { strategy: published, leaves: 4, refit: false, maxRows: 100 }
replay: { flows: 12 }
target: unbounded
${more}`,
  );
}

const run = (args: string[], options: { interruptAfter?: number } = {}) =>
  pegasim(['run', ...args], { cwd: folder, ...options });

Run(
  'two pass and one fails: a line each, exit 1, JUnit and results say the same; a second run runs nothing',
  async () => {
    scenario('a', "expect: ['packetsLost: 0']\n");
    scenario('b', "expect: ['macroF1 >= 1.1']\n");
    scenario('c', "expect: ['fits: true']\n");
    const files = ['a.yaml', 'b.yaml', 'c.yaml'];
    const first = await run([...files, '-j', '2', '-o', 'out', '--junit', 'junit.xml']);
    assert.is(first.code, 1, first.stderr);
    const lines = first.stdout.trim().split('\n');
    assert.equal(
      lines.map((line) => [line[0], / — pass$/.test(line)]),
      [
        ['a', true],
        ['b', false],
        ['c', true],
      ],
    );
    assert.match(lines[1] ?? '', /FAIL macroF1 >= 1\.1$/);
    assert.match(readFileSync(join(folder, 'junit.xml'), 'utf8'), /tests="3" failures="1"/);
    const again = await run([...files, '-o', 'again']);
    assert.is(again.code, 1);
    assert.is(again.stdout.split('from the cache').length - 1, 3);
    for (const name of ['a.json', 'b.json', 'c.json', 'results.json'])
      assert.equal(readFileSync(join(folder, 'again', name)), readFileSync(join(folder, 'out', name)), name);
  },
);

Run(
  '--fail-fast leaves out what comes after the failure, --filter takes names; one that matches none is refused',
  async () => {
    const fast = await run(['a.yaml', 'b.yaml', 'c.yaml', '--fail-fast', '--junit', 'fast.xml']);
    assert.is(fast.code, 1);
    assert.is(fast.stdout.trim().split('\n').length, 2);
    assert.match(fast.stderr, /1 scenario after the first failure not run/);
    assert.match(readFileSync(join(folder, 'fast.xml'), 'utf8'), /<skipped\/>/);
    assert.is((await run(['a.yaml', 'b.yaml', 'c.yaml', '--filter', '[ac]'])).code, 2);
    assert.is((await run(['a.yaml', 'b.yaml', 'c.yaml', '--filter', 'c'])).code, 0);
    const none = await run(['a.yaml', '--filter', 'zebra']);
    assert.is(none.code, 2);
    assert.match(none.stderr, /CLI-FILTER: no scenario matches 'zebra' \(have a\)/);
  },
);

Run('one that cannot run is told, the others run, exit 2', async () => {
  writeFileSync(join(folder, 'd.yaml'), 'name: d\ndataset: { path: nowhere }\nmodel: { train: mlp-b }\n');
  const result = await run(['d.yaml', 'a.yaml', '--json']);
  assert.is(result.code, 2);
  assert.match(result.stderr, /TRAFFIC-NOT-FOUND/);
  const [d, a] = JSON.parse(result.stdout) as { schema: string; error?: { code: string }; pass?: boolean }[];
  assert.is(d?.error?.code, 'TRAFFIC-NOT-FOUND');
  assert.is(a?.pass, true);
});

Run(
  '--update writes a baseline; with other leaves a later run names packets, table and entries, and fails',
  async () => {
    scenario('e', "expect: ['verdictsEqual: baseline']\n");
    const before = await run(['e.yaml']);
    assert.is(before.code, 1);
    assert.match(before.stdout, /write it with --update/);
    const update = await run(['e.yaml', '--update']);
    assert.is(update.code, 0, update.stderr);
    assert.match(update.stderr, /baseline of 1 run written to .*e\.baseline\.json/);
    assert.is((await run(['e.yaml'])).code, 0);
    const file = join(folder, 'e.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('leaves: 4', 'leaves: 3'));
    const after = await run(['e.yaml']);
    assert.is(after.code, 1, after.stderr);
    assert.match(after.stdout, /verdicts flipped, .* to the true class/);
    assert.match(
      after.stdout,
      /table nn_\S+ in stage \d+\n {4}was .*: (entry \d+|miss) → .*\n {4}now .*: (entry \d+|miss) → /,
    );
    assert.match(after.stdout, /\.pcap +\d+ +\w+ +\w+ +\w+ +table nn_/);
  },
);

Run(
  'Ctrl-C among many: exit 130, no half-written file; the same command then runs only what was not done',
  async () => {
    const names = ['m1', 'm2'];
    scenario('m1');
    // The second trains for minutes: the signal comes in the middle of it.
    scenario('m2', '');
    const long = join(folder, 'm2.yaml');
    writeFileSync(
      long,
      readFileSync(long, 'utf8').replace('epochs: 1, maxRows: 300', 'epochs: 4000, patience: 4000, seed: 9'),
    );
    await run(['m1.yaml']);
    const cut = await run(
      names.map((name) => `${name}.yaml`),
      { interruptAfter: 6000 },
    );
    assert.is(cut.code, 130, cut.stderr);
    assert.match(cut.stdout, /^m1: .*from the cache/);
    const left = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'));
    assert.equal(left, []);
    scenario('m2');
    const again = await run(names.map((name) => `${name}.yaml`));
    assert.is(again.code, 0, again.stderr);
    assert.match(again.stdout, /^m1: .*from the cache.*\nm2: /);
    assert.ok(existsSync(join(folder, '.pegasim-cache')));
  },
);

Run.run();
