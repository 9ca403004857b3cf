/** `pegasim train`: a float model from labelled captures, written as ONNX. */

import { type CommonArgs, defineCommand } from './command.ts';
import { onInterrupt } from './interrupt.ts';
import {
  type DatasetArgs,
  datasetFromArgs,
  datasetOptionGroup,
  type FlowArgs,
  flowFromArgs,
  flowOptionGroup,
  MODEL_IDS,
  wholeOrMore,
} from './options.ts';
import { outResult, warn } from './output.ts';
import { progressDisplay } from './progress.ts';

interface Args extends CommonArgs, DatasetArgs, FlowArgs {
  model: (typeof MODEL_IDS)[number];
  dataset: string;
  out: string;
  seed: number;
  epochs: number | undefined;
  patience: number | undefined;
  learningRate: number | undefined;
  balance: number | undefined;
  maxRows: number | undefined;
  benign: string | undefined;
  workers: number;
}

async function handler(args: Args): Promise<void> {
  const { closeThreads, inThread } = await import('../study/index.ts');
  onInterrupt(closeThreads);
  const { trainText } = await import('../report/index.ts');
  const progress = progressDisplay(args.quiet);
  const done = await inThread(
    'train',
    {
      dataset: datasetFromArgs(args.dataset, args),
      model: {
        train: args.model,
        seed: wholeOrMore('--seed', args.seed, 0),
        ...(args.epochs === undefined ? {} : { epochs: wholeOrMore('--epochs', args.epochs, 1) }),
        ...(args.patience === undefined ? {} : { patience: wholeOrMore('--patience', args.patience, 1) }),
        ...(args.learningRate === undefined ? {} : { learningRate: args.learningRate }),
        ...(args.balance === undefined ? {} : { balance: args.balance }),
        ...(args.maxRows === undefined ? {} : { maxRows: wholeOrMore('--max-rows', args.maxRows, 1) }),
        ...(args.benign === undefined ? {} : { benign: args.benign }),
      },
      flow: flowFromArgs(args),
      workers: wholeOrMore('--workers', args.workers, 0),
      out: args.out,
    },
    progress.report,
  ).finally(progress.stop);
  warn(done.dataset, { ...args, acceptDamage: args.acceptDamage });
  outResult(args.json, { model: done.model, out: args.out, bytes: done.bytes }, () =>
    trainText(done.model, args.out, done.bytes),
  );
}

export const trainCommand = defineCommand<Args>({
  command: 'train <model> <dataset>',
  describe: 'train one of the models on labelled captures and write ONNX',
  builder: (yargs) =>
    yargs
      .positional('model', { choices: MODEL_IDS, demandOption: true, describe: 'see `pegasim models`' })
      .positional('dataset', {
        type: 'string',
        demandOption: true,
        describe: 'folder with one sub-folder of captures per class, or captures with labels.csv',
      })
      .option('out', { type: 'string', alias: 'o', default: 'model.onnx', describe: 'ONNX file to write' })
      .option('seed', { type: 'number', default: 1, describe: 'same seed, same bytes' })
      .option('epochs', { type: 'number', describe: 'at most so many passes' })
      .option('patience', { type: 'number', describe: 'stop after so many epochs without a better validation score' })
      .option('learning-rate', { type: 'number', describe: 'of Adam' })
      .option('balance', {
        type: 'number',
        describe:
          'classifiers: an epoch shows classes as often as they occur (0), all alike (1), or between (default 0.5)',
      })
      .option('max-rows', { type: 'number', describe: 'train on at most so many rows, drawn evenly' })
      .option('benign', { type: 'string', describe: 'autoencoder: the class it learns' })
      .option('workers', { type: 'number', default: 0, describe: 'worker threads; 0: one per core' })
      .options(datasetOptionGroup)
      .options(flowOptionGroup)
      .example('$0 train mlp-b traces/p2p -o mlp.onnx', 'MLP-B on the shipped captures'),
  handler,
});
