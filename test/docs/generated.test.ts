/** Pages made from the sources are fresh. */

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cliReference } from '../../scripts/cli-reference.ts';
import { resultSchemaText } from '../../scripts/result-schema.ts';

const Generated = suite('generated pages');

Generated('docs/cli.md is what the command definitions say (npm run docs rewrites it)', () => {
  assert.is(readFileSync('docs/cli.md', 'utf8'), cliReference());
});

Generated('docs/result.schema.json is what the result interfaces say (npm run docs rewrites it)', () => {
  assert.is(readFileSync('docs/result.schema.json', 'utf8'), resultSchemaText());
});

Generated('docs/cli.md has every command and subcommand', () => {
  const page = cliReference();
  for (const name of [
    'run',
    'train',
    'compile',
    'fit',
    'replay',
    'explain',
    'compare',
    'emit',
    'verify',
    'models',
    'schema',
  ])
    assert.match(page, new RegExp(`^## ${name}$`, 'm'));
  for (const name of ['dataset inspect', 'dataset split', 'dataset convert', 'features export', 'traces generate'])
    assert.match(page, new RegExp(`^### ${name}$`, 'm'));
});

Generated.run();
