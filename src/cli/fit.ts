/** `pegasim fit`: does a compiled program fit a chip, and where does it stand. */

import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_FAILED } from './exit.ts';
import { outResult } from './output.ts';

interface Args extends CommonArgs {
  program: string;
  target: string | undefined;
}

async function handler(args: Args): Promise<void> {
  const { fitTask } = await import('../study/index.ts');
  const { fitText } = await import('../report/index.ts');
  const report = fitTask(args.program, args.target);
  outResult(args.json, report, () => fitText(report));
  if (!report.fits) process.exitCode = EXIT_FAILED;
}

export const fitCommand = defineCommand<Args>({
  command: 'fit <program>',
  describe: 'check a compiled program against a chip: stages, memories, PHV, latency',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', demandOption: true, describe: 'program file (.pgs)' })
      .option('target', { type: 'string', alias: 't', describe: 'chip; default: the one it was compiled for' })
      .example('$0 fit mlp.pgs --target tofino', 'would it fit the smaller chip?'),
  handler,
});
