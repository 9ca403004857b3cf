/** Every shipped scenario at its `--smoke` size through the built command: what a new user runs first. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pegasim, workFolder } from './rig.ts';

const Shipped = suite('shipped scenarios');

Shipped('all pass with --smoke, float and switch figures in every row of the Markdown table', async () => {
  const folder = workFolder();
  const files = readdirSync('scenarios').filter((file) => file.endsWith('.yaml'));
  const paths = files.map((file) => resolve('scenarios', file));
  const { code, stdout, stderr } = await pegasim(['run', ...paths, '--smoke', '--markdown', 'table.md', '-o', 'out'], {
    cwd: folder,
  });
  assert.is(code, 0, stdout + stderr);
  const [head, , ...rows] = readFileSync(join(folder, 'table.md'), 'utf8').trim().split('\n');
  assert.match(head ?? '', /scenario .* float, % .* switch, % .* fits .* stages/);
  for (const file of files) {
    const name = file.replace('.yaml', '');
    const own = rows.filter((row) => row.startsWith(`| ${name}`));
    assert.ok(own.length > 0, `${name} has a row`);
    // Figure 8 of the paper: without and with the gap's clock, 4 and 8 bits of index.
    if (name === 'cnn-l-state')
      assert.equal(
        own.map((row) => Number(row.split('|').at(-4))),
        [28, 56, 44, 72],
      );
    for (const row of own) assert.match(row, /\| \d+\.\d+ \| \d+\.\d+ \| -?\d+\.\d+ \| (yes|no) \| \d+ \|/, row);
  }
});

Shipped.run();
