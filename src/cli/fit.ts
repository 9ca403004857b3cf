/** `pegasim fit`: does a program fit a chip, and where does it stand. Compiled programs, or described ones. */

import { fail } from '../problem.ts';
import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_FAILED } from './exit.ts';
import { outResult } from './output.ts';

interface Args extends CommonArgs {
  program: string | undefined;
  target: string | undefined;
  describe: string | undefined;
  name: string | undefined;
  reserve: string | undefined;
}

async function handler(args: Args): Promise<void> {
  const { fitDescribed, fitTask } = await import('../study/index.ts');
  const { fitText } = await import('../report/index.ts');
  const reserve = args.reserve === undefined ? {} : { reserve: args.reserve };
  if ((args.program === undefined) === (args.describe === undefined)) {
    fail({ code: 'CLI-USAGE', message: 'give a program file or --describe', hint: 'pegasim fit --help shows how' });
  }
  const report =
    args.describe === undefined
      ? fitTask(args.program!, { ...(args.target === undefined ? {} : { target: args.target }), ...reserve })
      : fitDescribed(args.describe, {
          target: args.target ?? 'tofino2',
          ...(args.name === undefined ? {} : { program: args.name }),
          ...reserve,
        });
  outResult(args.json, report, () => fitText(report));
  if (!report.fits) process.exitCode = EXIT_FAILED;
}

export const fitCommand = defineCommand<Args>({
  command: 'fit [program]',
  describe: 'check a program against a chip: stages, memories, PHV, latency; exit 1 if it does not fit',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', describe: 'program file (.pgs)' })
      .option('target', {
        type: 'string',
        alias: 't',
        describe: "chip or chip YAML; default: the program's own, tofino2 for --describe",
      })
      .option('describe', {
        type: 'string',
        describe: 'YAML or JSON description of tables, actions and registers (docs/fit-describe.md)',
      })
      .option('name', { type: 'string', describe: 'which program of a description file' })
      .option('reserve', {
        type: 'string',
        describe: "YAML of what the operator's own program uses, or the JSON of a fit report",
      })
      .example('$0 fit mlp.pgs --target tofino', 'would it fit the smaller chip?')
      .example('$0 fit --describe tables.yaml --reserve base.yaml', 'without a model, beside another program'),
  handler,
});
