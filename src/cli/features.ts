/** `pegasim features export`: what the switch will see, for training anywhere. */

import { type CommonArgs, defineCommand } from './command.ts';
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
  dataset: string;
  model: (typeof MODEL_IDS)[number];
  features: string[] | undefined;
  window: number;
  format: 'csv' | 'npy';
  out: string;
  workers: number;
}

async function handler(args: Args): Promise<void> {
  const { exportFeatures, modelShape } = await import('../study/index.ts');
  const { count } = await import('../report/index.ts');
  const own = { features: args.features ?? [], window: wholeOrMore('--window', args.window, 1), units: {} };
  const shape = args.features === undefined ? modelShape(args.model) : own;
  const progress = progressDisplay(args.quiet);
  const { dataset, ...done } = await exportFeatures({
    dataset: datasetFromArgs(args.dataset, args),
    shape,
    flow: flowFromArgs(args),
    workers: wholeOrMore('--workers', args.workers, 0),
    format: args.format,
    out: args.out,
    progress: progress.report,
  }).finally(progress.stop);
  warn(dataset, args);
  outResult(args.json, done, () => {
    const [train, validation, test] = done.splits;
    const head = `${count(done.rows)} rows of ${done.columns} values: ${count(train)} train, ${count(validation)} validation, ${count(test)} test`;
    return `${head}\n${count(done.different)} values of the switch are not the ideal ones\n${done.files.join('\n')}`;
  });
}

const exportCommand = defineCommand<Args>({
  command: 'export <dataset>',
  describe: 'write ideal and switch-computed feature matrices with labels and split',
  builder: (yargs) =>
    yargs
      .positional('dataset', { type: 'string', demandOption: true, describe: 'folder of labelled captures' })
      .option('model', { choices: MODEL_IDS, default: 'mlp-b', describe: 'whose features and window' })
      .option('features', { type: 'string', array: true, describe: 'feature names instead of a model' })
      .option('window', { type: 'number', default: 1, describe: 'packets per row, with --features' })
      .option('format', { choices: ['csv', 'npy'] as const, default: 'csv', describe: 'CSV, or NumPy arrays' })
      .option('out', { type: 'string', alias: 'o', default: 'features', describe: 'folder to write' })
      .option('workers', { type: 'number', default: 0, describe: 'worker threads; 0: one per core' })
      .options(datasetOptionGroup)
      .options(flowOptionGroup)
      .example('$0 features export traces/p2p --format npy -o p2p', 'then train with PyTorch, export ONNX, compile'),
  handler,
});

export const featuresCommand = defineCommand<CommonArgs>({
  command: 'features',
  describe: 'feature matrices for training elsewhere',
  builder: (yargs) => yargs.command(exportCommand).demandCommand(1, 'name what to do: export'),
  handler: () => {},
});
