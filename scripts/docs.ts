/** `npm run docs`: writes the pages that are made from the sources. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCENARIO_SCHEMA } from '../src/study/index.ts';
import { cliReference } from './cli-reference.ts';
import { resultSchemaText } from './result-schema.ts';

const DOCS = join(import.meta.dirname, '../docs');

/** docs/api.md with the example as the file has it. */
function apiPage(): string {
  const example = readFileSync(join(DOCS, '../examples/api.ts'), 'utf8');
  return readFileSync(join(DOCS, 'api.md'), 'utf8').replace(/```ts\n[\s\S]*?```/, () => `\`\`\`ts\n${example}\`\`\``);
}

const pages: Record<string, string> = {
  'api.md': apiPage(),
  'cli.md': cliReference(),
  'result.schema.json': resultSchemaText(),
  'scenario.schema.json': `${JSON.stringify(SCENARIO_SCHEMA, null, 2)}\n`,
};

for (const [name, text] of Object.entries(pages)) {
  writeFileSync(join(DOCS, name), text);
  console.log(`docs/${name} (${text.length} bytes)`);
}
