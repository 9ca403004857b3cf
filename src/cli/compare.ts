/** `pegasim compare`: two results side by side. */

import { type CommonArgs, defineCommand } from './command.ts';
import { outResult } from './output.ts';

interface Args extends CommonArgs {
  before: string;
  after: string;
}

async function handler(args: Args): Promise<void> {
  const { compareFiles } = await import('../study/index.ts');
  const { compareText } = await import('../report/index.ts');
  const items = compareFiles(args.before, args.after);
  outResult(args.json, items.length === 1 ? items[0] : items, () => compareText(items));
}

export const compareCommand = defineCommand<Args>({
  command: 'compare <before> <after>',
  describe: 'what changed between two results: figures, classes, expectations',
  builder: (yargs) =>
    yargs
      .positional('before', { type: 'string', demandOption: true, describe: 'JSON of `pegasim run -o` or `--json`' })
      .positional('after', { type: 'string', demandOption: true, describe: 'the same of a later run' })
      .example('$0 compare old/results.json new/results.json', 'scenarios are paired by name'),
  handler,
});
