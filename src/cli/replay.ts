/** `pegasim replay`: captures through a compiled program, scored next to the float model. */

import { type CommonArgs, defineCommand } from './command.ts';
import { aboveZero, type DatasetArgs, datasetFromArgs, datasetOptionGroup, wholeOrMore } from './options.ts';
import { outResult, warn } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs, DatasetArgs {
  program: string;
  data: string;
  model: string | undefined;
  split: 'test' | 'validation' | 'train' | 'all';
  state: 'perCapture' | 'continuous' | 'interleave';
  rate: number | undefined;
  flows: number | undefined;
  workers: number;
  verdicts: string | undefined;
}

async function handler(args: Args): Promise<void> {
  const { replayTask } = await import('../study/index.ts');
  const { replayText, verdictsCsv } = await import('../report/index.ts');
  const { checkWritable, writeFile } = await import('../files.ts');
  if (args.verdicts !== undefined) checkWritable(args.verdicts);
  const progress = progressDisplay(args.quiet);
  const done = await replayTask({
    program: args.program,
    dataset: datasetFromArgs(args.data, args),
    ...(args.model === undefined ? {} : { model: args.model }),
    choices: {
      split: args.split,
      state: args.state,
      ...(args.rate === undefined ? {} : { packetsPerSecond: aboveZero('--rate', args.rate) }),
      ...(args.flows === undefined ? {} : { flows: wholeOrMore('--flows', args.flows, 1) }),
      workers: wholeOrMore('--workers', args.workers, 0),
      acceptDamage: args.acceptDamage,
    },
    progress: progress.report,
  }).finally(progress.stop);
  if (args.verdicts !== undefined) writeFile(args.verdicts, verdictsCsv(done.verdicts, done.dataset));
  warn(done.dataset, args);
  outResult(args.json, { ...done.result, timing: done.timing }, () => replayText(done.result, done.timing));
}

export const replayCommand = defineCommand<Args>({
  command: 'replay <program>',
  describe: 'replay labelled captures through a program and score it next to the float model',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', demandOption: true, describe: 'program file (.pgs)' })
      .option('data', { type: 'string', alias: 'd', demandOption: true, describe: 'dataset to replay' })
      .option('model', { type: 'string', alias: 'm', describe: 'ONNX model to compare with' })
      .option('split', {
        choices: ['test', 'validation', 'train', 'all'] as const,
        default: 'test',
        describe: 'which flows are replayed and scored',
      })
      .option('state', {
        choices: ['perCapture', 'continuous', 'interleave'] as const,
        default: 'perCapture',
        describe: 'registers cleared at each capture, kept, or all flows merged into one trace (shows collisions)',
      })
      .option('rate', { type: 'number', describe: 'with --state interleave: packets per second of the merged trace' })
      .option('flows', { type: 'number', describe: 'replay at most so many flows of the split, drawn evenly' })
      .option('workers', {
        type: 'number',
        default: 0,
        describe: 'worker threads; 0: one per core. The result is the same for any number',
      })
      .option('verdicts', { type: 'string', describe: 'write one CSV line per scored packet' })
      .options(datasetOptionGroup)
      .example('$0 replay mlp.pgs --data traces/p2p --model mlp.onnx', 'switch next to float on the test split')
      .example('$0 replay mlp.pgs -d traces/p2p --state interleave --rate 20000', 'what sharing flow slots costs'),
  handler,
});
