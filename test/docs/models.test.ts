/** docs/models.md says of every model what the definitions and the scenarios' table say. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { models, parameterTotal, variants } from '../../src/model/index.ts';

const Models = suite('docs/models.md');
const all = [...models, ...variants];
const lines = readFileSync('docs/models.md', 'utf8').split('\n');
const number = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''));

Models('the table of networks has all models with their parameters for three classes', () => {
  for (const { id } of all) {
    const row = lines.find((line) => line.startsWith(`| \`${id}\` |`)) ?? '';
    assert.is(number(row.split('|').at(-2)), parameterTotal(id, 3), id);
  }
});

Models(
  'the list as `pegasim models` prints it: input, parameters; bits and tables of the scenarios run in full',
  () => {
    const table = readFileSync('docs/models-table.md', 'utf8').split('\n');
    for (const { id, window, features, inputBits } of all) {
      const row = lines.find((line) => line.startsWith(`${id} `)) ?? '';
      const [, ...cells] = row.split(/ +/);
      const [packets, read, bits, parameters, tables, state, registers] = cells.map(number);
      assert.equal([packets, read, bits, parameters], [window, features.length, inputBits, parameterTotal(id, 3)], id);
      // Its bits at other widths of the index are in scenarios/cnn-l-state.yaml; it has no scenario of its own.
      if (id === 'cnn-l-no-ipd') continue;
      const scenario = table.find((line) => line.startsWith(`| ${id === 'mlp-b' ? 'quickstart' : id} |`));
      assert.ok(scenario, `docs/models-table.md has no row of ${id}: npm run docs:models writes it`);
      assert.equal([state, registers, tables], scenario!.split('|').slice(-4, -1).map(number), id);
    }
  },
);

Models.run();
