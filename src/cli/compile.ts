/** `pegasim compile`: ONNX or table model → dataplane program, placed on a chip. */

import { type CommonArgs, defineCommand } from './command.ts';
import { EXIT_FAILED } from './exit.ts';
import { onInterrupt } from './interrupt.ts';
import {
  type CompileArgs,
  compileFromArgs,
  compileOptionGroup,
  type DatasetArgs,
  datasetFromArgs,
  datasetOptionGroup,
  type FlowArgs,
  flowFromArgs,
  flowOptionGroup,
  wholeOrMore,
} from './options.ts';
import { note, outResult } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs, DatasetArgs, FlowArgs, CompileArgs {
  model: string;
  data: string | undefined;
  target: string | undefined;
  like: string | undefined;
  out: string;
  workers: number;
  explain: boolean;
}

async function handler(args: Args): Promise<void> {
  const { closeThreads, inThread } = await import('../study/index.ts');
  onInterrupt(closeThreads);
  const { compileText } = await import('../report/index.ts');
  const progress = progressDisplay(args.quiet);
  const done = await inThread(
    'compile',
    {
      model: args.model,
      ...(args.data === undefined ? {} : { dataset: datasetFromArgs(args.data, args) }),
      flow: flowFromArgs(args),
      choices: compileFromArgs(args),
      ...(args.target === undefined ? {} : { target: args.target }),
      ...(args.like === undefined ? {} : { like: args.like }),
      workers: wholeOrMore('--workers', args.workers, 0),
      out: args.out,
      explain: args.explain,
    },
    progress.report,
  ).finally(progress.stop);
  if (!args.quiet) for (const warning of done.warnings) note(`warning: ${warning}`);
  outResult(args.json, done, () => compileText(done, args.explain));
  if (!done.fits) process.exitCode = EXIT_FAILED;
}

export const compileCommand = defineCommand<Args>({
  command: 'compile <model>',
  describe: 'compile an ONNX model (or a table-model folder) to tables and place them on a chip',
  builder: (yargs) =>
    yargs
      .positional('model', {
        type: 'string',
        demandOption: true,
        describe: 'model.onnx, or a table-model folder or its model.json',
      })
      .option('data', { type: 'string', alias: 'd', describe: 'dataset to calibrate on (its train split)' })
      .option('target', {
        type: 'string',
        alias: 't',
        describe: 'tofino, tofino2 (default), tofino2m, unbounded',
      })
      .option('like', {
        type: 'string',
        describe: 'older program: keep its tables, sizes and placement (and so its P4), new entries only',
      })
      .option('out', { type: 'string', alias: 'o', default: 'program.pgs', describe: 'program file to write' })
      .option('workers', { type: 'number', default: 0, describe: 'worker threads; 0: one per core' })
      .option('explain', {
        type: 'boolean',
        default: false,
        describe: 'show what each fusion pass saved against the unfused network',
      })
      .options(compileOptionGroup)
      .options(datasetOptionGroup)
      .options(flowOptionGroup)
      .example('$0 compile mlp.onnx --data traces/p2p -o mlp.pgs', 'for Tofino 2, 16 leaves per tree')
      .example('$0 compile retrained.onnx --data traces/p2p --like mlp.pgs -o new.pgs', 'new entries for running P4')
      .example('$0 compile mlp.onnx --data traces/p2p --fine-tune --explain', 'smaller loss; what the compiler did'),
  handler,
});
