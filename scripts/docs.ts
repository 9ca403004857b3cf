/** `npm run docs`: writes the pages that are made from the sources. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCENARIO_SCHEMA } from '../src/study/index.ts';
import { cliReference } from './cli-reference.ts';
import { resultSchemaText } from './result-schema.ts';

const DOCS = join(import.meta.dirname, '../docs');

const pages: Record<string, string> = {
  'cli.md': cliReference(),
  'result.schema.json': resultSchemaText(),
  'scenario.schema.json': `${JSON.stringify(SCENARIO_SCHEMA, null, 2)}\n`,
};

for (const [name, text] of Object.entries(pages)) {
  writeFileSync(join(DOCS, name), text);
  console.log(`docs/${name} (${text.length} bytes)`);
}
