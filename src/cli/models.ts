/** `pegasim models`: the six models and what they read. */

import { type CommonArgs, defineCommand } from './command.ts';
import { outResult } from './output.ts';

export const modelsCommand = defineCommand<CommonArgs>({
  command: 'models',
  describe: 'list the models that `train` knows',
  builder: (yargs) => yargs.example('$0 models --json', 'with the names of all features'),
  handler: async (args) => {
    const { models, parameterTotal } = await import('../model/index.ts');
    const { count, textTable } = await import('../report/index.ts');
    const rows = models.map(({ id, title, task, features, window, inputBits }) => ({
      id,
      title,
      task,
      features: [...features],
      window,
      inputBits,
      parameters: parameterTotal(id, 3),
    }));
    outResult(args.json, { classes: 3, models: rows }, () => {
      const body = rows.map((row) => [
        row.id,
        row.task,
        String(row.window),
        String(row.features.length),
        count(row.inputBits),
        count(row.parameters),
        row.title,
      ]);
      return textTable([['model', 'task', 'packets', 'features', 'input bits', 'parameters', ''], ...body], 'llrrrrl');
    });
  },
});
