/** `pegasim models` through the real binary: sizes are those of the trained scenarios, kept by content, refused where wrong. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pegasim, workFolder } from './rig.ts';

const Models = suite('pegasim models');
const folder = workFolder();

interface Listed {
  readonly id: string;
  readonly features: string[];
  readonly inputBits: number;
  readonly parameters: number;
  readonly tables: number;
  readonly stateBits: number;
  readonly registerBits: number;
  readonly stages: number | null;
  readonly fits: boolean;
  readonly short: { code: string }[];
}

async function listed(...args: string[]): Promise<{ classes: number; target: string; models: Listed[] }> {
  const { code, stdout, stderr } = await pegasim(['models', ...args, '--json'], { cwd: folder });
  assert.is(code, 0, stderr);
  assert.is(stderr, '', 'no progress when piped');
  return JSON.parse(stdout);
}

/** Model state, registers and tables of a scenario in the table that the scenarios' full runs wrote. */
function documented(scenario: string): number[] {
  const row = readFileSync('docs/models-table.md', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| ${scenario} |`));
  return (row ?? '').split('|').slice(-4, -1).map(Number);
}

Models(
  'tables and bits a flow on Tofino 2 are those of the scenarios trained in full, whatever the weights',
  async () => {
    const { classes, target, models } = await listed('autoencoder', 'mlp-b', 'cnn-m');
    assert.equal([classes, target], [3, 'tofino2']);
    assert.equal(
      models.map(({ id }) => id),
      ['mlp-b', 'cnn-m', 'autoencoder'],
    );
    for (const { id, stateBits, registerBits, tables, fits, short } of models) {
      assert.equal([stateBits, registerBits, tables], documented(id === 'mlp-b' ? 'quickstart' : id), id);
      assert.equal([fits, short], [true, []]);
    }
    const [mlp] = models;
    assert.equal([mlp.features.length, mlp.inputBits, mlp.parameters], [10, 120, 1047]);
  },
);

Models('a list made before is read from the cache, and shows the same figures as text', async () => {
  const kept = readdirSync(join(folder, '.pegasim-cache', 'size'));
  assert.is(kept.length, 3);
  const { models } = await listed('mlp-b', 'cnn-m', 'autoencoder');
  assert.equal(readdirSync(join(folder, '.pegasim-cache', 'size')), kept);
  const { stdout } = await pegasim(['models', 'cnn-m'], { cwd: folder });
  const cells = stdout
    .split('\n')
    .find((line) => line.startsWith('cnn-m '))!
    .split(/ +/);
  const { tables, stateBits, registerBits, stages } = models[1];
  assert.equal(cells.slice(5), [...[tables, stateBits, registerBits, stages].map(String), 'yes']);
});

Models('20 classes add 17 × 17 parameters and 17 logits to mlp-b; its state stays', async () => {
  const { models } = await listed('mlp-b', '--classes', '20', '--target', 'unbounded');
  const [{ parameters, tables, stateBits }] = models;
  assert.is(parameters, 1047 + 17 * 17);
  assert.ok(tables > 62, `${tables} tables`);
  assert.is(stateBits, documented('quickstart')[0]);
});

Models('the autoencoder needs one stage more than Tofino 1 has: said in JSON and in text, exit code 0', async () => {
  const { models } = await listed('autoencoder', '--target', 'tofino');
  const [{ fits, stages, short }] = models;
  assert.equal([fits, stages, short[0].code], [false, null, 'FIT-STAGES']);
  const { code, stdout } = await pegasim(['models', 'autoencoder', '--target', 'tofino'], { cwd: folder });
  assert.is(code, 0);
  assert.match(stdout, /autoencoder does not fit: FIT-STAGES: .*needs 13, has 12/);
});

Models('an unknown model or chip, 1 class and a class too many are refused with exit code 2', async () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['mlp-c'], /CLI-USAGE: .*"mlp-c".*"mlp-b"/],
    [['--target', 'tofino9'], /FIT-CHIP: unknown chip "tofino9"/],
    [['--classes', '1'], /CLI-USAGE: --classes takes a whole number of at least 2 \(have 1\)/],
    [['--classes', '65'], /CLI-USAGE: --classes takes a whole number of at most 64 \(have 65\)/],
    [['--classes', 'many'], /CLI-USAGE: --classes takes a whole number .*have no number/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await pegasim(['models', ...args], { cwd: folder });
    assert.equal([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, message);
  }
});

Models.run();
