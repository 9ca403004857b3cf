/** `pegasim verify`: a table model's own vectors through both executions. */

import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_FAILED } from './exit.ts';
import { wholeOrMore } from './options.ts';
import { outResult } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs {
  folder: string;
  target: string;
  workers: number;
}

async function handler(args: Args): Promise<void> {
  const { verifyTask } = await import('../study/index.ts');
  const { verifyText } = await import('../report/index.ts');
  const progress = progressDisplay(args.quiet);
  const workers = wholeOrMore('--workers', args.workers, 0);
  const result = await verifyTask(args.folder, { target: args.target, workers, progress: progress.report }).finally(
    progress.stop,
  );
  outResult(args.json, result, () => verifyText(result));
  if (!result.equal) process.exitCode = EXIT_FAILED;
}

export const verifyCommand = defineCommand<Args>({
  command: 'verify <folder>',
  describe:
    'run the vectors of a table model through the reference pipeline and the engine; exit 1 if anything differs',
  builder: (yargs) =>
    yargs
      .positional('folder', { type: 'string', demandOption: true, describe: 'table-model folder or its model.json' })
      .option('target', { type: 'string', alias: 't', default: 'unbounded', describe: 'chip to compile for' })
      .option('workers', { type: 'number', default: 0, describe: 'worker threads of the engine; 0: one per core' })
      .example('$0 verify models/mlp-ciciot2022', 'logits, predictions and leaves, row by row'),
  handler,
});
