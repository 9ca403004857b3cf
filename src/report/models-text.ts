/** The list of models as text: figures in a table, then what each is. */

import type { ModelSize } from '../study/index.ts';
import { count, textTable } from './text-table.ts';

/** A model's definition beside its size. */
export interface ListedModel extends ModelSize {
  readonly title: string;
  readonly task: string;
  readonly window: number;
  readonly features: readonly string[];
  readonly inputBits: number;
}

const HEADER = ['model', 'packets', 'features', 'input bits', 'parameters', 'tables', 'state', 'registers', 'stages'];

const NONE = '–';

function figures({ placed }: ModelSize): string[] {
  if (placed === null) return [NONE, NONE, NONE, NONE, 'refused'];
  const { tables, stateBits, registerBits, stages, fits } = placed;
  return [
    count(tables),
    count(stateBits),
    count(registerBits),
    stages === null ? NONE : count(stages),
    fits ? 'yes' : 'no',
  ];
}

/** Why a model is refused, or what the chip is short of. */
function notes({ id, placed, problem }: ModelSize): string[] {
  if (problem !== null) return [`${id} is refused: ${problem.code}: ${problem.message}`];
  const [first] = placed?.short ?? [];
  if (first === undefined) return [];
  return [`${id} does not fit: ${first.code}: ${first.message} (needs ${first.need}, has ${first.have})`];
}

/** @param about classes, and the chip the figures hold for */
export function modelsText(models: readonly ListedModel[], about: { classes: number; target: string }): string {
  const rows = models.map((model) => [
    model.id,
    String(model.window),
    String(model.features.length),
    count(model.inputBits),
    count(model.parameters),
    ...figures(model),
  ]);
  const table = textTable([[...HEADER, 'fits'], ...rows], 'lrrrrrrrrl');
  const titles = models.map(({ title }) => `  ${title}`).join('\n');
  return [
    table,
    '',
    `${about.classes} classes on ${about.target}, default options. state: bits a flow as the paper counts them (kept indices or recurrent state, clock);`,
    'registers: bits a flow of all registers. From compiling weights of one epoch on a small generated trace.',
    ...models.flatMap(notes),
    '',
    titles,
  ].join('\n');
}
