/** docs/result.schema.json: everything that `--json` prints and `pegasim run -o` writes, from the interfaces of the sources. */

import { join } from 'node:path';
import { type Schema, schemasOf } from './type-schema.ts';

const ROOT = join(import.meta.dirname, '..');

/** The objects of docs/results.md: interface → where it is. */
const ROOTS = {
  ScenarioResult: 'src/study/result.ts',
  ScenarioTiming: 'src/study/result.ts',
  ReplayResult: 'src/replay/result.ts',
  ReplayTiming: 'src/replay/result.ts',
  FitReport: 'src/switch/report/types.ts',
  Comparison: 'src/study/compare.ts',
  MatrixTable: 'src/study/matrix.ts',
  Explanation: 'src/study/explain.ts',
  ExplainOutcome: 'src/study/explain.ts',
} as const;

/** Printed results carry the wall-clock figures that files leave out. */
function timed(definition: Schema, timing: string): Schema {
  const properties = { ...(definition.properties as Schema), timing: { $ref: `#/$defs/${timing}` } };
  return { ...definition, properties };
}

/** The schema as an object, keys in a fixed order. */
export function resultSchema(): Schema {
  const files = Object.fromEntries(Object.entries(ROOTS).map(([name, file]) => [name, join(ROOT, file)]));
  const definitions = schemasOf(files, join(ROOT, 'tsconfig.json'));
  const { ScenarioResult, ReplayResult, ...others } = definitions as Record<keyof typeof ROOTS, Schema>;
  const $defs = {
    ...others,
    ScenarioResult: timed(ScenarioResult, 'ScenarioTiming'),
    ReplayResult: timed(ReplayResult, 'ReplayTiming'),
  };
  const one = [
    'ScenarioResult',
    'ReplayResult',
    'FitReport',
    'Comparison',
    'MatrixTable',
    'Explanation',
    'ExplainOutcome',
  ].map((name) => ({
    $ref: `#/$defs/${name}`,
  }));
  const lists = ['ScenarioResult', 'Comparison'].map((name) => ({ type: 'array', items: { $ref: `#/$defs/${name}` } }));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'pegasim results',
    description:
      'What --json prints and `pegasim run -o` writes; docs/results.md explains it. Written by `npm run docs`.',
    anyOf: [...one, ...lists],
    $defs: Object.fromEntries(Object.entries($defs).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

export function resultSchemaText(): string {
  return `${JSON.stringify(resultSchema(), null, 2)}\n`;
}
